/// Checks of arguments that only layers have, beside those all share.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <sloy/layers.h>

#include "base/arguments.h"

namespace sloy {

/// Throws ConfigError "kernel_size is missing".
[[noreturn]] void refuse_missing(std::string_view argument);

/// Throws ConfigError where it is missing or a size is not 1 or more.
template <int N>
void require_positive(std::string_view argument, const Sizes<N>& sizes) {
  if (!sizes.is_given()) refuse_missing(argument);
  for (int size : sizes.numbers()) require_positive(argument, size);
}

/// Throws ConfigError where a number is below 0.
void require_margins(std::string_view argument, std::span<const Ends> margins);

/// Throws ShapeError where the examples of `x` have no row of numbers: (batch, …, n).
void require_rows(Value x);

/// Throws ShapeError where `x` is not (batch, spatial…, channels) with so many spatial dimensions.
void require_directions(Value x, int directions);

template <int N>
std::vector<std::int64_t> to_list(const Sizes<N>& sizes) {
  const std::array<int, N> numbers = sizes.numbers();
  return {numbers.begin(), numbers.end()};
}

}  // namespace sloy
