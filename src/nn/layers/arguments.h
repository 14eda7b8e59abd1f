/// Checks of layers' arguments that are the same for several of them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sloy/layers.h>

namespace sloy {

/// Throws ConfigError "units must be 1 or more, not 0".
void require_positive(std::string_view argument, std::int64_t value);
void require_positive(std::string_view argument, const IntPair& pair);

/// Throws ShapeError where `x` is no batch of images (batch, height, width, channels).
void require_images(Value x);

std::vector<std::int64_t> to_list(const IntPair& pair);

}  // namespace sloy
