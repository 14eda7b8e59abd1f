/// Counts allocations, to show that a loop makes none.
#pragma once

#include <cstdint>

namespace sloy::harness {

/// Calls of operator new by any thread since the program began. Calling this makes the test program
/// count.
std::int64_t allocations();

}  // namespace sloy::harness
