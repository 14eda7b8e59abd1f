/// Counts every call that asks for memory, by whose code made it: to show that a loop makes none.
#pragma once

#include <cstdint>

namespace sloy::harness {

/// Calls of operator new, malloc, calloc, realloc, aligned_alloc, posix_memalign, memalign and mmap
/// by any thread. A call belongs to oneDNN or to the program (this library and its
/// test), whichever is nearer among its callers; to others where neither is.
struct MemoryCalls {
  std::int64_t program = 0;
  std::int64_t onednn = 0;
  std::int64_t others = 0;
  std::int64_t onednn_largest_bytes = 0;
  std::int64_t onednn_kept = 0;  ///< blocks of oneDNN not yet freed
  /// Of the first call of the program's or of others, innermost first: library, place, function.
  const char* first_callers = "";
};

/// Counts from now on, from 0. The test program's own malloc passes calls on uncounted
/// until this is called.
void count_memory_calls();
/// The counts so far; counting goes on.
MemoryCalls memory_calls();
/// Counts no more.
MemoryCalls stop_counting_memory_calls();

}  // namespace sloy::harness
