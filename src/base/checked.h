/// Arithmetic on sizes that come from outside: files, recipes, a user's shapes.
#pragma once

#include <fmt/format.h>
#include <sloy/error.h>

#include <concepts>

namespace sloy {

/// a·b. Throws Error where it doesn't fit; `what` names the result: "the size of the batch".
template <std::integral T>
T checked_multiply(T a, T b, const char* what) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) {
    throw Error(fmt::format("{} is too large: {} × {}", what, a, b));
  }
  return product;
}

/// a + b. Throws Error likewise.
template <std::integral T>
T checked_add(T a, T b, const char* what) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) {
    throw Error(fmt::format("{} is too large: {} + {}", what, a, b));
  }
  return sum;
}

/// The least multiple of `step` that is no less than `size`. Throws Error likewise.
template <std::integral T>
T round_up(T size, T step, const char* what) {
  return checked_add(size, step - 1, what) / step * step;
}

}  // namespace sloy
