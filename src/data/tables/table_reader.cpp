#include "data/tables/table_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/error.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace sloy::data {

std::string_view without_blanks(std::string_view cell) {
  constexpr std::string_view blanks = " \t\n";
  const std::size_t first = cell.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return cell.substr(first, cell.find_last_not_of(blanks) - first + 1);
}

std::optional<double> number_in(std::string_view cell) {
  cell = without_blanks(cell);
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  const bool is_number = error == std::errc() && end == cell.data() + cell.size();
  const bool is_held = std::isfinite(static_cast<float>(value));
  return is_number && is_held ? std::optional(value) : std::nullopt;
}

TableReader::TableReader(const std::string& path, const TableLayout& layout)
    : TableReader(path, real_files().open(path), layout) {}

TableReader::TableReader(const std::string& name, std::unique_ptr<File> file,
                         const TableLayout& layout)
    : stream_(name, std::move(file)), reader_(stream_, layout.separator) {
  for (int skipped = 0; skipped < layout.skip_rows; ++skipped) reader_.next(cells_);
  if (!reader_.next(cells_)) {
    throw DataError("the table has no rows", {{"file", name}}, "name a file with rows");
  }
  const bool has_numbers = std::any_of(cells_.begin(), cells_.end(), [](std::string_view cell) {
    return number_in(cell).has_value();
  });
  has_header_ = layout.has_header.value_or(!has_numbers);
  is_row_read_ = !has_header_;
  std::set<std::string_view> different;
  for (std::size_t column = 0; column < cells_.size(); ++column) {
    names_.push_back(has_header_ ? std::string(without_blanks(cells_[column]))
                                 : std::to_string(column));
  }
  for (const std::string& column : names_) {
    if (different.insert(column).second) continue;
    throw DataError(fmt::format("two columns are named '{}'", column),
                    {{"file", name, fmt::format("line {}", reader_.line())}},
                    "give each column a name of its own, or write header = false");
  }
}

std::size_t TableReader::place_of(const std::string& name, const std::string& fix) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
  throw DataError(fmt::format("the table has no column '{}'", name),
                  {{"file", path()}, {"columns", fmt::format("{}", fmt::join(names_, ", "))}}, fix);
}

bool TableReader::next() {
  if (is_row_read_) {
    is_row_read_ = false;
    return true;
  }
  if (!reader_.next(cells_)) return false;
  check_width();
  return true;
}

void TableReader::check_width() const {
  if (cells_.size() == names_.size()) return;
  const bool is_long = cells_.size() > names_.size();
  const char* fix = !is_long             ? "complete the row, or check that quotes are closed"
                    : names_.size() == 1 ? "say how many lines stand before the table, as "
                                           "skip_rows = 1, or what separates cells, as "
                                           "separator = \";\""
                                         : "remove cells, or put those that hold the separator "
                                           "into quotes";
  throw DataError(fmt::format("a row has {} cells, the first has {}", cells_.size(), names_.size()),
                  {{"file", path(), fmt::format("line {}", line())}}, fix);
}

}  // namespace sloy::data
