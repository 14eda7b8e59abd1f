#include <fmt/format.h>
#include <sloy/callbacks.h>

#include <cstdlib>
#include <sstream>

#include "base/files.h"

namespace sloy {
namespace {

constexpr std::uint64_t largest_log = 1u << 30;

std::string read_text(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, largest_log);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_text(const std::string& path, const std::string& text) {
  write_atomically(path, std::as_bytes(std::span(text)));
}

/// The header and the rows of epochs before `epoch`: a fit that was interrupted after it had
/// written a row, and before its checkpoint, writes that row again.
std::string rows_before(const std::string& text, int epoch) {
  std::string kept;
  std::istringstream lines(text);
  bool is_header = true;
  for (std::string line; std::getline(lines, line); is_header = false) {
    if (is_header || std::atoi(line.c_str()) < epoch) kept += line + "\n";
  }
  return kept;
}

}  // namespace

void CSVLogger::on_train_begin(Run& run) {
  if (filename.empty()) throw ConfigError("CSVLogger has no filename");
  const bool goes_on = (append || run.epoch() > 0) && real_files().exists(filename);
  if (goes_on) {
    if (!append) write_text(filename, rows_before(read_text(filename), run.epoch()));
    return;
  }
  std::string header = "epoch";
  for (const std::string& name : run.log_names()) header += separator + name;
  write_text(filename, header + separator + "learning_rate\n");
}

void CSVLogger::on_epoch_end(Run& run, const Logs& logs) {
  std::string row = std::to_string(run.epoch());
  for (const auto& [name, value] : logs) row += fmt::format("{}{}", separator, value);
  row += fmt::format("{}{}\n", separator, run.learning_rate());
  // Written whole, so that whoever reads the log while it grows never sees half a row.
  write_text(filename, read_text(filename) + row);
}

}  // namespace sloy
