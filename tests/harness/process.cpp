#include "harness/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

extern char** environ;

namespace sloy::harness {
namespace {

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

std::filesystem::path program() {
  const char* given = std::getenv("SLOY_PROGRAM");
  return std::filesystem::absolute(given ? given : "build/release/bin/sloy");
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& given) {
  std::vector<std::string> all = given;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : given) replaced = replaced || other.starts_with(name);
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

/// A pipe that holds as little as can be: a program that prints much waits for its reader, and so
/// can't be far ahead of it when a signal is sent.
struct Pipe {
  std::array<int, 2> ends{};
  Pipe() {
    check(pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }
  void close_end(std::size_t end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
};

/// Writes all, or until there is no reader any more. On a thread of its own: the signal that tells
/// of a broken pipe is blocked there for good.
void write_all(Pipe& pipe, std::string_view text) {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  while (!text.empty()) {
    const ssize_t count = write(pipe.ends[1], text.data(), text.size());
    if (count < 0 && errno != EINTR) break;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  pipe.close_writer();
}

/// Appends what there is to read; false at the end.
bool read_some(int file, std::string& text) {
  char buffer[1024];
  const ssize_t count = read(file, buffer, sizeof buffer);
  if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

Finished run_sloy(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  std::vector<std::string> command{program().string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_with(options.environment);
  Pipe in, out, err;
  if (options.unread) out.close_reader();
  posix_spawn_file_actions_t actions;
  check(posix_spawn_file_actions_init(&actions), "posix_spawn");
  if (options.input.empty()) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  } else {
    posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
  }
  if (options.output.empty()) {
    posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, options.output.c_str(), O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  for (const int stream : options.closed) posix_spawn_file_actions_addclose(&actions, stream);
  if (!options.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  }
  pid_t process = 0;
  const int error = posix_spawn(&process, command[0].c_str(), &actions, nullptr,
                                pointers(command).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  check(error, command[0].c_str());
  out.close_writer();
  err.close_writer();

  in.close_reader();
  std::thread writer([&] { write_all(in, options.input); });
  Finished finished;
  bool signalled = options.signal == 0;
  // poll passes over what is closed: -1.
  std::array<pollfd, 2> files{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    if (poll(files.data(), files.size(), -1) < 0) continue;
    if (files[0].revents != 0 && !read_some(files[0].fd, finished.out)) files[0].fd = -1;
    if (files[1].revents != 0 && !read_some(files[1].fd, finished.err)) files[1].fd = -1;
    if (!signalled && finished.out.find(options.signal_after) != std::string::npos) {
      kill(process, options.signal);
      signalled = true;
    }
  }
  writer.join();
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sloy-XXXXXX").string();
  if (!mkdtemp(pattern.data())) check(errno, "mkdtemp");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace sloy::harness
