// Training without fit: write the graph, compile it, run it as often as you like.
#include <sloy/sloy.h>

#include <algorithm>
#include <cstdio>

using namespace sloy;

int main() {
  auto net = Sequential{
      Input{2}, Dense{.units = 16, .activation = tanh, .kernel_regularizer = L2{.l2 = 1e-5}},
      Dropout{.rate = 0.1}, Dense{.units = 1}};

  // The graph of a step: what is fed, the net in its training form, the loss and the penalties that
  // layers ask for.
  Graph graph;
  Build build(graph, /*training=*/true);
  const Value x = graph.input("x", {DType::float32, {batch, 2}});
  const Value target = graph.input("target", {DType::float32, {batch, 1}});
  Value loss = MeanSquaredError{}(target, net(build, x));
  for (const Value penalty : build.losses()) loss = loss + penalty;

  // minimize writes gradients and updates into the same graph; compile makes it a program.
  const SGD sgd{.learning_rate = 0.1, .momentum = 0.9};
  const auto step = compile({.outputs = {loss}, .updates = sgd.minimize(loss)});
  // First weights follow from the seed; of a net that was trained or loaded they are its own.
  State state(step.variables(), {.seed = 1});

  const data::Dataset data = data::plane({.size = 64, .noise = 0});
  Tensor features(DType::float32, {64, 2}), targets(DType::float32, {64, 1});
  for (std::int64_t i = 0; i < 64; ++i) {
    const auto place = static_cast<std::size_t>(i);
    const data::Example point = data[i];
    std::ranges::copy(point.features[0].values<float>(),
                      features.mutable_values<float>().subspan(2 * place).begin());
    targets.mutable_values<float>()[place] = point.targets[0].values<float>()[0];
  }

  double first = 0, last = 0;
  for (int i = 0; i < 300; ++i) {
    const auto [found] = step.run(state, {features, targets});
    last = found.item();
    if (i == 0) first = last;
  }
  // What was learned becomes the net's, which predicts and is saved from then on.
  net.set_weights(state);
  const double guess = net.predict(features).values<float>()[0];
  std::printf("loss %.4f, after 300 steps %.4f; the first point is %.2f, predicted as %.2f\n",
              first, last, targets.values<float>()[0], guess);
  return last < 0.1 * first ? 0 : 1;
}
