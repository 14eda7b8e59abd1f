/// What a file's header may declare.
#pragma once

#include <sloy/tensor.h>

#include <cstdint>
#include <optional>

#include "base/limits.h"

namespace sloy {

/// The number of elements of a shape that a header declares; nothing where there are too many.
/// REQUIRES: no negative dimension.
inline std::optional<std::uint64_t> declared_elements(const Shape& shape) {
  for (const Dim& dim : shape) {
    if (dim.size() == 0) return 0;
  }
  std::uint64_t elements = 1;
  for (const Dim& dim : shape) {
    const auto size = static_cast<std::uint64_t>(dim.size());
    if (__builtin_mul_overflow(elements, size, &elements) || elements > limits.elements) return {};
  }
  return elements;
}

}  // namespace sloy
