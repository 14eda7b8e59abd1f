// That the formula here is the one the goldens were made by.

#include <gtest/gtest.h>

#include "harness/golden.h"
#include "harness/oracle_numbers.h"

namespace sloy {
namespace {

TEST(OracleNumbers, AreThoseOfTheStoredTensors) {
  const harness::Golden golden("convolution");
  const Tensor stored = golden.tensor(golden.find("valid"), "x");
  const Tensor made = harness::OracleNumbers("convolution/valid/x").uniform(stored.shape(), -1, 1);
  EXPECT_EQ(made.cast(DType::float64), stored);

  const harness::Golden losses("losses");
  const Tensor labels = losses.tensor(losses.find("sparse_logits"), "target");
  EXPECT_EQ(harness::OracleNumbers("losses/labels").integers(labels.shape(), 5), labels);
}

}  // namespace
}  // namespace sloy
