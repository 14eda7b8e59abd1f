#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "harness/messages.h"

namespace sloy::data {
namespace {

using harness::message_of;

/// Features (index, 2·index), target the epoch: a user's own source.
struct Counting {
  std::int64_t count = 10;
  std::int64_t size() const { return count; }
  Spec spec() const { return {{DType::int32, {2}}, {DType::int32, {}}}; }
  void read(std::int64_t index, Slot slot) const {
    if (index == 666) throw FileError("cannot read the example");
    slot.features_as<std::int32_t>()[0] = static_cast<std::int32_t>(index);
    slot.features_as<std::int32_t>()[1] = static_cast<std::int32_t>(2 * index);
    slot.target_as<std::int32_t>()[0] = static_cast<std::int32_t>(slot.epoch);
  }
};

std::vector<std::int32_t> order_of(const Dataset& dataset) {
  std::vector<std::int32_t> order;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    order.push_back(dataset[i].features[0].values<std::int32_t>()[0]);
  }
  return order;
}

TEST(Dataset, HoldsAnyTypeWithThreeMembers) {
  const Dataset dataset = Counting{};
  EXPECT_EQ(dataset.size(), 10);
  EXPECT_FALSE(dataset.is_in_memory());
  EXPECT_EQ(dataset.spec().features, (Type{DType::int32, {2}}));
  EXPECT_EQ(dataset[3].features[0], Tensor({2}, std::vector<std::int32_t>{3, 6}));
  EXPECT_EQ(dataset[3].targets[0].item(), 0);
}

TEST(Dataset, WithoutASourceIsEmpty) {
  const Dataset none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.cached().empty());
  EXPECT_TRUE(none.take(5).empty());
  EXPECT_THROW(none[0], DataError);
  EXPECT_THROW(none.split(0.5, 1), DataError);
}

TEST(Dataset, ChecksWhatASourceSays) {
  struct Odd {
    std::int64_t count;
    int classes;
    std::int64_t size() const { return count; }
    Spec spec() const {
      return {{DType::int32, {2}}, {DType::int32, {}}, classes, {"a", "b", "c"}};
    }
    void read(std::int64_t, Slot) const {}
  };
  EXPECT_EQ(Dataset(Odd{1, 3}).size(), 1);
  EXPECT_EQ(message_of([] {
              Dataset(Odd{-1, 3});
            }),
            "a source of data has a negative size\n"
            "  size     -1\n"
            "  to fix   give the number of its examples");
  EXPECT_THROW(Dataset(Odd{1, 2}), DataError);
  EXPECT_THROW(Dataset(Odd{1, -1}), DataError);
  EXPECT_EQ(Dataset().name(0), "");
}

TEST(Dataset, ChecksIndices) {
  const Dataset dataset = Counting{};
  EXPECT_THROW(dataset[10], DataError);
  EXPECT_THROW(dataset[-1], DataError);
  EXPECT_THROW(dataset.subset({0, 10}), DataError);
  EXPECT_THROW(dataset.range(4, 11), DataError);
  EXPECT_THROW(dataset.range(5, 4), DataError);
  EXPECT_THROW(dataset.take(-1), DataError);
}

TEST(Dataset, AnErrorNamesTheExample) {
  const Dataset dataset = Dataset(Counting{1000}).range(600, 700);
  EXPECT_EQ(message_of([&] { dataset[66]; }),
            "cannot read the example\n  example   666   of 1000, counted from 0");
}

