#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>
#include <sloy/regularizers.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

const std::vector<double> numbers{1, -2, 0.5, 3, 0, -0.25};

double penalty_of(const Regularizer& regularizer) {
  Graph graph;
  const Value weight = graph.constant(Tensor({3, 2}, numbers));
  return evaluate(regularizer(weight), {}, NumericPrecision::float64).item();
}

TEST(Regularizers, TheProximalPenaltyCountsButHasNoGradient) {
  double l1 = 0, l2 = 0;
  for (double w : numbers) l1 += std::abs(w), l2 += w * w;
  EXPECT_NEAR(penalty_of(L1{.l1 = 0.3, .proximal = true}), 0.3 * l1, 1e-14);
  EXPECT_NEAR(penalty_of(L1L2{.l1 = 0.3, .l2 = 0.2, .proximal = true}), 0.3 * l1 + 0.2 * l2, 1e-14);
  Graph graph;
  const Value weight = graph.constant(Tensor({3, 2}, numbers));
  const Regularizer both = L1L2{.l1 = 0.3, .l2 = 0.2, .proximal = true};
  const Tensor slope =
      evaluate(gradient(both(weight), std::vector{weight})[0], {}, NumericPrecision::float64);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_NEAR(slope.values<double>()[i], 0.4 * numbers[i], 1e-14);
  }
}

TEST(Regularizers, TheProximalStepIsTheSoftThreshold) {
  const auto stepped = [](const Regularizer& regularizer) {
    Graph graph;
    const Value weight = graph.constant(Tensor({3, 2}, numbers));
    const Value rate = graph.constant(2.0);
    const Tensor found =
        evaluate(regularizer.proximal_step(weight, rate), {}, NumericPrecision::float64);
    return std::vector<double>(found.values<double>().begin(), found.values<double>().end());
  };
  std::vector<double> expected;
  for (double w : numbers) {
    expected.push_back(std::copysign(1.0, w) * std::max(std::abs(w) - 2 * 0.15, 0.0));
  }
  for (const Regularizer& proximal : {Regularizer(L1{.l1 = 0.15, .proximal = true}),
                                      Regularizer(L1L2{.l1 = 0.15, .l2 = 7, .proximal = true})}) {
    const std::vector<double> found = stepped(proximal);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-15);
    EXPECT_EQ(found[4], 0);
    EXPECT_EQ(found[5], 0) << "exactly";
  }
  EXPECT_EQ(stepped(L1{.l1 = 0.15}), numbers);
  EXPECT_EQ(stepped(L2{}), numbers);
}

/// factor times the mean |cosine| of two different rows, or columns.
double mean_cosine(bool rows) {
  const auto at = [&](std::size_t vector, std::size_t i) {
    return rows ? numbers[2 * vector + i] : numbers[2 * i + vector];
  };
  const std::size_t vectors = rows ? 3 : 2, length = rows ? 2 : 3;
  double sum = 0;
  int pairs = 0;
  for (std::size_t a = 0; a < vectors; ++a) {
    for (std::size_t b = a + 1; b < vectors; ++b) {
      double product = 0, first = 0, second = 0;
      for (std::size_t i = 0; i < length; ++i) {
        product += at(a, i) * at(b, i);
        first += at(a, i) * at(a, i);
        second += at(b, i) * at(b, i);
      }
      sum += std::abs(product) / std::sqrt(first * second);
      ++pairs;
    }
  }
  return sum / pairs;
}

TEST(Regularizers, OrthogonalIsTheMeanCosine) {
  EXPECT_NEAR(penalty_of(OrthogonalRegularizer{.factor = 0.3}), 0.3 * mean_cosine(true), 1e-14);
  EXPECT_NEAR(penalty_of(OrthogonalRegularizer{.factor = 0.3, .mode = OrthogonalMode::columns}),
              0.3 * mean_cosine(false), 1e-14);
  Graph graph;
  const Value row = graph.constant(Tensor({3}, std::vector<double>{1, 2, 3}));
  EXPECT_EQ(message_of([&] { Regularizer(OrthogonalRegularizer{})(row); }),
            "OrthogonalRegularizer needs a matrix\n"
            "  shape    (3)\n"
            "  to fix   give it to the kernel of a Dense");
  const Value results = graph.input("results", {DType::float32, {batch, 3}});
  EXPECT_EQ(message_of([&] { Regularizer(OrthogonalRegularizer{})(results); }),
            "OrthogonalRegularizer compares a known number of vectors\n"
            "  given    (batch, 3)\n"
            "  mode     rows\n"
            "  to fix   give it to the kernel of a Dense, or compare columns");
}

TEST(Regularizers, AreReadAndWritten) {
  for (const char* text : {R"({"type":"L1","l1":0.25,"proximal":true})",
                           R"({"type":"L1L2","l1":0.25,"l2":0.5,"proximal":true})",
                           R"({"type":"OrthogonalRegularizer","factor":0.5,"mode":"columns"})"}) {
    Regularizer regularizer;
    from_config(parse_json(text), regularizer);
    EXPECT_EQ(to_json(to_config(regularizer)), text);
  }
}

}  // namespace
}  // namespace sloy
