#include "data/tables/survey.h"

#include <sloy/error.h>

#include <algorithm>
#include <cmath>

namespace sloy::data {
namespace {

void note_number(ColumnSurvey& column, double value) {
  column.lowest = column.numbers == 0 ? value : std::min(column.lowest, value);
  column.highest = column.numbers == 0 ? value : std::max(column.highest, value);
  column.are_whole = column.are_whole && value == std::floor(value);
  ++column.numbers;
}

void note_cell(ColumnSurvey& column, std::string_view cell, std::int64_t line,
               const std::vector<std::string>& missing) {
  cell = without_blanks(cell);
  if (is_missing(cell, missing)) {
    if (column.missing++ == 0) column.missing_line = line;
    return;
  }
  if (const std::optional<double> number = number_in(cell)) {
    note_number(column, *number);
  } else if (column.texts++ == 0) {
    column.text = cell;
    column.text_line = line;
  }
  if (column.different.size() <= most_categories && !column.different.contains(cell)) {
    column.different.emplace(cell);
  }
}

}  // namespace

bool is_missing(std::string_view cell, const std::vector<std::string>& missing) {
  return std::find(missing.begin(), missing.end(), cell) != missing.end();
}

TableSurvey survey(const std::string& path, const TableLayout& layout,
                   const std::vector<std::string>& missing) {
  TableReader table(path, layout);
  TableSurvey found;
  found.path = path;
  found.has_header = table.has_header();
  for (const std::string& name : table.names()) found.columns.emplace_back().name = name;
  while (table.next()) {
    for (std::size_t column = 0; column < found.columns.size(); ++column) {
      note_cell(found.columns[column], table.cells()[column], table.line(), missing);
    }
    if (found.rows++ == 0) found.first_line = table.line();
  }
  if (found.rows == 0) {
    throw DataError("the table has no rows", {{"file", path}}, "name a file with rows");
  }
  return found;
}

}  // namespace sloy::data
