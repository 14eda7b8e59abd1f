/// Programs: a graph compiled into a flat list of kernel calls with every buffer's place fixed.
///
///     Graph graph;
///     Build build(graph, true);  // a training step
///     Value x = graph.input("x", {DType::float32, {batch, 2}});
///     Value target = graph.input("target", {DType::float32, {batch, 1}});
///     Model model = Sequential{Input{2}, Dense{.units = 1}};
///     Value loss = MeanSquaredError{}(target, model(build, x));
///
///     Program step = compile({.outputs = {loss}, .updates = SGD{}.minimize(loss)});
///     State state(step.variables(), {.seed = 1});
///     Tensor inputs(DType::float32, {32, 2}), targets(DType::float32, {32, 1});
///     auto [l] = step.run(state, {inputs, targets});
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <sloy/config.h>
#include <sloy/graph.h>
#include <sloy/tuning.h>

namespace sloy {

class Executable;

struct StateOptions {
  std::uint64_t seed = 0;  ///< of first values and of random ops
  /// Initializers draw float32 numbers whatever it is, so that all begin from the same ones.
  /// Variables are float32 for mixed_bfloat16 too, so one State serves it and float32.
  NumericPrecision precision = NumericPrecision::float32;
};

/// All variables of a model in one block of memory. A value: copying it is a snapshot, and a
/// program runs on any State of its variables. Creating the first one fixes how the variables lie
/// in memory, so compile the main program before.
class SLOY_EXPORT State {
 public:
  State() = default;
  /// Variables at their initial values for this seed.
  explicit State(std::shared_ptr<Variables> variables, StateOptions options = {});

  explicit operator bool() const { return variables_ != nullptr; }
  const std::shared_ptr<Variables>& variables() const& { return variables_; }
  std::shared_ptr<Variables> variables() const&& { return variables_; }
  NumericPrecision precision() const { return precision_; }

  /// A variable's numbers in row-major order, as float32 or its integer type (float64 in a double
  /// state). These four throw ConfigError where the state has no such variable.
  Tensor get(VariableId id) const;
  /// Throws ShapeError where the shape differs; the dtype is converted.
  void set(VariableId id, const Tensor& value);
  /// For variables of one element: the learning rate, the step. Throw ShapeError on others.
  double scalar(VariableId id) const;
  void set_scalar(VariableId id, double value);

  /// The whole block, for snapshots and hashes. Padding bytes are zero.
  std::span<const std::byte> bytes() const& { return {block_.get(), size_}; }
  std::span<const std::byte> bytes() const&& = delete;
  std::span<std::byte> mutable_bytes() & { return {block_.get(), size_}; }

  State(const State& other);
  State& operator=(const State& other);
  State(State&&) noexcept = default;
  State& operator=(State&&) noexcept = default;
  ~State() = default;

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };
  const Variable& known(VariableId id) const;
  const Variable& known_scalar(VariableId id) const;
  std::byte* at(VariableId id) const;

  std::shared_ptr<Variables> variables_;
  std::unique_ptr<std::byte[], Free> block_;
  std::size_t size_ = 0;
  NumericPrecision precision_ = NumericPrecision::float32;
};

/// Where kernels come from.
enum class BackendKind : std::uint8_t {
  cpu,       ///< oneDNN and Highway, in float32 or mixed_bfloat16
  reference  ///< the ops' reference kernels, in any precision
};
constexpr std::array<std::string_view, 2> enum_names(BackendKind) { return {"cpu", "reference"}; }

/// How convolutions are computed.
enum class ConvolutionAlgorithm : std::uint8_t {
  automatic,  ///< by Winograd's algorithm where a fixed rule of CPU and shape says that it is
              ///< faster; of an image that UpSampling enlarged on the image as it was, with sums of
              ///< the kernel's weights, where that has fewer products
  direct      ///< as the formula says: without Winograd's algorithm, whose rounding errors are
              ///< larger, and without sums of weights
};
constexpr std::array<std::string_view, 2> enum_names(ConvolutionAlgorithm) {
  return {"automatic", "direct"};
}

/// The most bytes a step may hold: activations, gradients and scratch, all variables, constants and
/// one batch, as Plan::total_bytes counts them. The process itself, with its libraries and the data
/// it has in memory, comes on top. In recipes and on the command line a whole number, or a text
/// with a unit: "600MB", "1.5GB", "512MiB".
struct MemoryLimit {
  std::size_t bytes = 0;                                          ///< 0: none
  constexpr MemoryLimit(std::size_t count = 0) : bytes(count) {}  // NOLINT: written as a number
  bool operator==(const MemoryLimit&) const = default;
};
SLOY_EXPORT Config to_config(MemoryLimit limit);
/// Throws ConfigError on what is no number of bytes.
SLOY_EXPORT void from_config(const Config& config, MemoryLimit& limit);

