#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <vector>

#include "data/tables/differences.h"
#include "data/tables/encode.h"
#include "files/whole_stream.h"

namespace sloy {
namespace {

Tensor read_rows(data::TableReader& table, const data::TableForm& form,
                 std::vector<Notice>& notices) {
  const data::RowEncoder encoder(form, table);
  const auto width = static_cast<std::size_t>(form.width());
  std::vector<float> numbers;
  data::Differences differences(form);
  while (table.next()) {
    const std::size_t begin = numbers.size();
    numbers.resize(begin + width);
    encoder.encode(table, numbers.data() + begin, [&](std::size_t column) {
      const data::TableColumn& missing = form.columns[column];
      if (missing.fill || (data::fills_missing(form) && !missing.categories.empty())) {
        return differences.add_missing(column, table.line());
      }
      throw DataError(fmt::format("a value of the column '{}' is missing", missing.name),
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
