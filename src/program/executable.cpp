#include "program/executable.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstring>

#include "graph/form.h"
#include "graph/leaf.h"
#include "graph/verify.h"
#include "passes/dropped_relu.h"
#include "passes/epilogue.h"
#include "passes/lower.h"
#include "passes/pooled_relu.h"
#include "passes/simplify.h"
#include "passes/upsampled_convolution.h"
#include "program/reorders.h"
#include "tensor/precision.h"

namespace sloy {
namespace {

/// Work that takes reference kernels a millisecond or two.
constexpr double much_work = 1e6;

constexpr std::array<std::string_view, 10> names{
    "pooled_relu", "dropped_relu", "upsampled_convolution", "simplify",      "epilogue",
    "fuse",        "layout",       "product_updates",       "place_updates", "in_place"};

bool has_pass(const ExecutableOptions& options, std::string_view pass) {
  return std::find(options.without.begin(), options.without.end(), pass) == options.without.end();
}

const Backend& backend_of(const ExecutableOptions& options) {
  return options.backend == BackendKind::cpu ? cpu_backend() : reference_backend();
}

std::string describe(const Result& result) {
  std::string text = to_string(result.type);
  if (result.layout) text += ' ' + to_string(*result.layout);
  return text;
}

}  // namespace

std::span<const std::string_view> pass_names() { return names; }

Executable::Executable(std::unique_ptr<Graph> graph, const ExecutableOptions& options)
    : precision_(options.precision) {
  for (Value input : graph->inputs()) input_types_.push_back(input.type());
  verify(*graph, "bind");
  if (has_pass(options, "pooled_relu")) {
    graph = move_relu_behind_pools(*graph);
    verify(*graph, "pooled_relu");
  }
  if (has_pass(options, "dropped_relu")) {
    graph = read_masks_off_dropout(*graph);
    verify(*graph, "dropped_relu");
  }
  const Backend& backend = backend_of(options);
  if (has_pass(options, "upsampled_convolution") && fuses(backend, options.precision) &&
      options.convolution == ConvolutionAlgorithm::automatic) {
    graph = fold_upsampling(*graph);
    verify(*graph, "upsampled_convolution");
  }
  if (has_pass(options, "simplify")) {
    graph = simplify(*graph);
    verify(*graph, "simplify");
  }
  if (has_pass(options, "epilogue") && fuses(backend, options.precision)) {
    graph = absorb_epilogues(*graph);
    verify(*graph, "epilogue");
  }
  LoweredProgram made = lower(*graph, backend,
                              {.convolution = options.convolution,
                               .precision = options.precision,
                               .tuning = options.tuning,
                               .memory_limit = options.memory_limit,
                               .recompute_everything = options.recompute_everything,
                               .fuse = has_pass(options, "fuse"),
                               .layout = has_pass(options, "layout"),
                               .product_updates = has_pass(options, "product_updates"),
                               .place_updates = has_pass(options, "place_updates"),
                               .in_place = has_pass(options, "in_place")});
  lowered_ = std::move(made.scheduled.lowered);
  memory_ = std::move(made.scheduled.memory);
  plan_.saved_bytes = made.saved_bytes;
  lay_out(made.scheduled.order, options.backend);
}

void Executable::lay_out(const std::vector<std::int32_t>& order, BackendKind backend) {
  const Graph& graph = *lowered_.graph;
  auto place = [&](Value value) -> const Address& {
    return memory_
        .results[static_cast<std::size_t>(value.node())][static_cast<std::size_t>(value.result())];
  };
  for (std::int32_t n : order) {
    const Node& node = graph.nodes()[static_cast<std::size_t>(n)];
    Call call{lowered_.selections[static_cast<std::size_t>(n)].proposal.kernel.get(),
              static_cast<std::int32_t>(addresses_.size()), 0, 0};
    for (Value input : node.inputs) point_to(place(input));
    call.first_output = static_cast<std::int32_t>(addresses_.size());
    for (const Address& address : memory_.results[static_cast<std::size_t>(n)]) point_to(address);
    call.scratch = point_to({Address::arena, memory_.scratch[static_cast<std::size_t>(n)]});
    calls_.push_back(call);
  }
  for (const Graph::Output& output : graph.outputs()) {
    outputs_.push_back(point_to(place(output.value)));
  }
  pointers_.resize(addresses_.size());
  bases_.resize(Address::first_input + graph.inputs().size());
  fill_constants();
  write_plan(order, backend);
  graph.variables().form().arena().require(memory_.arena_bytes);
}

std::int32_t Executable::point_to(const Address& address) {
  addresses_.push_back(address);
  return static_cast<std::int32_t>(addresses_.size()) - 1;
}

void Executable::fill_constants() {
  constants_.resize(memory_.constant_bytes + 64);
  auto address = reinterpret_cast<std::uintptr_t>(constants_.data());
  std::byte* base = constants_.data() + (64 - address % 64) % 64;
  bases_[Address::constants] = base;
  const Graph& graph = *lowered_.graph;
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
    const Node& node = graph.nodes()[n];
    if (node.op != &constant_op) continue;
    const Result& result = node.results[0];
    bool wide = result.type.dtype == DType::float32 && precision_ == NumericPrecision::float64;
    DType dtype = wide ? DType::float64 : result.type.dtype;
    Tensor value = OpDefinition<ConstantAttributes>::as(node.attributes).value.cast(dtype);
    relayout(result.type.shape, size_of(dtype), Layout{}, value.data(), layout_of(result),
             base + memory_.results[n][0].offset);
  }
}

