#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>
#include <vector>

#include "data/tables/encode.h"
#include "data/tables/survey.h"
#include "files/whole_stream.h"

namespace sloy {
namespace {

/// Cells of a column that are alike in what they don't say.
struct Cells {
  std::int64_t count = 0;
  std::int64_t line = 0;  ///< of the first
  std::string text;       ///< of the first

  void add(std::int64_t at, std::string_view cell) {
    if (count++ > 0) return;
    line = at;
    text = cell;
  }
  Note place(const std::string& path) const { return {"file", path, fmt::format("line {}", line)}; }
};

/// What rows say otherwise than those that the model learned from.
class Differences {
 public:
  explicit Differences(const data::TableForm& form)
      : form_(form),
        places_(data::places_of(form)),
        missing_(form.columns.size()),
        unseen_(form.columns.size()) {}

  void add_missing(std::size_t column, std::int64_t line) { missing_[column].add(line, {}); }

  /// Looks at a row that was written to `numbers`.
  void look_at(const data::TableReader& table, const data::RowEncoder& encoder,
               std::span<const float> numbers) {
    for (std::size_t c = 0; c < form_.columns.size(); ++c) {
      const std::size_t categories = form_.columns[c].categories.size();
      const auto texts = numbers.subspan(places_[c], categories);
      if (categories == 0 || std::ranges::find(texts, 1.0f) != texts.end()) continue;
      const std::string_view cell = encoder.cell(table, c);
      if (!data::is_missing(cell, form_.missing)) unseen_[c].add(table.line(), cell);
    }
  }

  void tell(const std::string& path, std::vector<Notice>& notices) const {
    for (std::size_t c = 0; c < form_.columns.size(); ++c) {
      if (unseen_[c].count > 0) notices.push_back(notice_of_unseen(c, path));
      if (missing_[c].count > 0) notices.push_back(notice_of_missing(c, path));
    }
  }

 private:
  Notice notice_of_unseen(std::size_t column, const std::string& path) const {
    const Cells& cells = unseen_[column];
    const bool is_one = cells.count == 1;
    return Notice(
        fmt::format("{} {} in the column '{}' {} none of the categories that the model learned "
                    "from: 0 for all of them",
                    cells.count, is_one ? "text" : "texts", form_.columns[column].name,
                    is_one ? "is" : "are"),
        {cells.place(path), {"first", fmt::format("'{}'", cells.text)}},
        "write these as in the training data, or train on data that have them");
  }
  Notice notice_of_missing(std::size_t column, const std::string& path) const {
    const Cells& cells = missing_[column];
    const data::TableColumn& form = form_.columns[column];
    const bool is_one = cells.count == 1;
    const std::string filled =
        form.categories.empty()
            ? fmt::format("{} becomes {:.6g}", is_one ? "it" : "each", form.fill.value_or(0))
            : "0 for all of its categories";
    return Notice(fmt::format("{} {} of the column '{}' {} nothing: {}, as where the model learned",
                              cells.count, is_one ? "cell" : "cells", form.name,
                              is_one ? "says" : "say", filled),
                  {cells.place(path)}, "complete them where the values are known");
  }

  const data::TableForm& form_;
  std::vector<std::size_t> places_;
  std::vector<Cells> missing_;  ///< of each column
  std::vector<Cells> unseen_;   ///< texts that no row to learn from had
};

Tensor read_rows(data::TableReader& table, const data::TableForm& form,
                 std::vector<Notice>& notices) {
  const data::RowEncoder encoder(form, table);
  const auto width = static_cast<std::size_t>(form.width());
  // A model that fills numbers was trained on rows with missing texts too.
  const bool is_filled = std::ranges::any_of(
      form.columns, [](const data::TableColumn& column) { return column.fill.has_value(); });
  std::vector<float> numbers;
  Differences differences(form);
  while (table.next()) {
    const std::size_t begin = numbers.size();
    numbers.resize(begin + width);
    encoder.encode(table, numbers.data() + begin, [&](std::size_t column) {
      const data::TableColumn& missing = form.columns[column];
      if (missing.fill || (is_filled && !missing.categories.empty())) {
        return differences.add_missing(column, table.line());
      }
      throw DataError(fmt::format("a cell of the column '{}' says nothing", missing.name),
                      {{"file", table.path(), fmt::format("line {}", table.line())}},
                      "complete it: the model was trained on whole rows");
    });
    differences.look_at(table, encoder, std::span(numbers).subspan(begin));
  }
  differences.tell(table.path(), notices);
  data::fill_missing(form, numbers);
  return Tensor(
      {static_cast<std::int64_t>(numbers.size() / std::max<std::size_t>(width, 1)), form.width()},
      numbers);
}

}  // namespace

Tensor read_table(const std::string& path, const data::TableForm& form) {
  std::vector<Notice> untold;
  return read_table(path, form, untold);
}

Tensor read_table(const std::string& path, const data::TableForm& form,
                  std::vector<Notice>& notices) {
  data::TableReader table(path, data::layout_of(form));
  return read_rows(table, form, notices);
}

Tensor read_table(std::istream& stream, const std::string& name, const data::TableForm& form,
                  std::vector<Notice>& notices) {
  data::TableReader table(name, open_whole(stream, name, "the rows of a table"),
                          data::layout_of(form));
  return read_rows(table, form, notices);
}

}  // namespace sloy
