/// Texts in rows and columns (RFC 4180).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/stream.h"

namespace sloy {

/// Reads a row at a time. Cells are apart by one character, or by any number of blanks where that
/// is ' '. A cell in double quotes may hold separators, ends of lines, and quotes written twice.
/// Lines end as any system ends them; empty ones are passed over, as is a mark of UTF-8 at the
/// start. Everything throws FileError with the line, also where a cell isn't UTF-8.
class CsvReader {
 public:
  CsvReader(InputStream& stream, char separator) : stream_(stream), separator_(separator) {}

  /// The next row's cells; false after the last. They are valid until the next call.
  bool next(std::vector<std::string_view>& cells);
  /// The line on which the last row began, counted from 1.
  std::int64_t line() const { return row_line_; }

  [[noreturn]] void fail(std::string sentence, std::string fix = {}) const;

 private:
  void check_text(const std::vector<std::string_view>& cells) const;
  /// The next character or, at the end, nothing (−1); `take` passes over it.
  int peek();
  int take();
  void read_cell();
  void read_quoted();
  void skip_blanks();
  bool at_end_of_cell();
  bool at_end_of_line();
  /// Passes over the end of a line. REQUIRES: at_end_of_line().
  void end_line();
  void add(int character);

  InputStream& stream_;
  char separator_;
  std::vector<char> buffer_;
  std::size_t next_ = 0;
  bool is_started_ = false;
  std::int64_t line_ = 1;
  std::int64_t row_line_ = 0;
  std::string text_;               ///< of the row's cells, one after the other
  std::vector<std::size_t> ends_;  ///< where each ends
};

}  // namespace sloy
