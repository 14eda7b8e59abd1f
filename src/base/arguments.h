/// Checks of users' arguments, whoever takes them: layers, regularizers, initializers, optimizers,
/// metrics, callbacks.
#pragma once

#include <cstdint>
#include <string_view>

namespace sloy {

/// Throws ConfigError "units must be 1 or more, not 0".
void require_positive(std::string_view argument, std::int64_t value);

/// Throws ConfigError "momentum can't be 1.5" where it doesn't hold, and where the value isn't
/// finite. `needed` ends the cure: "give a number from 0 to 1".
void require_number(bool holds, std::string_view argument, double value, std::string_view needed);

/// Throws ConfigError "scale can't be nan" where the value is not finite.
void require_finite(std::string_view argument, double value);

}  // namespace sloy
