/// float32 to bfloat16 and back, as tensor/bfloat16.h has it.
#pragma once

#include <cstdint>

#include "tensor/bfloat16.h"

namespace sloy::cpu {

void convert(const float* from, bfloat16* to, std::int64_t count);
void convert(const bfloat16* from, float* to, std::int64_t count);

}  // namespace sloy::cpu