void Executable::write_plan(const std::vector<std::int32_t>& order, BackendKind backend) {
  const Graph& graph = *lowered_.graph;
  for (std::int32_t n : order) {
    const Node& node = graph.nodes()[static_cast<std::size_t>(n)];
    const Selection& selection = lowered_.selections[static_cast<std::size_t>(n)];
    Plan::Step step;
    step.op = node.op->name();
    step.path = node.path;
    step.phase = node.phase;
    step.kernel = selection.offer ? selection.offer->name : "reference";
    step.implementation = selection.proposal.implementation;
    step.refused = selection.refused;
    step.tuned = selection.tuned;
    step.scratch_bytes = selection.proposal.scratch_bytes;
    step.again = selection.again;
    for (Value input : node.inputs) {
      step.operands.push_back(
          describe(graph.node(input).results[static_cast<std::size_t>(input.result())]));
    }
    for (const Result& result : node.results) step.operands.push_back(describe(result));
    const Work work = work_of(graph, node, selection);
    step.flops = work.flops;
    step.bytes = work.bytes;
    step.share_of_peak = work.share_of_peak;
    // An op of the user's own has no other kernel than its reference.
    step.slow = backend == BackendKind::cpu && step.kernel == "reference" &&
                step.flops >= much_work && find_op(step.op) == node.op;
    plan_.flops += step.flops;
    if (step.again) plan_.flops_again += step.flops;
    plan_.scratch_bytes = std::max(plan_.scratch_bytes, step.scratch_bytes);
    plan_.steps.push_back(std::move(step));
  }
  plan_.reorders = reorders_of(lowered_, order);
  plan_.arena_bytes = memory_.arena_bytes;
  plan_.in_place = memory_.in_place;
  plan_.constant_bytes = memory_.constant_bytes;
  plan_.state_bytes = state_bytes(graph, precision_);
  plan_.input_bytes = input_bytes(graph);
}

/// Pointers are fixed as long as no segment moves; then a run is the calls alone.
void Executable::resolve(State& state, std::span<const void* const> feeds) {
  StateForm& form = lowered_.graph->variables().form();
  if (!state_known_) {
    std::int64_t width = precision_ == NumericPrecision::float64 ? 8 : 4;
    for (Address& address : addresses_) {
      if (address.segment != Address::state) continue;
      address.offset = form.offset(static_cast<VariableId>(address.offset)) * width;
    }
    state_known_ = true;
    std::fill(bases_.begin() + 1, bases_.end(), nullptr);
  }
  bool moved = false;
  auto set = [&](std::size_t segment, const void* base) {
    auto* bytes = static_cast<std::byte*>(const_cast<void*>(base));
    if (bases_[segment] != bytes) moved = true;
    bases_[segment] = bytes;
  };
  set(Address::state, state.mutable_bytes().data());
  set(Address::arena, form.arena().data());
  for (std::size_t i = 0; i < feeds.size(); ++i) set(Address::first_input + i, feeds[i]);
  if (!moved) return;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    pointers_[i] = bases_[static_cast<std::size_t>(addresses_[i].segment)] + addresses_[i].offset;
  }
}

void Executable::check(const State& state) const {
  if (state.variables() != lowered_.graph->shared_variables()) {
    throw ConfigError("the state is of another model's variables", {},
                      "make it of this program's: State state(program.variables());");
  }
  if (state.precision() != state_precision(precision_)) {
    const auto name = [](NumericPrecision precision) {
      return enum_names(precision)[static_cast<std::size_t>(precision)];
    };
    throw ConfigError("the state and the program have different precisions",
                      {{"state", std::string(name(state.precision()))},
                       {"program", std::string(name(precision_))}},
                      "give both the same .precision");
  }
}

void Executable::run(State& state, std::span<const void* const> feeds) {
  assert(feeds.size() == input_types_.size());
  assert(state.precision() == state_precision(precision_));
  assert(state.variables() == lowered_.graph->shared_variables());
  resolve(state, feeds);
  for (const Call& call : calls_) {
    call.kernel->run({pointers_.data() + call.first_input, pointers_.data() + call.first_output,
                      pointers_[static_cast<std::size_t>(call.scratch)]});
  }
}

void Executable::run(State& state, std::span<const void* const> feeds, std::span<double> seconds) {
  assert(seconds.size() == calls_.size());
  resolve(state, feeds);
  auto then = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    const Call& call = calls_[i];
    call.kernel->run({pointers_.data() + call.first_input, pointers_.data() + call.first_output,
                      pointers_[static_cast<std::size_t>(call.scratch)]});
    auto now = std::chrono::steady_clock::now();
    seconds[i] += std::chrono::duration<double>(now - then).count();
    then = now;
  }
}

const void* Executable::output(std::size_t index) const {
  return pointers_[static_cast<std::size_t>(outputs_[index])];
}
const Type& Executable::output_type(std::size_t index) const {
  return lowered_.graph->outputs()[index].value.type();
}

}  // namespace sloy
