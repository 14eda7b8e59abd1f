/// Any bytes are the rows of a CSV file or a FileError; rows written with every cell in quotes are
/// read as the same rows.
#include <sloy/error.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "files/csv.h"
#include "harness/memory_files.h"

namespace {

using Row = std::vector<std::string>;

std::vector<Row> read(std::vector<std::byte> bytes, char separator) {
  sloy::harness::MemoryFiles files;
  files.put("x", std::move(bytes));
  sloy::InputStream stream("x", files);
  sloy::CsvReader reader(stream, separator);
  std::vector<Row> rows;
  std::vector<std::string_view> cells;
  while (reader.next(cells)) rows.emplace_back(cells.begin(), cells.end());
  return rows;
}

std::string quoted(const std::string& cell) {
  std::string text = "\"";
  for (char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  for (const char separator : {',', ' '}) {
    try {
      const std::vector<Row> rows = read({bytes.begin(), bytes.end()}, separator);
      std::string written;
      for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) written += (i ? "," : "") + quoted(row[i]);
        written += '\n';
      }
      if (read(sloy::harness::bytes_of(written), ',') != rows) std::abort();
    } catch (const sloy::FileError&) {
    }
  }
  return 0;
}
