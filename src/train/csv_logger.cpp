#include <fmt/format.h>
#include <sloy/callbacks.h>

#include <charconv>

#include "base/files.h"
#include "base/limits.h"

namespace sloy {
namespace {

/// The complete lines of an earlier file; what a crash cut off is dropped.
std::vector<std::string> lines_of(const std::filesystem::path& path, FileSystem& files) {
  if (!files.exists(path)) return {};
  const std::vector<std::byte> bytes = read_file(path, limits.file_bytes, files);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// Whether a line is of an epoch that a resumed fit does again: it was written after the
/// checkpoint.
bool is_of_later_epoch(std::string_view line, int epoch) {
  int found = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), found);
  return error == std::errc{} && found >= epoch;
}

}  // namespace

void CSVLogger::on_train_begin(Run& run) {
  if (filename.empty()) {
    throw ConfigError("CSVLogger needs the name of a file", {}, "give .filename = \"log.csv\"");
  }
  FileSystem& files = real_files();
  const std::filesystem::path path = filename;
  std::vector<std::string> lines;
  if (append || run.resumed()) lines = lines_of(path, files);
  if (run.resumed()) {
    std::erase_if(lines, [&](const auto& line) { return is_of_later_epoch(line, run.epoch()); });
  }
  if (lines.empty()) {
    std::string header = "epoch";
    for (const std::string& name : run.log_names()) header += separator + name;
    lines.push_back(header + separator + "learning_rate\n");
  }
  // The old file stays whole until the new one has its lines; then rows go to the new one.
  if (path.has_parent_path()) files.create_directories(path.parent_path());
  const std::filesystem::path fresh = filename + ".new";
  file = files.create(fresh);
  for (const std::string& line : lines) file->write(std::as_bytes(std::span(line)));
  file->sync();
  files.rename(fresh, path);
}

void CSVLogger::on_epoch_end(Run& run, const Logs& logs) {
  std::string line = fmt::format("{}", run.epoch());
  for (const std::string& name : run.log_names()) {
    line += fmt::format("{}{}", separator, logs[name]);
  }
  line += fmt::format("{}{}\n", separator, run.learning_rate());
  file->write(std::as_bytes(std::span(line)));
}

void CSVLogger::on_train_end(Run&, const Logs&) { file.reset(); }

}  // namespace sloy
