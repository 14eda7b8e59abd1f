// Metrics against Keras's: classes without members, classes never predicted, ties, one class only.

#include <gtest/gtest.h>
#include <sloy/metrics.h>

#include <algorithm>
#include <cmath>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::Computation;
using harness::exact;
using harness::Golden;

Metric metric_of(const Golden::Case& of) {
  Config config = Config::Map{{"type", std::string(of.op())}};
  for (const auto& [key, value] : of.attributes.as_map()) {
    if (key != "op" && key != "name") config[key] = value;
  }
  return metric_from_config(config);
}

TEST(GoldenMetrics, AreKeras) {
  const Golden golden("metrics");
  ASSERT_GT(golden.cases().size(), 80u);
  for (const Golden::Case& of : golden.cases()) {
    SCOPED_TRACE(of.name);
    const Metric metric = metric_of(of);
    Computation computation;
    MetricInput input{.target = computation.feed(golden.tensor(of, "target")),
                      .prediction = computation.feed(golden.tensor(of, "prediction")),
                      .kind = Prediction::probabilities};
    if (golden.has(of, "weight")) input.weight = computation.feed(golden.tensor(of, "weight"));
    std::vector<std::vector<double>> sums;
    for (const Tensor& sum : computation.run(metric.call(input), exact)) {
      const auto values = sum.values<double>();
      sums.emplace_back(values.begin(), values.end());
    }
    const double expected = golden.tensor(of, "result").item();
    // Keras adds up AUC's trapezoids in float32.
    const double tolerance = of.op() == "AUC" ? 1e-7 : 1e-9;
    EXPECT_NEAR(metric.result(sums).value, expected, tolerance * std::max(1.0, std::abs(expected)));
  }
}

}  // namespace
}  // namespace sloy
