#include <fmt/format.h>
#include <sloy/ops.h>
#include <sloy/scope.h>

#include <algorithm>

#include "tensor/random.h"

namespace sloy {
namespace {

/// The seed of a run's random ops, as two int32.
Tensor seed_words(std::uint64_t seed) {
  return Tensor(Shape{2}, std::vector<std::int32_t>{static_cast<std::int32_t>(seed),
                                                    static_cast<std::int32_t>(seed >> 32)});
}

/// Calls what an initializer, regularizer or constraint does; its errors say for which weight.
template <class Rule>
auto for_weight(const std::string& weight, Rule rule) {
  try {
    return rule();
  } catch (Error& error) {
    error.add({"weight", weight});
    throw;
  }
}

/// What the optimizer ends a step of this weight with. Throws ShapeError where that is none of the
/// weight's values any more.
Value after_step(const std::string& path, const Regularizer& regularizer,
                 const Constraint& constraint, Value weight, Value rate) {
  const Type type = weight.type();
  const auto check = [&](Value result, std::string_view rule) {
    if (result.type() == type) return;
    throw ShapeError(fmt::format("the {} of {} gives another type than the weight's", rule, path),
                     {{"weight", to_string(type)}, {"it gives", to_string(result.type())}},
                     "keep the shape: reductions take .keep_dims = true");
  };
  return for_weight(path, [&] {
    if (regularizer) {
      weight = regularizer.proximal_step(weight, rate);
      check(weight, "regularizer's proximal_step");
    }
    if (constraint) {
      weight = constraint(weight);
      check(weight, "constraint");
    }
    return weight;
  });
}

/// The regularizer's part of the loss. Throws ShapeError where it is no single number.
Value penalty_of(const std::string& path, const Regularizer& regularizer, Value weight) {
  const Value penalty = for_weight(path, [&] { return regularizer(weight); });
  if (penalty.rank() == 0) return penalty;
  throw ShapeError(fmt::format("the regularizer of {} must give one number", path),
                   {{"it gives", to_string(penalty.type())}}, "return its sum, or its mean");
}

}  // namespace

Build::Build(Graph& graph, bool training) : graph_(graph), training_(training) {
  Variables& variables = graph.variables();
  if (variables.find(seed_variable) < 0) {
    variables.add({.name = std::string(seed_variable),
                   .type = {DType::int32, {2}},
                   .role = Role::scalar,
                   .initial = seed_words,
                   .trainable = false});
  }
  if (variables.find(step_variable) < 0) {
    variables.add({.name = std::string(step_variable),
                   .type = {DType::int32, {}},
                   .role = Role::scalar,
                   .initial = {},
                   .trainable = false});
  }
}

Scope::Scope(Build& build) : build_(&build) {}

Scope Scope::enter(std::string_view name, int call, bool trainable) const {
  Scope inner = *this;
  const auto joined = [&](const std::string& path) {
    return path.empty() ? std::string(name) : fmt::format("{}/{}", path, name);
  };
  inner.path_ = joined(path_);
  // The numbers of the calls around it are part of the random path, its own call is apart.
  inner.random_path_ =
      joined(call_ == 0 ? random_path_ : fmt::format("{}#{}", random_path_, call_));
  inner.call_ = call;
  inner.trainable_ = trainable_ && trainable;
  return inner;
}

VariableId Scope::variable(std::string_view name, const Shape& shape,
                           const Initializer& initializer, Role role) {
  Variables& variables = graph().variables();
  const std::string full = path_.empty() ? std::string(name) : fmt::format("{}/{}", path_, name);
  const VariableId found = variables.find(full);
  if (found >= 0) {
    if (variables[found].type.shape != shape) {
      throw ShapeError(
          fmt::format("{} does not fit this input", full),
          {{"it has", to_string(variables[found].type.shape)}, {"needed", to_string(shape)}},
          "feed the shape the weights were made for, or use a layer of its own");
    }
    return found;
  }
  for (const Dim& dim : shape) {
    if (dim.is_symbolic() || dim.size() < 1) {
      throw ShapeError(fmt::format("{} can't have the shape {}", full, to_string(shape)), {},
                       "give every size of the layer a number of 1 or more");
    }
  }
  return variables.add({.name = full,
                        .type = {DType::float32, shape},
                        .role = role,
                        .initial =
                            [initializer, shape, full](std::uint64_t seed) {
                              return for_weight(full,
                                                [&] { return initializer(shape, seed, full); });
                            },
                        .trainable = role == Role::parameter && trainable_});
}

Value Scope::weight(std::string_view name, Shape shape, const Initializer& initializer,
                    const Regularizer& regularizer, const Constraint& constraint) {
  const VariableId id = variable(name, shape, initializer, Role::parameter);
  if (regularizer || constraint) {
    graph().variables()[id].after_update =
        [regularizer, constraint, path = graph().variables()[id].name](Value updated, Value rate) {
          return after_step(path, regularizer, constraint, updated, rate);
        };
  }
  const Value value = graph().variable(id);
  auto& regularized = build_->regularized_;
  const bool first = std::find(regularized.begin(), regularized.end(), id) == regularized.end();
  if (regularizer && trainable_ && first) {
    regularized.push_back(id);
    build_->add_loss(penalty_of(graph().variables()[id].name, regularizer, value));
  }
  return value;
}

Value Scope::statistic(std::string_view name, Shape shape, const Initializer& initializer) {
  return graph().variable(variable(name, shape, initializer, Role::statistic));
}

void Scope::update(std::string_view name, const std::function<Value(Value)>& f) {
  if (!training() || !trainable_) return;
  const VariableId id = graph().variables().find(fmt::format("{}/{}", path_, name));
  assert(id >= 0 && "a statistic is asked for before it is updated");
  graph().update(id, f);
}

void Scope::measure(std::string_view mean, std::string_view variance, Value x,
                    std::vector<int> axes, MeasureOptions options) {
  if (!build_->measures_ || training() || !trainable_) return;
  const auto id = [&](std::string_view name) {
    const VariableId found = graph().variables().find(fmt::format("{}/{}", path_, name));
    assert(found >= 0 && "a statistic is asked for before it is measured");
    return found;
  };
  const Moments seen = moments(x, axes);
  build_->measured_.push_back(
      {id(mean), id(variance), seen.mean, seen.variance, count(x, axes), options.unbiased});
}

std::uint32_t Scope::stream() const {
  return static_cast<std::uint32_t>(stream_of(random_path_, static_cast<std::uint64_t>(call_)));
}

Value Scope::random_uniform(Shape shape, std::uint32_t purpose) {
  Variables& variables = graph().variables();
  return sloy::random_uniform(graph().variable(variables.find(seed_variable)),
                              graph().variable(variables.find(step_variable)),
                              {.shape = shape, .purpose = purpose, .stream = stream()});
}

Value Scope::random_normal(Shape shape, std::uint32_t purpose) {
  Variables& variables = graph().variables();
  return sloy::random_normal(graph().variable(variables.find(seed_variable)),
                             graph().variable(variables.find(step_variable)),
                             {.shape = shape, .purpose = purpose, .stream = stream()});
}

}  // namespace sloy
