// Small pieces of one's own: an activation, an initializer, a regularizer, a constraint, an
// optimizer, a schedule of its learning rate, and a callback. Each works wherever a built-in one
// does, in recipes and model files too, once it is named in CustomTypes.
#include <sloy/sloy.h>

#include <cmath>
#include <cstdio>

using namespace sloy;

/// An activation is a function of values.
Value bent_line(Value x) { return x + 0.5 * absolute(x); }

/// The first numbers of a weight: a chessboard of ± size.
struct Checkerboard {
  double size = 0.3;
  void fill(std::span<float> out, const Shape&, WeightRandom&) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(i % 2 == 0 ? size : -size);
    }
  }
  static void fields(auto&& field) { field("size", &Checkerboard::size); }
};

/// A penalty, which is added to the loss: weights are drawn to whole numbers.
struct TowardsWhole {
  double strength = 1e-3;
  Value call(Value weight) const { return strength * sum(square(weight - floor(weight + 0.5))); }
  static void fields(auto&& field) { field("strength", &TowardsWhole::strength); }
};

/// What a weight has to be after every step.
struct AtMostTwo {
  Value call(Value weight) const { return maximum(minimum(weight, 2), -2); }
  static void fields(auto&&) {}
};

/// A rate that falls with the root of the steps done.
struct RootDecay {
  double first = 0.05;
  Value call(Value step) const { return first * rsqrt(1 + step); }
  static void fields(auto&& field) { field("first", &RootDecay::first); }
};

/// Steps of one size, whatever the gradient's (Bernstein et al. 2018).
struct SignDescent {
  LearningRate learning_rate = 1e-3;
  Value step(OptimizerScope& scope, Value weight, Value gradient) const {
    return weight - scope.learning_rate() * sign(gradient);
  }
  static void fields(auto&& field) { field("learning_rate", &SignDescent::learning_rate); }
};

/// Whatever happens beside the steps: here the worst epoch is remembered.
struct WorstEpoch {
  double loss = 0;
  void on_epoch_end(Run&, const Logs& logs) { loss = std::fmax(loss, logs["loss"]); }
};

int main() {
  Sequential model{Input{2},
                   Dense{.units = 8,
                         .activation = {"bent_line", bent_line},
                         .kernel_initializer = Checkerboard{.size = 0.5},
                         .kernel_regularizer = TowardsWhole{.strength = 1e-4},
                         .kernel_constraint = AtMostTwo{}},
                   Dense{.units = 2}};
  model.compile({.optimizer = SignDescent{.learning_rate = RootDecay{.first = 0.02}},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});

  Callback worst = WorstEpoch{};
  model.fit(data::moons({.size = 400}), {.epochs = 20, .callbacks = {worst}});
  std::printf("worst loss %.3f\n", worst.as<WorstEpoch>()->loss);

  model.save("pieces.safetensors");
  Model loaded = Model::load("pieces.safetensors",
                             {.custom = {.activations = {{"bent_line", bent_line}},
                                         .initializers = {register_initializer<Checkerboard>()},
                                         .regularizers = {register_regularizer<TowardsWhole>()},
                                         .constraints = {register_constraint<AtMostTwo>()}}});
  const double accuracy = loaded.evaluate(data::moons({.size = 200, .seed = 1})).logs["accuracy"];
  std::printf("accuracy on new points %.2f\n", accuracy);
  return accuracy > 0.8 ? 0 : 1;
}
