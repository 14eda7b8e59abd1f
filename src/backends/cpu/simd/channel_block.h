/// Blocks of channels and filters, as wide as they are worked on.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// Channels of a block: 16 with AVX-512, 8 else. Of the target that kernels are held to.
std::int64_t channel_block();

}  // namespace sloy::cpu
