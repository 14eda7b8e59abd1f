#include <fmt/format.h>
#include <sloy/minimize.h>
#include <sloy/program.h>

namespace sloy {
namespace {

void check(const std::vector<double>& start, const Optimizer& optimizer, int steps) {
  if (start.empty()) throw ConfigError("there is no number to start from");
  if (steps < 0) {
    throw ConfigError(fmt::format("there can't be {} steps", steps), {}, "give 0 or more");
  }
  if (optimizer.options().gradient_accumulation_steps > 1) {
    throw ConfigError("a function has no batches whose gradients could be accumulated", {},
                      "leave gradient_accumulation_steps out");
  }
}

}  // namespace

Descent minimize(const Objective& function, const std::vector<double>& start,
                 const Optimizer& optimizer, int steps) {
  check(start, optimizer, steps);
  Graph graph;
  const auto size = static_cast<std::int64_t>(start.size());
  const VariableId id = graph.variables().add({.name = "w", .type = {DType::float32, {size}}});
  std::vector<Value> numbers;
  for (std::int64_t i = 0; i < size; ++i) {
    numbers.push_back(reshape(slice(graph.variable(id), 0, i, i + 1), {}));
  }
  const Value value = function(numbers);
  const Program step = compile({.outputs = {value},
                                .updates = optimizer.minimize(value),
                                .backend = BackendKind::reference,
                                .precision = NumericPrecision::float64});
  const Program look = compile({.outputs = {value},
                                .backend = BackendKind::reference,
                                .precision = NumericPrecision::float64});
  State state(step.variables(), {.precision = NumericPrecision::float64});
  state.set(id, Tensor({size}, start));

  Descent descent;
  const auto note_point = [&] {
    const Tensor point = state.get(id);
    const std::span<const double> at = point.values<double>();
    descent.points.emplace_back(at.begin(), at.end());
  };
  note_point();
  for (int i = 0; i < steps; ++i) {
    descent.values.push_back(step.run(state, {})[0].item());
    note_point();
  }
  descent.values.push_back(look.run(state, {})[0].item());
  return descent;
}

}  // namespace sloy
