#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

/// Of mean 0 and variance 1: measuring it changes what no number tells.
data::Dataset standard_data() {
  return data::from_tensors(Tensor({2, 1}, {-1.0f, 1.0f}), Tensor({2, 1}, {0.0f, 1.0f}));
}

Sequential normalized() {
  Sequential model{Input{1}, Normalization{}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  return model;
}

TEST(UnmeasuredNormalization, IsRefusedWhereItsNumbersCount) {
  const TemporaryDirectory folder;
  Sequential model = normalized();
  const auto message = [](std::string_view purpose) {
    return std::string(purpose) +
           " needs the mean and variance of a Normalization, which were never measured\n"
           "  layer    normalization\n"
           "  to fix   call fit or adapt first, which measure them, or give them to the layer";
  };
  EXPECT_EQ(message_of([&] { model.predict(Tensor({1, 1}, {1.0f})); }), message("predict"));
  EXPECT_EQ(message_of([&] { model.evaluate(standard_data()); }), message("evaluate"));
  EXPECT_EQ(message_of([&] { model.save(folder / "model"); }), message("save"));
}

TEST(UnmeasuredNormalization, IsMeasuredByFitAndByAdapt) {
  const TemporaryDirectory folder;
  Sequential fitted = normalized(), adapted = normalized();
  fitted.fit(standard_data(), {.verbose = Verbosity::silent});
  adapted.adapt(standard_data());
  for (Sequential* trained : {&fitted, &adapted}) {
    Sequential& model = *trained;
    const Tensor before = model.predict(Tensor({1, 1}, {1.0f}));
    model.save(folder / "model");
    EXPECT_EQ(Model::load(folder / "model").predict(Tensor({1, 1}, {1.0f})), before);
  }
}

TEST(UnmeasuredNormalization, WithinAnotherModelIsRefusedBeforeTheFirstStep) {
  Sequential inner{Input{1}, Normalization{}};
  const auto fit = [&] {
    Sequential outer{Input{1}, inner, Dense{.units = 1}};
    outer.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
    outer.fit(standard_data(), {.verbose = Verbosity::silent});
  };
  EXPECT_EQ(message_of(fit),
            "fit needs the mean and variance of a Normalization, which were never measured\n"
            "  layer    model/normalization\n"
            "  to fix   call adapt of the model within before it becomes part of this one");
  inner.adapt(standard_data());
  EXPECT_EQ(message_of(fit), "no error");
}

TEST(UnmeasuredNormalization, GivesNotANumberInAGraphOfOnesOwn) {
  const Sequential model = normalized();
  Graph graph;
  Build build(graph, false);
  const Value x = graph.input("x", {DType::float32, {batch, 1}});
  EXPECT_TRUE(std::isnan(evaluate(model(build, x), {Tensor({1, 1}, {1.0f})}).item()));
}

}  // namespace
}  // namespace sloy
