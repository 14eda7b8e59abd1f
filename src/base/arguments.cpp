#include "base/arguments.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <cmath>

namespace sloy {

void require_positive(std::string_view argument, std::int64_t value) {
  if (value >= 1) return;
  // "decay_steps" of "the schedule's decay_steps".
  const std::string_view name = argument.substr(argument.rfind(' ') + 1);  // npos + 1 is 0
  throw ConfigError(fmt::format("{} must be 1 or more, not {}", argument, value), {},
                    fmt::format("set {} to 1 or more", name));
}

void require_number(bool holds, std::string_view argument, double value, std::string_view needed) {
  if (holds && std::isfinite(value)) return;
  throw ConfigError(fmt::format("{} can't be {}", argument, value), {},
                    fmt::format("give a number {}", needed));
}

void require_finite(std::string_view argument, double value) {
  require_number(true, argument, value, "that is finite");
}

}  // namespace sloy
