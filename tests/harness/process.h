/// Runs the `sloy` program as a user does: in a process of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sloy::harness {

struct ProcessOptions {
  std::filesystem::path directory = {};       ///< where it runs; here where empty
  std::vector<std::string> environment = {};  ///< "NAME=value", put over this process's own
  std::string input = {};                     ///< comes through a pipe; /dev/null where empty
  std::string output = {};                    ///< the file stdout goes to; kept where empty
  std::vector<int> closed = {};               ///< standard streams that it doesn't have
  bool unread = false;                        ///< stdout is a pipe whose reader has gone
  int signal = 0;                             ///< sent once, when stdout has held `signal_after`
  std::string signal_after = {};
};

struct Finished {
  int exit_code = 0;  ///< 128 + the signal where one ended it
  std::string out;
  std::string err;
};

/// Waits until the program has ended. It is $SLOY_PROGRAM, or else build/release/bin/sloy.
Finished run_sloy(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

/// An empty directory that is removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A file's bytes. Throws std::runtime_error where there is none.
std::string bytes_of_file(const std::filesystem::path& path);
std::vector<std::string> lines_of(const std::string& text);

}  // namespace sloy::harness
