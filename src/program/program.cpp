#include <sloy/program.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include <sloy/error.h>

#include "base/words.h"
#include "graph/form.h"
#include "graph/interpreter.h"
#include "graph/leaf.h"
#include "passes/bind.h"
#include "passes/lower.h"
#include "program/executable.h"

namespace sloy {
namespace {

/// Stands in for the batch size where only the variables' forms are asked for.
constexpr std::int64_t nominal_batch = 32;

std::string name_of(const Graph& graph, std::size_t input) {
  return OpDefinition<InputAttributes>::as(graph.node(graph.inputs()[input]).attributes).name;
}

/// Whether some batch size makes `shape` fit the symbolic `type`, and that one too where it is
/// known already. Puts it into `batch_size`.
bool fits(const Shape& type, const Shape& shape, std::optional<std::int64_t>& batch_size) {
  if (type.rank() != shape.rank()) return false;
  for (int axis = 0; axis < type.rank(); ++axis) {
    const std::int64_t size = shape.size(axis);
    const Dim& dim = type[axis];
    if (dim.is_symbolic() && !batch_size) batch_size = size / dim.factor();
    if (size != dim.factor() * (dim.is_symbolic() ? *batch_size : 1)) return false;
  }
  return true;
}

void check_count(std::size_t given, std::size_t needed, std::string_view noun) {
  if (given == needed) return;
  throw ShapeError("the program has " + counted(needed, noun) + ", not " + std::to_string(given));
}

std::int64_t batch_of(const Graph& graph, const std::vector<Tensor>& feeds) {
  check_count(feeds.size(), graph.inputs().size(), "input");
  std::optional<std::int64_t> batch_size;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const Shape& type = graph.inputs()[i].shape();
    const std::vector<Note> notes{{"feed", to_string(feeds[i].shape())},
                                  {"input", to_string(type)}};
    if (!fits(type, feeds[i].shape(), batch_size)) {
      throw ShapeError("the feed of input " + name_of(graph, i) + " does not fit", notes);
    }
    if (batch_size == 0) {
      throw ShapeError("the feed of input " + name_of(graph, i) + " has no examples", notes,
                       "feed at least one");
    }
  }
  return batch_size.value_or(1);
}

/// The graph of all outputs and updates.
const Graph& graph_of(const ProgramOptions& options) {
  const Graph& graph =
      options.outputs.empty() ? options.updates[0].value.graph() : options.outputs[0].graph();
  const auto check = [&](Value value, const std::string& what) {
    if (&value.graph() == &graph) return;
    throw ConfigError("compile: values of two graphs are mixed", {{what, to_string(value.type())}},
                      "compile a program for each graph; they run on one State where the graphs "
                      "share their Variables");
  };
  for (Value output : options.outputs) check(output, "output");
  std::set<VariableId> updated;
  for (const auto& [variable, value] : options.updates) {
    const std::string& name = graph.variables()[variable].name;
    check(value, "update of " + name);
    if (updated.insert(variable).second) continue;
    throw ConfigError("compile: the variable " + name + " has two updates", {},
                      "make one of them; Graph::update adds to the update so far");
  }
  return graph;
}

void check_batch_size(std::int64_t size, std::int64_t least) {
  if (size >= least) return;
  throw ConfigError("batch_size must be " + std::to_string(least) + " or more, not " +
                    std::to_string(size));
}

/// A feed in the dtype the program reads. Integers stand for floats, never the other way round.
Tensor converted(const Graph& graph, std::size_t input, const Tensor& feed,
                 NumericPrecision precision) {
  DType wanted = graph.inputs()[input].dtype();
  if (!is_float(wanted) && feed.dtype() != wanted) {
    throw ShapeError(
        "the feed of input " + name_of(graph, input) + " has another dtype",
        {{"feed", to_string(feed.type())}, {"input", to_string(graph.inputs()[input].type())}});
  }
  if (wanted == DType::float32 && precision == NumericPrecision::float64) wanted = DType::float64;
  return feed.dtype() == wanted ? feed : feed.cast(wanted);
}

void check_passes(const std::vector<std::string>& without) {
  auto names = pass_names();
  for (const std::string& name : without) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string known;
    for (std::string_view other : names) known += (known.empty() ? "" : ", ") + std::string(other);
    throw ConfigError("there is no pass named " + name, {{"passes", known}});
  }
}

}  // namespace

struct Program::Impl {
  std::unique_ptr<Graph> graph;  ///< with the batch open
  ExecutableOptions options;
  std::int64_t batch_size = 0;
  bool has_batch = false;  ///< whether any feed has a batch dimension
  std::map<std::int64_t, std::unique_ptr<Executable>> executables;

  Executable& at(std::int64_t size) {
    if (!has_batch) size = 1;
    auto& executable = executables[size];
    if (!executable) {
      std::vector<Value> outputs;
      for (const Graph::Output& output : graph->outputs()) outputs.push_back(output.value);
      executable = std::make_unique<Executable>(bind_batch(*graph, outputs, graph->updates(), size),
                                                options);
    }
    return *executable;
  }
};

