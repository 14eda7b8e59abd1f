/// The layout pass: a kernel for every node, and a physical form for every value.
#pragma once

#include <sloy/tuning.h>

#include <limits>

#include "passes/lowered.h"

namespace sloy {

struct LayoutOptions {
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  NumericPrecision precision = NumericPrecision::float32;
  Tuning tuning = {};  ///< chooses among the kernels that accept; empty: the first does
  /// Kernels with more scratch than this are taken only where every other has more still.
  std::size_t most_scratch = std::numeric_limits<std::size_t>::max();
  bool plain = false;  ///< the pass switched off: only kernels that take every operand plain
};

/// Walks the graph in order. At each node the backend's offers are asked, fastest first; the first
/// that accepts decides the forms of its operands, a reorder is put before each operand that has
/// another, and variables that nobody has chosen a form for take the one asked for (recorded in the
/// variables' StateForm, so later programs find it fixed). Slots take their parameter's form.
/// With tuning, of the kernels of a product or convolution the fastest on its operands as they lie
/// is taken in place of the first, reorders of its operands counted.
Lowered choose_layouts(const Graph& graph, const Backend& backend, const LayoutOptions& options);

}  // namespace sloy
