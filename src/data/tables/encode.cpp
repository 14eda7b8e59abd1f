#include "data/tables/encode.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/tables/survey.h"

namespace sloy::data {

std::int64_t TableForm::width() const {
  std::int64_t width = 0;
  for (const TableColumn& column : columns) {
    width += column.categories.empty() ? 1 : static_cast<std::int64_t>(column.categories.size());
  }
  return width;
}

TableLayout layout_of(const TableForm& form) {
  return {.separator = form.separator.empty() ? ',' : form.separator.front(),
          .has_header = form.has_header,
          .skip_rows = form.skip_rows};
}

std::optional<std::size_t> find_category(const std::vector<std::string>& names,
                                         std::string_view cell) {
  const auto found = std::find(names.begin(), names.end(), cell);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::optional<double> number = number_in(cell);
  if (!number) return {};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (number_in(names[i]) == number) return i;
  }
  return {};
}

std::vector<std::string> category_names(const std::set<std::string, std::less<>>& different) {
  std::vector<std::string> names;
  for (const std::string& text : different) {
    if (!find_category(names, text)) names.push_back(text);
  }
  const bool are_numbers = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return number_in(name).has_value();
  });
  if (are_numbers) {
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
      return *number_in(a) < *number_in(b);
    });
  }
  return names;
}

RowEncoder::RowEncoder(const TableForm& form, const TableReader& table) : form_(form) {
  for (const TableColumn& column : form.columns) {
    places_.push_back(table.place_of(column.name, "add the column: the model learned from it"));
  }
}

void RowEncoder::encode(const TableReader& table, float* out,
                        const std::function<void(std::size_t column)>& on_missing) const {
  for (std::size_t c = 0; c < places_.size(); ++c) {
    const TableColumn& column = form_.columns[c];
    const std::string_view cell = this->cell(table, c);
    const bool is_empty = is_missing(cell, form_.missing);
    if (is_empty) on_missing(c);
    if (!column.categories.empty()) {
      std::fill_n(out, column.categories.size(), 0.0f);
      if (!is_empty) {
        if (const auto category = find_category(column.categories, cell)) out[*category] = 1;
      }
      out += column.categories.size();
      continue;
    }
    const std::optional<double> number = number_in(cell);
    if (!is_empty && !number) {
      throw DataError(
          fmt::format("'{}' is no number", cell),
          {{"column", column.name}, {"file", table.path(), fmt::format("line {}", table.line())}},
          "correct the cell");
    }
    *out++ = is_empty ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(*number);
  }
}

bool fills_missing(const TableForm& form) {
  return std::ranges::any_of(form.columns,
                             [](const TableColumn& column) { return column.fill.has_value(); });
}

std::vector<std::size_t> places_of(const TableForm& form) {
  std::vector<std::size_t> places;
  std::size_t next = 0;
  for (const TableColumn& column : form.columns) {
    places.push_back(next);
    next += std::max<std::size_t>(column.categories.size(), 1);
  }
  return places;
}

void fill_missing(const TableForm& form, std::span<float> rows) {
  const auto width = static_cast<std::size_t>(form.width());
  const std::vector<std::size_t> places = places_of(form);
  for (std::size_t c = 0; c < places.size(); ++c) {
    const TableColumn& column = form.columns[c];
    if (!column.categories.empty()) continue;
    const auto number = static_cast<float>(column.fill.value_or(0));
    for (std::size_t at = places[c]; at < rows.size(); at += width) {
      if (std::isnan(rows[at])) rows[at] = number;
    }
  }
}

}  // namespace sloy::data
