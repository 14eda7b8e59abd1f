/// Checks of arguments that only layers have, beside those all share.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sloy/layers.h>

#include "base/arguments.h"

namespace sloy {

/// Throws ConfigError where it is missing or a size is not 1 or more.
void require_positive(std::string_view argument, const IntPair& pair);

/// Throws ShapeError where `x` is no batch of images (batch, height, width, channels).
void require_images(Value x);

/// Throws ShapeError where the examples of `x` have no row of numbers: (batch, …, n).
void require_rows(Value x);

std::vector<std::int64_t> to_list(const IntPair& pair);

}  // namespace sloy
