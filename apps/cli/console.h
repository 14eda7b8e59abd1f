/// Console: what the commands share of talking to people and to scripts.
#pragma once

#include <sloy/config.h>
#include <sloy/sloy.h>

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace sloy::cli {

/// Exit codes, as promised to scripts.
enum Exit : int {
  done = 0,
  failed = 1,
  misused = 2,
  diverged = 3,
  interrupted = 130,
  terminated = 143,
};

/// What every command takes.
struct Common {
  bool json = false;
  bool quiet = false;
  std::optional<int> threads = {};
  std::optional<std::uint64_t> seed = {};
};

/// Adds --json, --quiet, --threads and --seed.
void add_common(CLI::App& command, Common& common);
/// Puts --threads into effect.
void apply(const Common& common);

/// Thrown by emit and print where nobody reads stdout any more, as after `| head -1`: the reader
/// has what it wanted, so the program ends at once and without an error.
struct NobodyReads {};

/// One object on a line of stdout; a number that is not finite is null.
void emit(Config event);
/// A result for people, on stdout.
void print(const std::string& text);
/// Takes the place of standard streams that were closed (`2>&-`): the next file opened would get
/// it, and the progress with it.
void hold_closed_streams();
/// Whether stdout is a pipe that nobody reads any more.
bool nobody_reads();
/// A line for people, on stderr; nothing with --quiet.
void say(const Common& common, const std::string& text);
/// Likewise, with --quiet too.
void tell(const std::string& text);
/// "note: …", on stderr, with --quiet too.
void note(const std::string& text);
/// "error: …", on stderr.
void complain(const std::string& text);

/// "12.3 MB", "640 kB": powers of 1000.
std::string bytes_text(double bytes);
/// "1,234,567".
std::string count_text(std::int64_t count);

}  // namespace sloy::cli
