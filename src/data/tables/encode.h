/// Rows of a table as the numbers of examples.
#pragma once

#include <sloy/data.h>

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/tables/table_reader.h"

namespace sloy::data {

TableLayout layout_of(const TableForm& form);

/// The number of a text among names; numbers are the same however they are written: "1", "1.0".
std::optional<std::size_t> find_category(const std::vector<std::string>& names,
                                         std::string_view cell);
/// The names of categories in their order: of numbers by their size, else by alphabet.
std::vector<std::string> category_names(const std::set<std::string, std::less<>>& different);

/// Finds the columns of a form in a table, by their names, or by their places where those are not
/// named, and writes rows.
class RowEncoder {
 public:
  /// Throws DataError where the table lacks a column.
  RowEncoder(const TableForm& form, const TableReader& table);

  /// Writes form.width() numbers, missing ones as not-a-number. Throws DataError where a cell of a
  /// column of numbers is none. A cell that is missing is told by the number of its column.
  void encode(const TableReader& table, float* out,
              const std::function<void(std::size_t column)>& on_missing) const;

  /// What the table's row says in one of the form's columns, without blanks around it.
  std::string_view cell(const TableReader& table, std::size_t column) const {
    return without_blanks(table.cells()[places_[column]]);
  }

 private:
  const TableForm& form_;
  std::vector<std::size_t> places_;  ///< of each of the form's columns
};

/// Whether rows may have missing values. A model that fills numbers learned from rows with missing
/// texts too.
bool fills_missing(const TableForm& form);

/// Where in a row of form.width() the numbers of each column begin.
std::vector<std::size_t> places_of(const TableForm& form);

/// Numbers in place of not-a-number in rows of form.width(), column by column; 0 where the form has
/// none.
void fill_missing(const TableForm& form, std::span<float> rows);

}  // namespace sloy::data