/// What to compile, and how.
struct ProgramOptions {
  std::vector<Value> outputs = {};          ///< what a run gives back
  std::vector<Graph::Update> updates = {};  ///< what it changes of the state; all of one graph
  /// Put in for the batch dimension. 0: the size of the feeds; a program is then compiled for each
  /// size when it is first met.
  std::int64_t batch_size = 0;
  BackendKind backend = BackendKind::cpu;
  NumericPrecision precision = NumericPrecision::float32;
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  Tuning tuning = {};  ///< kernels by a fixed rule, or by their time
  /// Where a step would hold more, what it computed forward is dropped and computed again when the
  /// gradients need it, by the same kernels on the same numbers; where that is not enough kernels
  /// with less scratch are taken. Without a limit nothing is computed twice.
  MemoryLimit memory_limit = {};
  /// Names of passes to leave out (simplify, epilogue, fuse, layout, place_updates, in_place): for
  /// tests and experiments.
  std::vector<std::string> without = {};
};

/// What is known of a program before it runs.
struct SLOY_EXPORT Plan {
  struct Step {
    std::string op;
    std::string path;
    Phase phase = Phase::forward;
    std::string kernel;                 ///< the offer that took the node
    std::string implementation;         ///< the kernel's own name for what it runs
    std::vector<std::string> operands;  ///< types and layouts, inputs then results
    std::vector<std::pair<std::string, std::string>> refused;  ///< faster offers and their reasons
    /// A built-in op with much work (a million operations) for which the cpu backend has no kernel:
    /// its reference kernel runs, plain loops on one thread.
    bool slow = false;
    double flops = 0;
    double bytes = 0;  ///< read and written: each operand and each result once
    /// What the kernel reaches of the machine's peak where memory does not hold it up. Winograd
    /// counts the operations of a direct convolution, and passes 1.
    double share_of_peak = 1;
    std::size_t scratch_bytes = 0;
    bool tuned = false;  ///< chosen by its time, not by the fixed rule
    /// What was computed before, dropped for a memory limit, and is computed again.
    bool again = false;

    /// The seconds below which a machine of this speed can't do it: those of its arithmetic or of
    /// its memory traffic, whichever is longer. What finds its operands in a cache may take less,
    /// and so may Winograd, which does not do all the operations that are counted.
    double least_seconds(double peak_gflops, double gigabytes_per_second) const;
  };
  std::vector<Step> steps;

  /// A value that is written anew in another order, as it lies in one form and is wanted in
  /// another. Each is one of the steps.
  struct Reorder {
    std::size_t step = 0;    ///< its place in `steps`
    bool of_weight = false;  ///< of a parameter, slot, or their gradient; else of an activation
    std::string value = {};  ///< "conv2d_1/kernel", "max_pool of max_pool2d"
    std::string type = {};   ///< "float32 (3, 3, 64, 128)"
    std::string from = {};   ///< a layout: "plain", or 0312·3x16 for channels in blocks of 16
    std::string to = {};     ///< likewise
    std::vector<std::string> readers = {};  ///< who wants it so, and why
  };
  std::vector<Reorder> reorders;
  std::size_t arena_bytes = 0;    ///< activations and gradients, at their peak, with scratch
  std::size_t scratch_bytes = 0;  ///< the kernels' shared scratch, within the arena
  std::size_t state_bytes = 0;    ///< parameters, statistics, optimiser slots
  std::size_t constant_bytes = 0;
  std::size_t input_bytes = 0;   ///< one set of feeds; for a fit of all batches in memory at once
  std::size_t saving_bytes = 0;  ///< for a fit with checkpoints: one variable, while it is written
  /// All that a run holds, but for the program itself and its libraries.
  std::size_t total_bytes() const {
    return arena_bytes + state_bytes + constant_bytes + input_bytes + saving_bytes;
  }
  /// Seconds a run takes on a machine of this speed, about: of each step the time of its arithmetic
  /// or of its memory traffic, whichever is longer. inspect.h measures a machine.
  double seconds(double peak_gflops, double gigabytes_per_second) const;
  double flops = 0;
  /// The price of a memory limit: what the arena would take more without it, and the part of
  /// `flops` that is done a second time.
  std::size_t saved_bytes = 0;
  double flops_again = 0;
  int in_place = 0;  ///< results written over an operand, variables not counted
};

