#include <sloy/program.h>

#include <algorithm>
#include <cstring>
#include <map>

#include <sloy/error.h>

#include "base/words.h"
#include "graph/form.h"
#include "graph/interpreter.h"
#include "graph/leaf.h"
#include "passes/bind.h"
#include "program/executable.h"

namespace sloy {
namespace {

/// Stands in for the batch size where only the variables' forms are asked for.
constexpr std::int64_t nominal_batch = 32;

std::string name_of(const Graph& graph, std::size_t input) {
  return OpDefinition<InputAttributes>::as(graph.node(graph.inputs()[input]).attributes).name;
}

/// The batch size that makes `shape` fit the symbolic `type`; -1 where none does.
std::int64_t batch_of(const Shape& type, const Shape& shape) {
  if (type.rank() != shape.rank()) return -1;
  std::int64_t batch_size = 0;  // not yet known
  for (int axis = 0; axis < type.rank(); ++axis) {
    std::int64_t size = shape.size(axis);
    const Dim& dim = type[axis];
    if (!dim.is_symbolic()) {
      if (dim.factor() != size) return -1;
      continue;
    }
    if (size % dim.factor() != 0) return -1;
    if (batch_size != 0 && size != dim.factor() * batch_size) return -1;
    batch_size = size / dim.factor();
  }
  return batch_size;
}

std::int64_t batch_of(const Graph& graph, const std::vector<Tensor>& feeds) {
  if (feeds.size() != graph.inputs().size()) {
    throw ShapeError("the program has " + counted(graph.inputs().size(), "input") + ", not " +
                     std::to_string(feeds.size()));
  }
  std::int64_t batch_size = 0;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const Shape& type = graph.inputs()[i].shape();
    std::int64_t here = batch_of(type, feeds[i].shape());
    if (here < 0 || (here > 0 && batch_size > 0 && here != batch_size)) {
      throw ShapeError("the feed of input " + name_of(graph, i) + " does not fit",
                       {{"feed", to_string(feeds[i].shape())}, {"input", to_string(type)}});
    }
    if (here > 0) batch_size = here;
  }
  return std::max<std::int64_t>(batch_size, 1);
}

/// A feed in the dtype the program reads. Integers stand for floats, never the other way round.
Tensor converted(const Graph& graph, std::size_t input, const Tensor& feed, Precision precision) {
  DType wanted = graph.inputs()[input].dtype();
  if (!is_float(wanted) && feed.dtype() != wanted) {
    throw ShapeError(
        "the feed of input " + name_of(graph, input) + " has another dtype",
        {{"feed", to_string(feed.type())}, {"input", to_string(graph.inputs()[input].type())}});
  }
  if (wanted == DType::float32 && precision == Precision::float64) wanted = DType::float64;
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
  if (options.backend == BackendKind::cpu && options.precision == Precision::float64) {
    throw ConfigError("float64 runs on the reference backend alone", {},
                      "use .backend = BackendKind::reference");
  }
  const Graph& graph =
      options.outputs.empty() ? options.updates[0].value.graph() : options.outputs[0].graph();
  Program program;
  program.impl_ = std::make_shared<Program::Impl>();
  program.impl_->graph = bind_batch(graph, options.outputs, options.updates, -1);
  program.impl_->options = {options.backend, options.precision, options.convolution,
                            options.without};
  program.impl_->batch_size = options.batch_size;
  for (Value input : program.impl_->graph->inputs()) {
    if (input.shape().is_symbolic()) program.impl_->has_batch = true;
  }
  program.impl_->at(options.batch_size > 0 ? options.batch_size : nominal_batch);
  return program;
}

Results Program::run(State& state, const std::vector<Tensor>& feeds) const {
  const Graph& graph = *impl_->graph;
  std::int64_t batch_size = batch_of(graph, feeds);
  Executable& step = impl_->at(batch_size);
  if (state.precision() != impl_->options.precision) {
    throw ConfigError("the state and the program have different precisions");
  }
  if (state.variables() != graph.shared_variables()) {
    throw ConfigError("the state is of another model's variables");
  }
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
    if (type.dtype == DType::float32 && impl_->options.precision == Precision::float64) {
      type.dtype = DType::float64;
    }
    Tensor tensor(type.dtype, type.shape);
    std::memcpy(tensor.mutable_data(), step.output(i), tensor.bytes());
    results.push_back(std::move(tensor));
  }
  return Results(std::move(results));
}

const std::shared_ptr<Variables>& Program::variables() const& {
  return impl_->graph->shared_variables();
}

Executable& Program::executable(std::int64_t batch_size) const& { return impl_->at(batch_size); }

Step Program::step(std::int64_t batch_size) const& { return Step(impl_->at(batch_size)); }

void Step::run(State& state, std::span<const void* const> feeds) const {
  executable_->run(state, feeds);
}
void Step::run(State& state, std::span<const void* const> feeds, std::span<double> seconds) const {
  executable_->run(state, feeds, seconds);
}
const void* Step::output(std::size_t index) const { return executable_->output(index); }
const Type& Step::output_type(std::size_t index) const { return executable_->output_type(index); }
const std::vector<Type>& Step::input_types() const { return executable_->input_types(); }
const Plan& Step::plan() const { return executable_->plan(); }

const Plan& Program::plan(std::int64_t batch_size) const& {
  std::int64_t size = batch_size > 0 ? batch_size : impl_->batch_size;
  return impl_->at(size > 0 ? size : nominal_batch).plan();
}

Tensor evaluate(Value value, const std::vector<Tensor>& feeds, Precision precision) {
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
