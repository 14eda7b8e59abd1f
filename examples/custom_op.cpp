// An op of one's own: its shape rule, its gradient and its kernel, as the built-in ops have them.
// It runs in fit, plan and profile like theirs.
#include <sloy/op.h>
#include <sloy/sloy.h>

#include <cmath>
#include <cstdio>

using namespace sloy;

namespace {

/// Attributes: what the op is given beside its inputs.
struct Softsign {
  double width = 1;
  bool operator==(const Softsign&) const = default;
  static void fields(auto&& field) { field("width", &Softsign::width); }
};

/// The shape rule: what the result is, or a ShapeError.
std::vector<Type> infer(const Softsign&, Operands operands) { return {operands[0]}; }

/// y′ = (1 − |y|)² / width. A gradient rule writes graph, so it can be differentiated again.
std::vector<Value> softsign_gradient(const Softsign& softsign, const Backward& backward) {
  const Value y = backward.output();
  return {backward.output_gradient() * square(1.0 - absolute(y)) / softsign.width};
}

/// The kernel, in float and for the reference backend in double.
template <class T>
void reference(const Softsign& softsign, const Buffers& buffers) {
  const auto x = buffers.input<T>();
  const auto y = buffers.output<T>();
  const T width = static_cast<T>(softsign.width);
  for (std::int64_t i = 0; i < x.size(); ++i) y[i] = x[i] / (width + std::abs(x[i]));
}

constinit const OpDefinition<Softsign> softsign_op{OpRules<Softsign>{
    .name = "softsign",
    .infer = infer,
    .gradient = softsign_gradient,
    .reference = OpRules<Softsign>::References{reference<float>, reference<double>},
    .formula = "y = x / (width + |x|)"}};

Value narrow_softsign(Value x) { return softsign_op({.width = 0.5}, {x}).front(); }

}  // namespace

int main() {
  // The gradient rule against a difference quotient, in double.
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {batch, 1}});
  const Value y = narrow_softsign(x);
  const Value dx = gradient(y, std::array{x}).front();
  const auto at = [&](Value value, double point) {
    return evaluate(value, {Tensor(Shape{1, 1}, std::vector{point})}, NumericPrecision::float64)
        .item();
  };
  const double slope = (at(y, 0.7 + 1e-6) - at(y, 0.7 - 1e-6)) / 2e-6;
  std::printf("derivative at 0.7: %.6f by rule, %.6f by differences\n", at(dx, 0.7), slope);
  if (std::abs(at(dx, 0.7) - slope) > 1e-6) return 1;

  // A function of one value is an activation.
  const data::Dataset data = data::moons({.size = 400});
  auto model =
      Sequential{Input{2}, Dense{.units = 16, .activation = narrow_softsign}, Dense{.units = 2}};
  model.compile({.optimizer = Adam{.learning_rate = 0.05},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});
  model.fit(data, {.epochs = 30, .verbose = Verbosity::silent});
  const double accuracy = model.evaluate(data).logs["accuracy"];
  std::printf("accuracy on two moons %.3f\n", accuracy);
  return accuracy > 0.95 ? 0 : 1;
}
