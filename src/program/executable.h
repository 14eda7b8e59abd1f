/// Executable: a program for one batch size, and its run loop.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <sloy/program.h>

#include "passes/lowered.h"

namespace sloy {

struct ExecutableOptions {
  BackendKind backend = BackendKind::cpu;
  NumericPrecision precision = NumericPrecision::float32;
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  Tuning tuning = {};
  MemoryLimit memory_limit = {};
  bool recompute_everything = false;  ///< whatever it gains: for tests
  std::vector<std::string> without = {};
};

/// A flat list of kernel calls over segments of memory. One thread runs it at a time.
class Executable {
 public:
  /// Compiles a graph without symbols. Throws MemoryLimitError (passes/lower.h).
  Executable(std::unique_ptr<Graph> graph, const ExecutableOptions& options);

  /// Throws ConfigError where the state is of other variables or another precision.
  void check(const State& state) const;

  /// One step. `feeds` are as many pointers as the graph has inputs, to row-major elements of their
  /// dtype (double for float32 in a float64 program). Allocates nothing.
  void run(State& state, std::span<const void* const> feeds);
  /// The same; adds each step's seconds to `seconds` (one entry a step of the plan).
  void run(State& state, std::span<const void* const> feeds, std::span<double> seconds);

  /// An output's elements after a run, valid until the next run of any program on the same
  /// variables.
  const void* output(std::size_t index) const;
  const Type& output_type(std::size_t index) const;
  std::size_t outputs() const { return outputs_.size(); }

  const std::vector<Type>& input_types() const { return input_types_; }
  const Plan& plan() const { return plan_; }
  /// The graph as it is run, with layouts: for tests and pictures.
  const Graph& graph() const { return *lowered_.graph; }
  /// Which parts of the arena are in use when, in steps of the plan: likewise.
  const MemoryPlan& memory() const { return memory_; }

 private:
  struct Call {
    const Kernel* kernel;
    std::int32_t first_input;  ///< into pointers_
    std::int32_t first_output;
    std::int32_t scratch;
  };

  void lay_out(const std::vector<std::int32_t>& order, BackendKind backend);
  void fill_constants();
  void write_plan(const std::vector<std::int32_t>& order, BackendKind backend);
  std::int32_t point_to(const Address& address);
  void resolve(State& state, std::span<const void* const> feeds);

  Lowered lowered_;
  MemoryPlan memory_;
  NumericPrecision precision_;
  Plan plan_;
  std::vector<Type> input_types_;
  std::vector<std::byte> constants_;
  std::vector<Call> calls_;
  std::vector<Address> addresses_;  ///< one a pointer
  std::vector<void*> pointers_;
  std::vector<std::int32_t> outputs_;  ///< into pointers_
  std::vector<std::byte*> bases_;      ///< of the segments, at the last run
  bool state_known_ = false;           ///< addresses of variables have become offsets
};

/// The passes' names, in the order they run: what ProgramOptions::without may hold.
std::span<const std::string_view> pass_names();

}  // namespace sloy
