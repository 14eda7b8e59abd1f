/// From a graph of ops to a program: fused nodes, kernels, their order, and where everything lies,
/// within a memory limit.
#pragma once

#include <cstddef>

#include <sloy/error.h>
#include <sloy/program.h>
#include <sloy/tuning.h>

#include "passes/backend.h"
#include "passes/lowered.h"

namespace sloy {

/// A limit that can't be met.
class MemoryLimitError : public ConfigError {
 public:
  MemoryLimitError(ConfigError error, std::size_t least)
      : ConfigError(std::move(error)), least_(least) {}
  /// The smallest limit that can.
  std::size_t least_bytes() const { return least_; }

 private:
  std::size_t least_;
};

struct LowerOptions {
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  NumericPrecision precision = NumericPrecision::float32;
  Tuning tuning = {};
  MemoryLimit memory_limit = {};
  bool recompute_everything = false;  ///< whatever it gains: for tests
  // The passes that can be left out.
  bool fuse = true;
  bool layout = true;
  bool product_updates = true;
  bool place_updates = true;
  bool in_place = true;
};

struct LoweredProgram {
  Scheduled scheduled;
  std::size_t saved_bytes = 0;  ///< what the arena would take more without the limit
};

/// Runs the passes from fuse to plan_memory, each with its verifier, and where the step takes more
/// than the limit recompute too; where that isn't enough with shorter chains (not in
/// mixed_bfloat16, where a value stored is a value rounded), then with kernels of less and less
/// scratch. Throws MemoryLimitError where nothing fits.
LoweredProgram lower(const Graph& graph, const Backend& backend, const LowerOptions& options);

/// Whether chains of element-wise ops become one node. In mixed_bfloat16 for every backend: what is
/// stored, and so rounded, follows from fusion, and must not depend on the backend.
bool fuses(const Backend& backend, NumericPrecision precision);

/// All variables of the graph in one State, as far as their forms are known.
std::size_t state_bytes(const Graph& graph, NumericPrecision precision);
/// One set of feeds.
std::size_t input_bytes(const Graph& graph);

}  // namespace sloy
