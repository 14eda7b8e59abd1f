/// Standard normal numbers: those of tensor/random.h, to a few units in the last place.
#pragma once

#include <cstdint>

#include "tensor/random.h"

namespace sloy::cpu {

/// Numbers [0, size) of each of so many examples, one after the other.
void random_normal(RandomKey key, std::uint64_t step, std::int64_t examples, std::int64_t size,
                   float* out);

}  // namespace sloy::cpu
