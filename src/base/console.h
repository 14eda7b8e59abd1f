/// The terminal as the library sees it: where progress is shown to a person.
#pragma once

#include <string_view>

namespace sloy {

/// What a terminal can show.
struct ConsoleTraits {
  /// A person is looking: a line may be drawn again in place.
  bool is_terminal = false;
  bool has_color = false;
  bool has_utf8 = false;
};

/// What follows from the environment: NO_COLOR (https://no-color.org), TERM=dumb, and the character
/// set of LC_ALL, LC_CTYPE or LANG, the first that is set. `variable` is getenv.
ConsoleTraits console_traits(bool is_tty, const char* (*variable)(const char* name));

class Console {
 public:
  virtual ~Console() = default;
  virtual ConsoleTraits traits() const = 0;
  /// Columns now: windows are resized.
  virtual int width() const = 0;
  virtual void write(std::string_view text) = 0;
};

/// stderr.
Console& error_console();

}  // namespace sloy
