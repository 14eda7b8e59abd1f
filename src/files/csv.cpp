#include "files/csv.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <span>

#include "base/limits.h"
#include "base/utf8.h"

namespace sloy {
namespace {

constexpr std::size_t buffer_bytes = 1 << 16;
constexpr int end = -1;

}  // namespace

bool CsvReader::next(std::vector<std::string_view>& cells) {
  if (!is_started_) {
    is_started_ = true;
    // The mark of UTF-8, which programs of Windows write.
    constexpr std::string_view mark = "\xef\xbb\xbf";
    peek();
    if (std::string_view(buffer_.data(), buffer_.size()).starts_with(mark)) next_ += mark.size();
  }
  if (separator_ == ' ') skip_blanks();
  while (peek() != end && at_end_of_line()) {
    end_line();
    if (separator_ == ' ') skip_blanks();
  }
  if (peek() == end) return false;
  row_line_ = line_;
  text_.clear();
  ends_.clear();
  while (true) {
    read_cell();
    if (separator_ == ' ') skip_blanks();
    if (peek() == end || at_end_of_line()) break;
    if (separator_ != ' ') take();  // the separator
  }
  if (peek() != end) end_line();
  cells.clear();
  std::size_t begin = 0;
  for (const std::size_t cell_end : ends_) {
    cells.push_back(std::string_view(text_).substr(begin, cell_end - begin));
    begin = cell_end;
  }
  check_text(cells);
  return true;
}

void CsvReader::check_text(const std::vector<std::string_view>& cells) const {
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    const std::optional<std::size_t> place = find_invalid_utf8(cells[cell]);
    if (!place) continue;
    fail(fmt::format("the text is not UTF-8: byte {:#x} in cell {}",
                     static_cast<unsigned char>(cells[cell][*place]), cell + 1),
         "save the table as UTF-8");
  }
}

void CsvReader::read_cell() {
  if (ends_.size() == limits.csv_columns) {
    fail(fmt::format("a row has more than {} cells", limits.csv_columns),
         "check the separator, or that quotes are closed");
  }
  if (peek() == '"') {
    read_quoted();
  } else {
    while (!at_end_of_cell()) add(take());
  }
  ends_.push_back(text_.size());
}

void CsvReader::read_quoted() {
  const std::int64_t opened = line_;
  take();
  while (true) {
    const int character = peek();
    if (character == end) {
      row_line_ = opened;
      fail("a quoted cell isn't closed", "write a quote at its end; one within it twice");
    }
    if (character == '"') {
      take();
      if (peek() != '"') break;
      add(take());
    } else if (at_end_of_line()) {
      end_line();
      add('\n');
    } else {
      add(take());
    }
  }
  if (!at_end_of_cell()) {
    fail("a quoted cell goes on after its quote", "write a quote within quotes twice");
  }
}

void CsvReader::skip_blanks() {
  while (peek() == ' ' || peek() == '\t') take();
}

bool CsvReader::at_end_of_cell() {
  const bool is_blank = separator_ == ' ' && peek() == '\t';
  return peek() == end || peek() == separator_ || is_blank || at_end_of_line();
}

bool CsvReader::at_end_of_line() { return peek() == '\n' || peek() == '\r'; }

void CsvReader::end_line() {
  if (take() == '\r' && peek() == '\n') take();
  ++line_;
}

void CsvReader::add(int character) {
  if (character == 0) fail("the file holds a zero byte: it is no text", "save it as CSV in UTF-8");
  if (text_.size() == limits.csv_row_bytes) {
    fail(fmt::format("a row is longer than {} bytes", limits.csv_row_bytes),
         "check that quotes are closed");
  }
  text_ += static_cast<char>(character);
}

int CsvReader::peek() {
  if (next_ == buffer_.size()) {
    buffer_.resize(buffer_bytes);
    buffer_.resize(stream_.read_some(std::as_writable_bytes(std::span(buffer_))));
    next_ = 0;
    if (buffer_.empty()) return end;
  }
  return static_cast<unsigned char>(buffer_[next_]);
}

int CsvReader::take() {
  const int character = peek();
  if (character != end) ++next_;
  return character;
}

void CsvReader::fail(std::string sentence, std::string fix) const {
  throw FileError(std::move(sentence),
                  {{"file", stream_.file(), fmt::format("line {}", row_line_)}}, std::move(fix));
}

}  // namespace sloy
