/// Trains every architecture of the zoo, or those named, for a few steps on one batch of noise, and
/// prints what they took: run by scripts/zoo-steps.
#include <sloy/sloy.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>

#include "zoo/zoo.h"

namespace {

using namespace sloy;

/// Noise of an example's type, the same each time.
Tensor noise(const Type& example, std::int64_t count) {
  Shape shape{count};
  for (const Dim& dim : example.shape) shape.push_back(dim);
  Tensor tensor(DType::float32, shape);
  WeightRandom(1, "noise").uniform(tensor.mutable_values<float>(), 0, 1);
  return tensor;
}

/// Whether the loss fell.
bool train(const zoo::Entry& entry) {
  Model model = entry.make();
  const Shape input = model.input_types()[0].shape, output = model.output_types()[0].shape;
  const bool gives_back = output == input;
  const std::int64_t count = input.without(0).size() > 100'000 ? 2 : 16;
  const Tensor features = noise({DType::float32, input.without(0)}, count);
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(static_cast<std::int32_t>(i % 7));
  const data::Dataset data = gives_back ? data::from_tensors(features, features)
                                        : data::from_tensors(features, Tensor({count}, labels));
  model.compile({.optimizer = SGD{.learning_rate = 1e-3, .momentum = 0.9},
                 .loss = gives_back ? Loss(BinaryCrossentropy{.from_logits = true})
                                    : Loss(SparseCategoricalCrossentropy{.from_logits = true})});
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const History history = model.fit(
      data, {.epochs = 8, .batch_size = count, .shuffle = false, .verbose = Verbosity::silent});
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  const std::vector<double> losses = history["loss"];
  const bool fell = std::isfinite(losses.back()) && losses.back() < losses.front();
  std::printf("| %s | %lld | %lld | %.4f → %.4f | %.1f |%s\n", entry.name.c_str(),
              static_cast<long long>(entry.parameters), static_cast<long long>(count),
              losses.front(), losses.back(), seconds, fell ? "" : " did not fall");
  std::fflush(stdout);
  return fell;
}

}  // namespace

int main(int argc, char** argv) {
  const std::set<std::string> wanted(argv + 1, argv + argc);
  std::printf("| | parameters | batch | loss, first → eighth step | seconds in all |\n");
  std::printf("|---|---|---|---|---|\n");
  bool all = true;
  for (const zoo::Entry& entry : zoo::entries()) {
    if (wanted.empty() || wanted.contains(entry.name)) all = train(entry) && all;
  }
  return all ? 0 : 1;
}
