#include "data/tables/differences.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/words.h"
#include "data/tables/survey.h"

namespace sloy::data {

Note Differences::Cells::place(const std::string& path) const {
  return {"file", path, fmt::format("line {}", line)};
}

Differences::Differences(const TableForm& form)
    : form_(form),
      places_(places_of(form)),
      missing_(form.columns.size()),
      unseen_(form.columns.size()) {}

void Differences::look_at(const TableReader& table, const RowEncoder& encoder,
                          std::span<const float> numbers) {
  for (std::size_t c = 0; c < form_.columns.size(); ++c) {
    const std::size_t categories = form_.columns[c].categories.size();
    const auto texts = numbers.subspan(places_[c], categories);
    if (categories == 0 || std::ranges::find(texts, 1.0f) != texts.end()) continue;
    const std::string_view cell = encoder.cell(table, c);
    if (!is_missing(cell, form_.missing)) unseen_[c].add(table.line(), cell);
  }
}

void Differences::tell(const std::string& path, std::vector<Notice>& notices) const {
  for (std::size_t c = 0; c < form_.columns.size(); ++c) {
    if (unseen_[c].count > 0) notices.push_back(notice_of_unseen(c, path));
    if (missing_[c].count > 0) notices.push_back(notice_of_missing(c, path));
  }
}

Notice Differences::notice_of_unseen(std::size_t column, const std::string& path) const {
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

Notice Differences::notice_of_missing(std::size_t column, const std::string& path) const {
  const Cells& cells = missing_[column];
  const TableColumn& form = form_.columns[column];
  const bool is_one = cells.count == 1;
  const std::string filled =
      form.categories.empty()
          ? fmt::format("{} becomes {:.6g}", is_one ? "it" : "each", form.fill.value_or(0))
          : "0 for all of its categories";
  return Notice(fmt::format("{} of the column '{}' {} missing: {}, as where the model learned",
                            counted(static_cast<std::uint64_t>(cells.count), "value"), form.name,
                            is_one ? "is" : "are", filled),
                {cells.place(path)}, "complete them where the values are known");
}

}  // namespace sloy::data
