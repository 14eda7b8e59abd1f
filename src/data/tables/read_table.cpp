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

/// The cells of a column that none of its numbers stands for.
struct Unknown {
  std::int64_t texts = 0;  ///< that no row to learn from had
  std::int64_t missing = 0;
  std::string text;       ///< the first
  std::int64_t line = 0;  ///< of the first of either
};

class UnknownCells {
 public:
  explicit UnknownCells(const data::TableForm& form)
      : form_(form), places_(data::places_of(form)), columns_(form.columns.size()) {}

  /// Looks at a row that was written to `numbers`.
  void look_at(const data::TableReader& table, const data::RowEncoder& encoder,
               std::span<const float> numbers) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::size_t categories = form_.columns[c].categories.size();
      const auto texts = numbers.subspan(places_[c], categories);
      if (categories == 0 || std::ranges::find(texts, 1.0f) != texts.end()) continue;
      Unknown& unknown = columns_[c];
      if (unknown.line == 0) unknown.line = table.line();
      const std::string_view cell = encoder.cell(table, c);
      if (data::is_missing(cell, form_.missing)) {
        ++unknown.missing;
      } else if (unknown.texts++ == 0) {
        unknown.text = cell;
      }
    }
  }

  void tell(const std::string& path, std::vector<Notice>& notices) const {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const Unknown& unknown = columns_[c];
      const std::int64_t rows = unknown.texts + unknown.missing;
      if (rows == 0) continue;
      std::vector<Note> notes{{"file", path, fmt::format("line {}", unknown.line)}};
      if (unknown.texts > 0) {
        notes.push_back({"never seen", std::to_string(unknown.texts),
                         fmt::format("the first is '{}'", unknown.text)});
      }
      if (unknown.missing > 0) notes.push_back({"missing", std::to_string(unknown.missing)});
      notices.push_back(
          Notice(fmt::format("{} {} in the column '{}' {} none of the categories that the model "
                             "learned from: 0 for all of them",
                             rows, rows == 1 ? "text" : "texts", form_.columns[c].name,
                             rows == 1 ? "is" : "are"),
                 notes, "write these as in the training data, or train on data that have them"));
    }
  }

 private:
  const data::TableForm& form_;
  std::vector<std::size_t> places_;
  std::vector<Unknown> columns_;
};

Tensor read_rows(data::TableReader& table, const data::TableForm& form,
                 std::vector<Notice>& notices) {
  const data::RowEncoder encoder(form, table);
  const auto width = static_cast<std::size_t>(form.width());
  // A model that fills numbers was trained on rows with missing texts too.
  const bool is_filled = std::ranges::any_of(
      form.columns, [](const data::TableColumn& column) { return column.fill.has_value(); });
  std::vector<float> numbers;
  UnknownCells unknown(form);
  while (table.next()) {
    const std::size_t begin = numbers.size();
    numbers.resize(begin + width);
    encoder.encode(table, numbers.data() + begin, [&](std::size_t column) {
      const data::TableColumn& missing = form.columns[column];
      if (missing.fill || (is_filled && !missing.categories.empty())) return;
      throw DataError(fmt::format("a cell of the column '{}' says nothing", missing.name),
                      {{"file", table.path(), fmt::format("line {}", table.line())}},
                      "complete it: the model was trained on whole rows");
    });
    unknown.look_at(table, encoder, std::span(numbers).subspan(begin));
  }
  unknown.tell(table.path(), notices);
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
