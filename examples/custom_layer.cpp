// A layer of one's own is a struct with a `call`. It trains, is saved and loaded as any other.
#include <sloy/sloy.h>

#include <cstdio>

using namespace sloy;

/// Takes the square root of a learned, positive multiple of |x| and keeps its sign: large numbers
/// are pressed together.
struct SignedRoot {
  double initial_scale = 1;
  std::string name = {};

  Value call(Scope& scope, Value x) const {
    const Value scale = scope.weight("scale", {x.dim(-1)}, Constant{initial_scale});
    return sign(x) * sqrt(square(scale) * absolute(x) + 1e-6);
  }
  Symbol operator()(const Symbol& x) const { return apply(*this, x); }

  // Listed once: this is what model files, recipes and summaries know of the layer.
  static void fields(auto&& field) {
    field("initial_scale", &SignedRoot::initial_scale);
    field("name", &SignedRoot::name);
  }
};

int main() {
  const data::Dataset data = data::moons({.size = 500});
  auto model =
      Sequential{Input{2}, Dense{.units = 16}, SignedRoot{.initial_scale = 0.5}, Dense{.units = 2}};
  model.compile({.optimizer = Adam{.learning_rate = 0.01},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});
  model.fit(data, {.epochs = 30, .verbose = Verbosity::silent});
  std::printf("%s\naccuracy %.3f\n", model.summary().c_str(),
              model.evaluate(data).logs["accuracy"]);

  model.save("custom_layer.safetensors");
  Model loaded = Model::load("custom_layer.safetensors",
                             {.custom = {.layers = {register_layer<SignedRoot>()}}});
  const Tensor point(Shape{1, 2}, std::vector<float>{0.5f, 0.25f});
  const bool equal = loaded.predict(point) == model.predict(point);
  std::printf("loaded model predicts %s\n", equal ? "the same" : "something else");
  return equal ? 0 : 1;
}
