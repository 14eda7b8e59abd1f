// Losses against PyTorch, or Keras's formulas written out in its tensors.

#include <gtest/gtest.h>
#include <sloy/losses.h>

#include <map>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Comparison;
using harness::Computation;
using harness::exact;
using harness::Golden;
using harness::within;

/// The type of a case's loss. Its attributes are the arguments.
const std::map<std::string_view, std::string> types{
    {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"},
    {"smoothed_sparse", "SparseCategoricalCrossentropy"},
    {"smoothed_sparse_probabilities", "SparseCategoricalCrossentropy"},
    {"categorical_crossentropy", "CategoricalCrossentropy"},
    {"binary_crossentropy", "BinaryCrossentropy"},
    {"kl_divergence", "KLDivergence"},
    {"exact_kl_divergence", "KLDivergence"},
    {"binary_focal_crossentropy", "BinaryFocalCrossentropy"},
    {"categorical_focal_crossentropy", "CategoricalFocalCrossentropy"},
    {"mean_squared_error", "MeanSquaredError"},
    {"mean_absolute_error", "MeanAbsoluteError"},
    {"huber", "Huber"},
    {"log_cosh", "LogCosh"},
    {"mean_absolute_percentage_error", "MeanAbsolutePercentageError"},
    {"mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"},
    {"cosine_similarity", "CosineSimilarity"},
    {"poisson", "Poisson"},
    {"hinge", "Hinge"},
    {"squared_hinge", "SquaredHinge"},
    {"categorical_hinge", "CategoricalHinge"},
};

Loss loss_of(const Golden::Case& of) {
  Config::Map config{{"type", types.at(of.op())}};
  for (const auto& [name, value] : of.attributes.as_map()) {
    if (name != "name" && name != "op") config.emplace_back(name, value);
  }
  if (of.op() == "smoothed_sparse") config.emplace_back("from_logits", true);
  return loss_from_config(config);
}

class GoldenLoss : public testing::TestWithParam<Comparison> {};

TEST_P(GoldenLoss, ValuesAndGradientsAreKeras) {
  const Comparison& comparison = GetParam();
  const Golden golden("losses");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() == "penalty") continue;
    // In float the bound 1 − 1e-7 is 1 − 2⁻²³, and log(1 − p) another number there.
    const bool is_float = comparison.precision == NumericPrecision::float32;
    if (is_float && of.op() == "binary_crossentropy" && of.name.ends_with("certain")) continue;
    Computation computation;
    const Value target = computation.feed(golden.tensor(of, "target"));
    const Value prediction = computation.feed(golden.tensor(of, "prediction"));
    const Loss loss = loss_of(of);
    const Value mean = loss(target, prediction);
    const auto results = computation.run(
        {loss.call(target, prediction), mean, gradient(mean, std::vector{prediction})[0]},
        comparison);
    std::size_t i = 0;
    for (const char* name : {"each", "loss", "dprediction"}) {
      const Tensor& found = results[i++];
      const Tensor expected = golden.tensor(of, name);
      EXPECT_TRUE(is_float ? within(found, expected, comparison.tolerance)
                           : close(found, expected, comparison.tolerance))
          << of.name << " " << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(By, GoldenLoss,
                         testing::Values(exact, Comparison{BackendKind::cpu,
                                                           NumericPrecision::float32, 1e-5}),
                         [](const auto& instance) {
                           const bool is_exact =
                               instance.param.precision == NumericPrecision::float64;
                           return std::string(is_exact ? "Double" : "Float");
                         });

}  // namespace
}  // namespace sloy
