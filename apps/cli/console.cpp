#include "console.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>

#include "usage.h"

namespace sloy::cli {
namespace {

void stop_unread() {
  if (std::ferror(stdout) != 0 && nobody_reads()) throw NobodyReads{};
}

/// A figure is a number or null, never text: JSON has no not-a-number and no infinity.
void drop_not_finite(Config& value) {
  if (value.is_map()) {
    for (auto& [key, inner] : value.as_map()) drop_not_finite(inner);
  } else if (value.is_list()) {
    for (Config& inner : value.as_list()) drop_not_finite(inner);
  } else if (value.is_number() && !std::isfinite(value.as_number())) {
    value = Config();
  }
}

/// What comes from files must not command the terminal: control characters are written out.
std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, some of which a terminal takes for the beginning of a command.
    const bool is_second_set =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_second_set) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace

void add_common(CLI::App& command, Common& common) {
  command.add_flag("--json", common.json, "One JSON object a line on stdout, nothing else there");
  command.add_flag("--quiet", common.quiet, "No progress: notes and errors are still said");
  command.add_option("--threads", common.threads, "Threads that compute (default: all cores)")
      ->check(whole_number(1, 4096));
  command
      .add_option("--seed", common.seed,
                  "The recipe's seed: first weights, order, dropout (not of the data's points)")
      ->check(whole_number(0));
}

void apply(const Common& common) {
  if (common.threads) set_threads(*common.threads);
}

void emit(Config event) {
  drop_not_finite(event);
  const std::string line = to_json(event) + '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
  stop_unread();
}

void say(const Common& common, const std::string& text) {
  if (!common.quiet) tell(text);
}

void tell(const std::string& text) { std::fprintf(stderr, "%s\n", printable(text).c_str()); }

void print(const std::string& text) {
  const std::string shown = printable(text);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
  stop_unread();
}

void hold_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    // The lowest free number is this stream's. To use it must fail, as without.
    if (open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

bool nobody_reads() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

void note(const std::string& text) { std::fprintf(stderr, "note: %s\n", printable(text).c_str()); }

void complain(const std::string& text) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", printable(text).c_str());
}

std::string bytes_text(double bytes) {
  static constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 || bytes >= 99.5 ? fmt::format("{:.0f} {}", bytes, units[unit])
                                    : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > (count < 0 ? 1 : 0);
       place -= 3) {
    digits.insert(static_cast<std::size_t>(place), ",");
  }
  return digits;
}

}  // namespace sloy::cli
