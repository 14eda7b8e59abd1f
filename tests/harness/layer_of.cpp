#include "harness/layer_of.h"

namespace sloy::harness {

LayerOf::LayerOf(const Layer& layer, const Shape& input, bool training)
    : build(graph, training), scope(Scope(build).enter("layer")) {
  x = graph.input("x", {DType::float32, input.with_first(batch)});
  y = layer.call(scope, std::array{x}).front();
}

Value LayerOf::weight(const std::string& name) {
  return graph.variable(graph.variables().find("layer/" + name));
}

Tensor LayerOf::evaluate(Value value, const Tensor& input) const {
  const Program program = compile({.outputs = {value},
                                   .backend = BackendKind::reference,
                                   .precision = NumericPrecision::float64});
  State state(program.variables(), {.precision = NumericPrecision::float64});
  for (const auto& [name, numbers] : given_) {
    state.set(state.variables()->find("layer/" + name), numbers);
  }
  return program.run(state, {input})[0];
}

Tensor apply_layer(const Layer& layer, const Tensor& input, bool training) {
  return LayerOf(layer, input.shape(), training)(input);
}

testing::AssertionResult is_as_in(const Golden& golden, const Golden::Case& of, const Layer& layer,
                                  const std::vector<std::string>& weights,
                                  const Comparison& comparison) {
  const Tensor input = golden.tensor(of, "x");
  LayerOf made(layer, input.shape(), true);
  const Value dy = made.graph.input("dy", made.y.type());
  std::vector<Value> with_respect_to{made.x};
  std::vector<std::string> names{"y", "dx"};
  for (const std::string& weight : weights) {
    with_respect_to.push_back(made.weight(weight));
    names.push_back("d" + weight);
  }
  std::vector<Value> outputs{made.y};
  for (Value slope : gradient(sum(made.y * dy), with_respect_to)) outputs.push_back(slope);
  const Program program = compile(
      {.outputs = outputs, .backend = comparison.backend, .precision = comparison.precision});
  State state(program.variables(), {.precision = comparison.precision});
  for (const std::string& weight : weights) {
    state.set(state.variables()->find("layer/" + weight), golden.tensor(of, weight));
  }
  const Results results = program.run(state, {input, golden.tensor(of, "dy")});
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Tensor expected = golden.tensor(of, names[i]);
    const auto result = comparison.precision == NumericPrecision::float64
                            ? close(results[i], expected, comparison.tolerance)
                            : within(results[i], expected, comparison.tolerance);
    if (!result)
      return testing::AssertionResult(result) << " (" << of.name << ' ' << names[i] << ')';
  }
  return testing::AssertionSuccess();
}

}  // namespace sloy::harness
