/// Tables as text, row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/csv.h"

namespace sloy::data {

/// A cell without blanks around it as a number that float32 can hold; nothing where it is none.
std::optional<double> number_in(std::string_view cell);
std::string_view without_blanks(std::string_view cell);

struct TableLayout {
  char separator = ',';
  /// Left out: the first row names the columns where none of its cells is a number.
  std::optional<bool> has_header = {};
  int skip_rows = 0;
};

/// Every row has as many cells as the first: others are refused by their line.
class TableReader {
 public:
  /// Reads the header, or what tells how many columns there are. Throws DataError on a table
  /// without rows and on two columns of one name, FileError as CsvReader does.
  TableReader(const std::string& path, const TableLayout& layout);
  /// The same of a file that is open; errors call it `name`.
  TableReader(const std::string& name, std::unique_ptr<File> file, const TableLayout& layout);

  bool has_header() const { return has_header_; }
  /// Numbers from 0 where no row names the columns.
  const std::vector<std::string>& names() const { return names_; }

  /// Where a column stands among the cells of a row. Throws DataError where there is none of that
  /// name; `fix` says why there should be one.
  std::size_t place_of(const std::string& name, const std::string& fix) const;

  /// The next row; false after the last. Valid until the next call.
  bool next();
  const std::vector<std::string_view>& cells() const { return cells_; }
  std::int64_t line() const { return reader_.line(); }
  const std::string& path() const { return stream_.file(); }

 private:
  void check_width() const;

  InputStream stream_;
  CsvReader reader_;
  std::vector<std::string_view> cells_;
  std::vector<std::string> names_;
  bool has_header_ = false;
  bool is_row_read_ = false;  ///< cells_ are the first row's, which is still to be given
};

}  // namespace sloy::data