TEST(Dataset, ViewsSelect) {
  const Dataset dataset = Counting{};
  EXPECT_EQ(order_of(dataset.subset({7, 7, 0})), (std::vector<std::int32_t>{7, 7, 0}));
  EXPECT_EQ(order_of(dataset.range(2, 5)), (std::vector<std::int32_t>{2, 3, 4}));
  EXPECT_EQ(order_of(dataset.take(3)), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(dataset.take(99).size(), 10);
  EXPECT_EQ(order_of(dataset.range(2, 9).subset({6, 0})), (std::vector<std::int32_t>{8, 2}));
  EXPECT_EQ(dataset.range(2, 9).spec().features, dataset.spec().features);
}

TEST(Dataset, ConcatenatesAlikeSets) {
  const Dataset both = Dataset(Counting{2}).concatenated(Dataset(Counting{5}).range(2, 5));
  EXPECT_EQ(both.size(), 5);
  EXPECT_EQ(order_of(both), (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(both.is_in_memory());
  EXPECT_TRUE(both.cached().concatenated(both.cached()).is_in_memory());
  EXPECT_EQ(both.concatenated(Dataset()).size(), 5);
  EXPECT_EQ(Dataset().concatenated(both).size(), 5);
  EXPECT_EQ(message_of([&] { Dataset(Counting{667}).concatenated(both)[666]; }),
            "cannot read the example\n  example   666   of 667, counted from 0");
}

TEST(Dataset, ConcatenatesClassesByTheirNames) {
  const auto set = [](std::vector<std::int32_t> labels, std::vector<std::string> names = {}) {
    const auto count = static_cast<std::int64_t>(labels.size());
    return from_tensors(Tensor(DType::float32, {count, 1}), Tensor({count}, std::move(labels)),
                        std::move(names));
  };
  const Dataset plain = set({0, 1});
  const Dataset named = set({2, 0}, {"a", "b", "c"});
  EXPECT_EQ(plain.concatenated(named).labels(), (std::vector<std::int32_t>{0, 1, 2, 0}));
  EXPECT_EQ(plain.concatenated(named).spec().num_classes, 3);
  EXPECT_EQ(plain.concatenated(named).spec().class_name(2), "c");
  EXPECT_TRUE(set({4}).concatenated(named).spec().class_names.empty());
  EXPECT_EQ(message_of([&] {
              named.concatenated(set({0}, {"b", "a", "c"}));
            }),
            "data with other classes can't be put behind these\n"
            "  these    a, b, c\n"
            "  others   b, a, c\n"
            "  to fix   read both in the same way");
  EXPECT_THROW(named.concatenated(named.targeting_features()), DataError);
  EXPECT_THROW(named.concatenated(named.one_hot()), DataError);
  EXPECT_THROW(named.concatenated(named.weighted(Tensor({2}, std::vector<float>{1, 2}))),
               DataError);
}

TEST(Dataset, ShufflesByTheSeed) {
  const Dataset dataset = Counting{100};
  std::vector<std::int32_t> order = order_of(dataset.shuffled(1));
  EXPECT_EQ(order, order_of(dataset.shuffled(1)));
  EXPECT_NE(order, order_of(dataset.shuffled(2)));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, order_of(dataset));
}

TEST(Dataset, SplitsIntoTwoPartsThatMakeTheWhole) {
  const Dataset dataset = Counting{103};
  const auto [train, validation] = dataset.split(0.1, 5);
  EXPECT_EQ(train.size(), 93);
  EXPECT_EQ(validation.size(), 10);
  std::vector<std::int32_t> both = order_of(train);
  const std::vector<std::int32_t> held_out = order_of(validation);
  both.insert(both.end(), held_out.begin(), held_out.end());
  EXPECT_EQ(std::set<std::int32_t>(both.begin(), both.end()).size(), 103u);
  EXPECT_NE(held_out, order_of(dataset.split(0.1, 6).test));
  EXPECT_EQ(held_out, order_of(dataset.split(0.1, 5).test));
}

TEST(Dataset, ASplitLeavesSomethingOnBothSides) {
  const Dataset dataset = Counting{10};
  for (double fraction : {0.0, 1.0, -0.1, 1.5, 1e-20, 0.95, std::nan("")}) {
    EXPECT_THROW(dataset.split(fraction, 1), DataError) << fraction;
  }
  EXPECT_EQ(dataset.split(0.05, 1).test.size(), 1);
  EXPECT_EQ(dataset.split(0.9, 1).train.size(), 1);
}

TEST(Dataset, CachingReadsEverythingOnce) {
  const Dataset cached = Dataset(Counting{500}).shuffled(3).cached();
  EXPECT_TRUE(cached.is_in_memory());
  EXPECT_EQ(order_of(cached), order_of(Dataset(Counting{500}).shuffled(3)));
  EXPECT_TRUE(cached.take(7).is_in_memory());
  EXPECT_THROW(Dataset(Counting{1000}).cached(), FileError);
}

TEST(FromTensors, RowsAreExamples) {
  const Tensor x({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor y({3, 1}, std::vector<float>{10, 20, 30});
  const Dataset dataset = from_tensors(x, y);
  EXPECT_EQ(dataset.size(), 3);
  EXPECT_EQ(dataset.spec().num_classes, 0);
  EXPECT_EQ(dataset[1].features[0], Tensor({2}, std::vector<float>{3, 4}));
  EXPECT_EQ(dataset[2].targets[0], Tensor({1}, std::vector<float>{30}));
}

TEST(FromTensors, Float64BecomesFloat32) {
  const Dataset dataset = from_tensors(Tensor({1, 2}, std::vector<double>{0.1, 2}),
                                       Tensor({1, 1}, std::vector<double>{3}));
  EXPECT_EQ(dataset[0].features[0], Tensor({2}, std::vector<float>{0.1f, 2}));
  EXPECT_EQ(dataset[0].targets[0], Tensor({1}, std::vector<float>{3}));
}

TEST(FromTensors, IntegerTargetsAreLabels) {
  const Tensor x(DType::uint8, {4, 2, 2, 1});
  for (const Shape& shape : {Shape{4}, Shape{4, 1}}) {
    const Dataset dataset = from_tensors(x, Tensor(shape, std::vector<std::uint8_t>{0, 2, 1, 0}));
    EXPECT_EQ(dataset.spec().targets, (Type{DType::int32, {}}));
    EXPECT_EQ(dataset.spec().num_classes, 3);
    EXPECT_EQ(dataset[1].targets[0], Tensor::scalar(std::int32_t{2}));
  }
  const Dataset wide = from_tensors(x, Tensor({4}, std::vector<std::int64_t>{0, 2, 1, 0}));
  EXPECT_EQ(wide.spec().num_classes, 3);
  EXPECT_EQ(wide[1].targets[0], Tensor::scalar(std::int32_t{2}));
  const Dataset named =
      from_tensors(x, Tensor({4}, std::vector<std::int32_t>{0, 1, 1, 0}), {"cat", "dog", "fox"});
  EXPECT_EQ(named.spec().num_classes, 3);
  EXPECT_EQ(named.spec().class_names[2], "fox");
}

TEST(FromTensors, IntegersOfSeveralNumbersStayAsTheyAre) {
  const Dataset dataset =
      from_tensors(Tensor(DType::float32, {2, 5}), Tensor(DType::uint8, {2, 3}));
  EXPECT_EQ(dataset.spec().targets, (Type{DType::uint8, {3}}));
  EXPECT_EQ(dataset.spec().num_classes, 0);
}

TEST(FromTensors, RefusesWhatDoesNotFit) {
  EXPECT_EQ(message_of([] { from_tensors(Tensor::scalar(1.0f), Tensor(DType::int32, {1})); }),
            "a data set's first dimension counts its examples, a scalar has none\n"
            "  features   float32 ()\n"
            "  to fix     give an array with a row for each example");
  const Tensor x(DType::float32, {3, 2});
  EXPECT_EQ(message_of([&] {
              from_tensors(x, Tensor(DType::float32, {4, 1}));
            }),
            "there are 3 examples, but 4 targets\n"
            "  features   float32 (3, 2)\n"
            "  targets    float32 (4, 1)\n"
            "  to fix     give each example its target");
  EXPECT_THROW(from_tensors(Tensor(), Tensor()), DataError);
  const auto refused = [&](std::int32_t label) {
    return message_of([&] {
      from_tensors(x, Tensor({3}, std::vector<std::int32_t>{0, label, 0}));
    });
  };
  EXPECT_EQ(refused(-1),
            "-1 is no class label: they count from 0\n"
            "  row      1   counted from 0\n"
            "  to fix   correct the label");
  EXPECT_EQ(refused(std::numeric_limits<std::int32_t>::max()),
            "label 2147483647 is too large: there can be 16777216 classes\n"
            "  row      1   counted from 0\n"
            "  to fix   correct the label, or number the classes from 0 without gaps");
  EXPECT_EQ(message_of([&] {
              from_tensors(x, Tensor({3}, std::vector<std::int32_t>{0, 1, 2}), {"a", "b"});
            }),
            "label 2 is out of range: there are 2 classes\n"
            "  row      2   counted from 0\n"
            "  needed   0 to 1\n"
            "  to fix   name every class, or count labels from 0");
}

TEST(FromTensors, MayHoldNoRows) {
  const Dataset empty = from_tensors(Tensor(DType::float32, {0, 2}), Tensor(DType::int32, {0}));
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.spec().num_classes, 0);
}

}  // namespace
}  // namespace sloy::data
