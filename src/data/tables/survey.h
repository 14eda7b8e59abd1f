/// What the columns of a table hold, found by reading it through once.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "data/tables/table_reader.h"

namespace sloy::data {

struct ColumnSurvey {
  std::string name;
  std::int64_t numbers = 0;       ///< cells that are numbers
  std::int64_t texts = 0;         ///< cells that are none, and not missing
  std::int64_t missing = 0;       ///< cells that count as missing
  std::int64_t missing_line = 0;  ///< of the first
  std::string text;               ///< the first
  std::int64_t text_line = 0;     ///< of the first
  bool are_whole = true;          ///< all numbers
  double lowest = 0;              ///< number
  double highest = 0;             ///< number
  /// Different cells that aren't missing; no more than one above the most that can be categories.
  std::set<std::string, std::less<>> different;

  bool is_of_numbers() const { return texts == 0; }
};

struct TableSurvey {
  std::string path;
  bool has_header = false;
  std::int64_t rows = 0;
  std::int64_t first_line = 0;  ///< of the rows
  std::vector<ColumnSurvey> columns;
};

/// More different texts are no categories.
inline constexpr std::size_t most_categories = 1000;

bool is_missing(std::string_view cell, const std::vector<std::string>& missing);

TableSurvey survey(const std::string& path, const TableLayout& layout,
                   const std::vector<std::string>& missing);

}  // namespace sloy::data
