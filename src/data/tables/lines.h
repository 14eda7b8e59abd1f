/// Rows that know where they stood.
#pragma once

#include <sloy/data.h>

#include <string>
#include <vector>

namespace sloy::data {

/// The same examples, named "rows.csv, line 12". REQUIRES: a line for each of them.
Dataset with_lines(const Dataset& rows, const std::string& path, std::vector<std::int64_t> lines);

/// "rows.csv, line 12".
std::string line_name(const std::string& path, std::int64_t line);

}  // namespace sloy::data
