#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>
#include <vector>

#include "data/tables/encode.h"

namespace sloy {

Tensor read_table(const std::string& path, const data::TableForm& form) {
  data::TableReader table(path, data::layout_of(form));
  const data::RowEncoder encoder(form, table);
  const auto width = static_cast<std::size_t>(form.width());
  // A model that fills numbers was trained on rows with missing texts too.
  const bool is_filled = std::ranges::any_of(
      form.columns, [](const data::TableColumn& column) { return column.fill.has_value(); });
  std::vector<float> numbers;
  while (table.next()) {
    const std::size_t begin = numbers.size();
    numbers.resize(begin + width);
    encoder.encode(table, numbers.data() + begin, [&](std::size_t column) {
      const data::TableColumn& missing = form.columns[column];
      if (missing.fill || (is_filled && !missing.categories.empty())) return;
      throw DataError(fmt::format("a cell of the column '{}' says nothing", missing.name),
                      {{"file", path, fmt::format("line {}", table.line())}},
                      "complete it: the model was trained on whole rows");
    });
  }
  data::fill_missing(form, numbers);
  return Tensor(
      {static_cast<std::int64_t>(numbers.size() / std::max<std::size_t>(width, 1)), form.width()},
      numbers);
}

}  // namespace sloy
