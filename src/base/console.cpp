#include "base/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sloy {
namespace {

constexpr int usual_width = 80;

bool is_set(const char* value) { return value != nullptr && *value != '\0'; }

/// "en_US.UTF-8", "C.utf8"
bool names_utf8(const char* locale) {
  std::string lower;
  for (const char* c = locale; *c != '\0'; ++c) {
    if (*c != '-') lower += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c - 'A' + 'a') : *c;
  }
  return lower.find("utf8") != std::string::npos;
}

class ErrorConsole final : public Console {
 public:
  ConsoleTraits traits() const override {
    return console_traits(isatty(STDERR_FILENO) == 1,
                          [](const char* name) -> const char* { return std::getenv(name); });
  }
  int width() const override {
    winsize size{};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : usual_width;
  }
  void write(std::string_view text) override {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }
};

}  // namespace

ConsoleTraits console_traits(bool is_tty, const char* (*variable)(const char* name)) {
  const char* term = variable("TERM");
  ConsoleTraits traits;
  traits.is_terminal = is_tty && !(is_set(term) && std::string_view(term) == "dumb");
  traits.has_color = traits.is_terminal && !is_set(variable("NO_COLOR"));
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!is_set(variable(name))) continue;
    traits.has_utf8 = names_utf8(variable(name));
    break;
  }
  return traits;
}

Console& error_console() {
  static ErrorConsole console;
  return console;
}

}  // namespace sloy