Program compile(ProgramOptions options) {
  check_passes(options.without);
  if (options.outputs.empty() && options.updates.empty()) {
    throw ConfigError("a program needs an output or an update");
  }
  if (options.backend == BackendKind::cpu && options.precision == NumericPrecision::float64) {
    throw ConfigError("float64 runs on the reference backend alone", {},
                      "use .backend = BackendKind::reference");
  }
  check_batch_size(options.batch_size, 0);
  const Graph& graph = graph_of(options);
  Program program;
  program.impl_ = std::make_shared<Program::Impl>();
  program.impl_->graph = bind_batch(graph, options.outputs, options.updates, -1);
  program.impl_->options = {.backend = options.backend,
                            .precision = options.precision,
                            .convolution = options.convolution,
                            .tuning = options.tuning,
                            .memory_limit = options.memory_limit,
                            .without = options.without};
  program.impl_->batch_size = options.batch_size;
  for (Value input : program.impl_->graph->inputs()) {
    if (input.shape().is_symbolic()) program.impl_->has_batch = true;
  }
  try {
    program.impl_->at(options.batch_size > 0 ? options.batch_size : nominal_batch);
  } catch (const MemoryLimitError&) {
    // By now the forms are chosen, and the batches that are met may be smaller.
    if (options.batch_size > 0) throw;
  }
  return program;
}

Results Program::run(State& state, const std::vector<Tensor>& feeds) const {
  const Graph& graph = *impl().graph;
  std::int64_t batch_size = batch_of(graph, feeds);
  Executable& step = impl_->at(batch_size);
  step.check(state);
  std::vector<Tensor> held;
  std::vector<const void*> pointers;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    held.push_back(converted(graph, i, feeds[i], impl_->options.precision));
    pointers.push_back(held.back().data());
  }
  step.run(state, pointers);
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < step.outputs(); ++i) {
    Type type = step.output_type(i);
    if (type.dtype == DType::float32 && impl_->options.precision == NumericPrecision::float64) {
      type.dtype = DType::float64;
    }
    Tensor tensor(type.dtype, type.shape);
    std::memcpy(tensor.mutable_data(), step.output(i), tensor.bytes());
    results.push_back(std::move(tensor));
  }
  return Results(std::move(results));
}

Program::Impl& Program::impl() const {
  if (!impl_) throw ConfigError("the program is empty", {}, "make it with compile");
  return *impl_;
}

const std::shared_ptr<Variables>& Program::variables() const& {
  return impl().graph->shared_variables();
}

Executable& Program::executable(std::int64_t batch_size) const& {
  check_batch_size(batch_size, 1);
  return impl().at(batch_size);
}

Step Program::step(std::int64_t batch_size) const& { return Step(executable(batch_size)); }

void Step::run(State& state, std::span<const void* const> feeds) const {
  executable_->check(state);
  check_count(feeds.size(), input_types().size(), "input");
  executable_->run(state, feeds);
}
void Step::run(State& state, std::span<const void* const> feeds, std::span<double> seconds) const {
  executable_->check(state);
  check_count(feeds.size(), input_types().size(), "input");
  check_count(seconds.size(), plan().steps.size(), "step");
  executable_->run(state, feeds, seconds);
}
const void* Step::output(std::size_t index) const { return executable_->output(index); }
const Type& Step::output_type(std::size_t index) const { return executable_->output_type(index); }
const std::vector<Type>& Step::input_types() const { return executable_->input_types(); }
const Plan& Step::plan() const { return executable_->plan(); }

const Plan& Program::plan(std::int64_t batch_size) const& {
  check_batch_size(batch_size, 0);
  std::int64_t size = batch_size > 0 ? batch_size : impl().batch_size;
  return impl().at(size > 0 ? size : nominal_batch).plan();
}

Tensor evaluate(Value value, const std::vector<Tensor>& feeds, NumericPrecision precision) {
  if (precision == NumericPrecision::mixed_bfloat16) {
    throw ConfigError("a value is evaluated in float32 or float64, not in mixed_bfloat16", {},
                      "compile a program to see what mixed_bfloat16 computes");
  }
  std::int64_t batch_size = feeds.empty() ? 1 : batch_of(value.graph(), feeds);
  auto graph = bind_batch(value.graph(), std::span(&value, 1), {}, batch_size);
  std::vector<Tensor> given;
  for (std::size_t i = 0; i < graph->inputs().size(); ++i) {
    given.push_back(i < feeds.size()
                        ? converted(value.graph(), i, feeds[i], precision)
                        : Tensor(graph->inputs()[i].dtype(), graph->inputs()[i].shape()));
  }
  auto initial = [&](VariableId id) {
    const Variable& variable = graph->variables()[id];
    return variable.initial ? variable.initial(0)
                            : Tensor(variable.type.dtype, variable.type.shape);
  };
  return interpret(*graph, given, initial, precision).outputs[0];
}

}  // namespace sloy
