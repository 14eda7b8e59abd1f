/// Examples of several features, targets and weights.
#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <limits>

#include "data/example_memory.h"
#include "data/loader.h"
#include "harness/messages.h"

namespace sloy::data {
namespace {

using harness::message_of;

/// Every part holds the example's number, each times another factor.
struct Parts {
  std::int64_t size() const { return 10; }
  Spec spec() const {
    return {.features = {{DType::float32, {3}}, {DType::uint8, {2, 1}}},
            .targets = {{DType::int32, {}}, {DType::float32, {1}}},
            .weights = {DType::float32, {}}};
  }
  void read(std::int64_t index, Slot slot) const {
    const auto number = static_cast<float>(index);
    for (float& x : slot.features_as<float>()) x = number;
    for (std::uint8_t& x : slot.features_as<std::uint8_t>(1)) {
      x = static_cast<std::uint8_t>(2 * index);
    }
    slot.target_as<std::int32_t>()[0] = static_cast<std::int32_t>(3 * index);
    slot.target_as<float>(1)[0] = 4 * number;
    slot.weight_as<float>()[0] = 5 * number;
  }
};

void expect_example(const Example& example, int number) {
  EXPECT_EQ(example.features[0], Tensor({3}, std::vector<float>(3, static_cast<float>(number))));
  EXPECT_EQ(example.features[1].values<std::uint8_t>()[1], 2 * number);
  EXPECT_EQ(example.targets[0].item(), 3 * number);
  EXPECT_EQ(example.targets[1].item(), 4 * number);
  EXPECT_EQ(example.weights[0].item(), 5 * number);
}

TEST(Parts, AreReadOneByOne) {
  const Dataset dataset = Parts{};
  expect_example(dataset[7], 7);
  expect_example(dataset.subset({4, 9})[1], 9);
  expect_example(dataset.cached()[3], 3);
  EXPECT_TRUE(dataset.cached().is_in_memory());
  EXPECT_EQ(to_string(dataset.spec().features), "float32 (3), uint8 (2, 1)");
  const std::vector<Tensor> features = dataset.features();
  ASSERT_EQ(features.size(), 2u);
  EXPECT_EQ(features[1].shape(), (Shape{10, 2, 1}));
  EXPECT_EQ(features[0].values<float>()[3 * 6], 6);
}

TEST(Parts, AreLoadedFromACacheLineEach) {
  for (const int workers : {0, 2}) {
    Loader loader(Parts{}, {.batch_size = 4, .workers = workers});
    loader.start(0);
    std::int64_t seen = 0;
    while (const Batch* batch = loader.next()) {
      ASSERT_EQ(batch->features.size(), 2u);
      ASSERT_EQ(batch->targets.size(), 2u);
      ASSERT_EQ(batch->weights.size(), 1u);
      const auto count = static_cast<std::size_t>(batch->count);
      EXPECT_EQ(batch->features[1].size(), 2 * count);
      for (const auto& kind : {batch->features, batch->targets, batch->weights}) {
        for (const auto& part : kind) {
          EXPECT_EQ(reinterpret_cast<std::uintptr_t>(part.data()) % 64, 0u);
        }
      }
      const auto* weights = reinterpret_cast<const float*>(batch->weights[0].data());
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(batch->features[1].data());
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(weights[i], 5 * static_cast<float>(seen));
        EXPECT_EQ(bytes[2 * i + 1], 2 * seen);
        ++seen;
      }
    }
    EXPECT_EQ(seen, 10);
  }
}

TEST(Parts, OfTensorsAreOneForEach) {
  const Tensor a({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor b({3}, std::vector<double>{7, 8, 9});
  const Tensor labels({3}, std::vector<std::int64_t>{2, 0, 1});
  const Dataset dataset = from_tensors({a, b}, {labels, a}, {"x", "y", "z"});
  EXPECT_EQ(dataset.spec().features, (Types{{DType::float32, {2}}, {DType::float32, {}}}));
  EXPECT_EQ(dataset.spec().targets, (Types{{DType::int32, {}}, {DType::float32, {2}}}));
  EXPECT_EQ(dataset.spec().num_classes, 3);
  EXPECT_EQ(dataset[1].features[1].item(), 8);
  EXPECT_EQ(dataset[2].targets[1], dataset[2].features[0]);
  EXPECT_TRUE(from_tensors(std::vector{a}, std::vector<Tensor>{}).spec().targets.empty());
  EXPECT_EQ(message_of([&] {
              from_tensors({a, Tensor(DType::float32, {2})}, {labels});
            }),
            "there are 3 examples, but 2 features\n"
            "  features   float32 (3, 2)\n"
            "  features   float32 (2)\n"
            "  to fix     give every input a row for each example");
}

TEST(Parts, NumbersTooLargeForFloat32AreRefused) {
  const Tensor rows({2, 2}, std::vector<double>{1, 2, 3, 1e300});
  EXPECT_EQ(message_of([&] { from_tensors(rows); }),
            "a number of the features is too large for float32\n"
            "  row      1   counted from 0\n"
            "  number   1e+300\n"
            "  to fix   scale the data");
  const Tensor endless({1}, std::vector<double>{std::numeric_limits<double>::infinity()});
  EXPECT_EQ(from_tensors(endless).size(), 1) << "as it was";
}

TEST(Parts, WeightsComeWithTheirExamples) {
  const Dataset plain = from_tensors(Tensor({3, 1}, std::vector<float>{1, 2, 3}),
                                     Tensor({3}, std::vector<std::int64_t>{0, 1, 0}));
  const Dataset weighted = plain.weighted(Tensor({3}, std::vector<double>{0.5, 2, 0}));
  EXPECT_EQ(weighted.spec().weights, Types(DType::float32, {}));
  EXPECT_EQ(weighted.subset({1})[0].weights[0].item(), 2);
  EXPECT_EQ(weighted[2].targets[0].item(), 0);
  EXPECT_TRUE(weighted.is_in_memory());
}

TEST(Parts, WeightsLoseTheAxisOfASingleNumberThatIsPredicted) {
  const Tensor x({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor column({3, 1}, std::vector<float>{7, 8, 9});
  const Tensor lines({3, 2, 1}, std::vector<float>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(from_tensors(x, column).weighted(column).spec().weights, Types(DType::float32, {}));
  const Dataset weighted = from_tensors(x, lines).weighted(lines);
  EXPECT_EQ(weighted.spec().weights, Types(DType::float32, {2}));
  EXPECT_EQ(weighted[1].weights[0].values<float>()[1], 4);
  EXPECT_EQ(from_tensors(x, x).weighted(x).spec().weights, Types(DType::float32, {2}));
}

TEST(Parts, MayBeWithoutTargets) {
  const Tensor x({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(from_tensors(x).spec().targets.empty());
  EXPECT_EQ(from_tensors(x)[1].features[0].values<float>()[0], 3);
  const Dataset two = from_tensors({x, x});
  EXPECT_EQ(two.spec().features.size(), 2u);
  EXPECT_TRUE(two.spec().targets.empty());
  EXPECT_EQ(from_tensors(x).targeting_features()[2].targets[0].values<float>()[1], 6);
}

TEST(Scratch, IsReusedAndNests) {
  const Types types{DType::float32, {100}};
  const std::byte* first = nullptr;
  {
    const Scratch outer(types);
    const Scratch inner(types);
    EXPECT_NE(outer.spans()[0].data(), inner.spans()[0].data());
    EXPECT_EQ(inner.spans()[0].size(), 400u);
    first = outer.spans()[0].data();
  }
  const Scratch again(types);
  EXPECT_EQ(again.spans()[0].data(), first);
}

TEST(Scratch, HasEachPartWhereItsTypeMayLie) {
  const Scratch scratch(Types{{DType::uint8, {3}}, {DType::float32, {1}}, {DType::float64, {}}});
  const auto place = [&](std::size_t part) {
    return reinterpret_cast<std::uintptr_t>(scratch.spans()[part].data());
  };
  EXPECT_EQ(place(1) % alignof(float), 0u);
  EXPECT_EQ(place(2) % alignof(double), 0u);
  EXPECT_EQ(scratch.spans()[0].size(), 3u);
}

}  // namespace
}  // namespace sloy::data
