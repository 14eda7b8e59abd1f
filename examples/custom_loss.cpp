// A loss and a metric of one's own are structs with a `call` that writes graph; the gradient
// follows from the graph.
#include <sloy/sloy.h>

#include <cstdio>

using namespace sloy;

/// Errors below the median weigh `quantile`, those above 1 − quantile: what is learned is the
/// quantile of the target, not its mean.
struct QuantileLoss {
  double quantile = 0.5;

  Value call(Value target, Value prediction) const {
    const Value error = target - prediction;
    return mean(maximum(quantile * error, (quantile - 1.0) * error), {.axes = {-1}});
  }
  static void fields(auto&& field) { field("quantile", &QuantileLoss::quantile); }
};

/// The share of targets that are below the prediction.
struct ShareBelow {
  Value call(Value target, Value prediction) const { return less(target, prediction); }
};

int main() {
  // x is uniform, the target is x plus noise: its 0.9 quantile lies 1.28 deviations above x.
  const data::Dataset data = data::plane({.size = 2000, .noise = 0.2});
  auto model = Sequential{Input{2}, Dense{.units = 1}};
  model.compile({.optimizer = Adam{.learning_rate = 0.02},
                 .loss = QuantileLoss{.quantile = 0.9},
                 .metrics = {ShareBelow{}}});
  model.fit(data, {.epochs = 40, .verbose = Verbosity::silent});
  // The file names both; whoever loads it says what they are.
  model.save("custom_loss.safetensors");
  Model loaded = Model::load("custom_loss.safetensors",
                             {.custom = {.losses = {register_loss<QuantileLoss>()},
                                         .metrics = {register_metric<ShareBelow>()}}});
  const double share = loaded.evaluate(data).logs["share_below"];
  std::printf("%.3f of the targets are below the predicted 0.9 quantile\n", share);
  return share > 0.87 && share < 0.93 ? 0 : 1;
}
