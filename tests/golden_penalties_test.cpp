// Penalties on weights against PyTorch. Losses and optimisers meet their goldens in src/train.

#include <gtest/gtest.h>

#include <sloy/regularizers.h>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Computation;
using harness::Golden;

constexpr double tolerance = 1e-9;
constexpr auto backend = BackendKind::reference;
constexpr auto precision = Precision::float64;

TEST(GoldenPenalty, ValuesAndGradientsAreKeras) {
  const Golden golden("losses");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "penalty") continue;
    const double l1 = of.number("l1"), l2 = of.number("l2");
    std::vector<Regularizer> regularizers = {L1L2{.l1 = l1, .l2 = l2}};
    if (l2 == 0) regularizers.push_back(L1{.l1 = l1});
    if (l1 == 0) regularizers.push_back(L2{.l2 = l2});
    for (const Regularizer& regularizer : regularizers) {
      Computation computation;
      const Value kernel = computation.feed(golden.tensor(of, "kernel"));
      const Value penalty = regularizer(kernel);
      const auto results =
          computation.run({penalty, gradient(penalty, std::vector{kernel})[0]}, backend, precision);
      EXPECT_TRUE(close(results[0], golden.tensor(of, "penalty"), tolerance)) << of.name;
      EXPECT_TRUE(close(results[1], golden.tensor(of, "dkernel"), tolerance)) << of.name;
    }
  }
}

}  // namespace
}  // namespace sloy