/// Results of a run, in the order of the program's outputs. The first one can be bound directly:
/// `auto [loss] = step.run(…)`.
class Results {
 public:
  explicit Results(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}
  std::size_t size() const { return tensors_.size(); }
  /// REQUIRES: i < size().
  const Tensor& operator[](std::size_t i) const& { return tensors_[i]; }
  Tensor operator[](std::size_t i) const&& { return tensors_[i]; }
  auto begin() const { return tensors_.begin(); }
  auto end() const { return tensors_.end(); }
  template <std::size_t I>
  const Tensor& get() const {
    static_assert(I == 0);
    return tensors_[0];
  }

 private:
  std::vector<Tensor> tensors_;
};

/// A program for one batch size, for loops that allocate nothing. Valid as long as its Program.
class SLOY_EXPORT Step {
 public:
  explicit Step(Executable& executable) : executable_(&executable) {}

  /// Runs once. `feeds` point to row-major elements of input_types() (double for float32 in a
  /// float64 program), one for each input of the graph: nothing is converted. Throws ShapeError on
  /// another number of feeds or seconds, ConfigError on a state of other variables or another
  /// precision.
  void run(State& state, std::span<const void* const> feeds) const;
  /// The same; adds the seconds each step of the plan took to `seconds`, one for each.
  void run(State& state, std::span<const void* const> feeds, std::span<double> seconds) const;
  /// An output's elements, valid until the next run of any program of the same variables.
  const void* output(std::size_t index) const;
  const Type& output_type(std::size_t index) const;
  const std::vector<Type>& input_types() const;
  const Plan& plan() const;

 private:
  Executable* executable_;
};

/// Graph outputs and updates, ready to run. Programs of the same Variables run on the same States,
/// and share the memory of activations too, so that they take no more than the largest of them.
/// What is asked of an empty one throws ConfigError.
class SLOY_EXPORT Program {
 public:
  Program() = default;
  explicit operator bool() const { return static_cast<bool>(impl_); }

  /// Runs one step. Feeds are bound in the order of the graph's inputs; their leading dimension is
  /// the batch. What an input takes as float32 may be fed as any dtype and is converted by value
  /// (255 of uint8 becomes 255.0; scaling is the graph's business); an integer input takes its own
  /// dtype alone. Throws ShapeError where a feed's shape or dtype does not fit and where it has no
  /// examples, ConfigError on a state of other variables or another precision.
  Results run(State& state, const std::vector<Tensor>& feeds) const;

  const std::shared_ptr<Variables>& variables() const&;
  std::shared_ptr<Variables> variables() const&& { return variables(); }
  /// For a batch size; 0 the one given at compile. Compiles where that size is new. Lives as long
  /// as this Program or a copy of it. Throws ConfigError on a negative size.
  const Plan& plan(std::int64_t batch_size = 0) const&;
  Plan plan(std::int64_t batch_size = 0) const&& { return plan(batch_size); }
  /// The program for a batch size, compiled where that size is new. Throws ConfigError on a size
  /// below 1.
  Step step(std::int64_t batch_size) const&;
  Step step(std::int64_t batch_size) const&& = delete;
  /// The same, as tests look into it (src/program/executable.h).
  Executable& executable(std::int64_t batch_size) const&;
  Executable& executable(std::int64_t batch_size) const&& = delete;

  struct Impl;

 private:
  friend SLOY_EXPORT Program compile(ProgramOptions options);
  Impl& impl() const;
  std::shared_ptr<Impl> impl_;
};

/// Compiles what `outputs` and `updates` need. Throws ConfigError where there is neither, where
/// they are of different graphs or a variable has two updates, on a negative batch size, on an
/// unknown pass name, on float64 for another backend than the reference, and on a memory limit that
/// can't be met for the batch size given, with the least possible; ShapeError where an update's
/// type is not its variable's. For a size that is met later, what asks for it throws the same.
SLOY_EXPORT Program compile(ProgramOptions options);

/// A value's numbers, computed at once by the reference kernels: for tests, examples and debugging.
/// Variables have their initial values for seed 0. Feeds as for run; without any they are zeros, of
/// a batch of 1. Throws ConfigError on mixed_bfloat16, which says how a compiled program stores.
SLOY_EXPORT Tensor evaluate(Value value, const std::vector<Tensor>& feeds = {},
                            NumericPrecision precision = NumericPrecision::float32);

}  // namespace sloy

template <>
struct std::tuple_size<sloy::Results> : std::integral_constant<std::size_t, 1> {};
template <std::size_t I>
struct std::tuple_element<I, sloy::Results> {
  using type = const sloy::Tensor;
};
