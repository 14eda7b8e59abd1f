/// The memory plan: a fixed place for every value.
#pragma once

#include <vector>

#include "passes/lowered.h"

namespace sloy {

struct MemoryOptions {
  NumericPrecision precision = NumericPrecision::float32;
  bool in_place = true;  ///< results may take over the memory of an input that dies there
  /// An arena of up to so many bytes may be roomy (Places::own_size). Kernels share a batch out by
  /// position, so each half of such a place is always written by the same thread, whose cache has
  /// it. Where threads have no cache in common, taking each line from the other's costs more than
  /// computing does.
  std::size_t roomy_bytes = 0;
};

/// Which places of dead values a value may take.
enum class Places { any, own_size };

/// Places values by lifetime: the largest first, each into the tightest gap among those it lives
/// with. Updates lie in their variable, feeds and constants in their segments, views in what they
/// view. `order` is the schedule. A variable's place is its offset in the state, filled in once the
/// StateForm is fixed: until then its address holds the variable's id in place of an offset.
MemoryPlan plan_memory(const Lowered& lowered, const std::vector<std::int32_t>& order,
                       const MemoryOptions& options);

/// Bytes of one value in its layout.
std::size_t bytes_of(const Result& result, NumericPrecision precision);

/// Gives the blocks offsets such that no two that live at once overlap. Returns the bytes of the
/// whole. Best fit by size.
std::size_t assign_offsets(std::vector<Block>& blocks, Places places = Places::any);

}  // namespace sloy
