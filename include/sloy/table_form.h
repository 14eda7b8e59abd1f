/// The form in which a model takes the rows of a table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/export.h>
#include <sloy/fields.h>

namespace sloy::data {

/// A column of a table, as features. One of numbers is one number of the example. One of texts, the
/// categories, is a number for each of those: 1 for the row's text and 0 for every other (one-hot).
/// A text that is none of them is 0 for all, as is a missing one. Numbers that are categories are
/// the same however they are written: 1 and 1.0.
struct SLOY_EXPORT TableColumn {
  std::string name = {};
  /// in the order of their numbers; none: a column of numbers
  std::vector<std::string> categories = {};
  /// what a missing number becomes; left out: rows without it are refused
  std::optional<double> fill = {};

  bool operator==(const TableColumn&) const = default;
  static void fields(auto&& field) {
    field("name", &TableColumn::name);
    field("categories", &TableColumn::categories);
    field("fill", &TableColumn::fill);
  }
};

/// What the rows of a table become before a model sees them: float32 (width()), column by column.
struct SLOY_EXPORT TableForm {
  std::vector<TableColumn> columns = {};
  std::string separator = ",";       ///< one character; " " is any number of blanks
  bool has_header = true;            ///< whether the first row names the columns
  int skip_rows = 0;                 ///< rows before it
  std::vector<std::string> missing;  ///< cells that count as missing

  std::int64_t width() const;
  bool operator==(const TableForm&) const = default;
  static void fields(auto&& field) {
    using Self = TableForm;
    field("columns", &Self::columns);
    field("separator", &Self::separator);
    field("has_header", &Self::has_header);
    field("skip_rows", &Self::skip_rows);
    field("missing", &Self::missing);
  }
};

}  // namespace sloy::data
