#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/messages.h"

namespace sloy::data {
namespace {

using harness::message_of;

/// Examples whose feature is their number, of classes a (every fifth), b (every tenth) and c.
Dataset numbered(std::int64_t size) {
  Tensor features(DType::float32, {size, 1});
  Tensor labels(DType::int32, {size});
  for (std::int64_t i = 0; i < size; ++i) {
    features.mutable_values<float>()[static_cast<std::size_t>(i)] = static_cast<float>(i);
    labels.mutable_values<std::int32_t>()[static_cast<std::size_t>(i)] = i % 10 == 0  ? 1
                                                                         : i % 5 == 0 ? 0
                                                                                      : 2;
  }
  return from_tensors(features, labels, {"a", "b", "c"});
}

std::vector<int> numbers_of(const Dataset& dataset) {
  std::vector<int> numbers;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    numbers.push_back(static_cast<int>(dataset[i].features[0].item()));
  }
  return numbers;
}

std::map<int, int> counts_of(const Dataset& dataset) {
  std::map<int, int> counts;
  for (std::int32_t label : dataset.labels()) ++counts[label];
  return counts;
}

/// A source that counts how often it is read.
struct Watched {
  std::int64_t* reads;
  bool tells_labels;
  std::int64_t size() const { return 4; }
  Spec spec() const { return {{DType::float32, {1}}, {DType::int32, {}}, 2}; }
  void read(std::int64_t index, const Slot& slot) const {
    ++*reads;
    slot.features_as<float>()[0] = 0;
    slot.target_as<std::int32_t>()[0] = static_cast<std::int32_t>(index % 2);
  }
};
struct Labelled : Watched {
  std::int32_t label(std::int64_t index) const { return static_cast<std::int32_t>(index % 2); }
};

TEST(Classes, LabelsAreKnownWithoutReadingWhereTheSourceTellsThem) {
  std::int64_t reads = 0;
  const std::vector<std::int32_t> expected{0, 1, 0, 1};
  EXPECT_EQ(Dataset(Labelled{{&reads, true}}).labels(), expected);
  EXPECT_EQ(Dataset(Labelled{{&reads, true}}).subset({1, 3}).labels(),
            (std::vector<std::int32_t>{1, 1}));
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(Dataset(Watched{&reads, false}).labels(), expected);
  EXPECT_EQ(reads, 4);
}

TEST(Classes, AStratifiedSplitHoldsTheSharesOfTheWhole) {
  const Dataset all = numbered(200);  // 20 a, 20 b, 160 c
  const Split parts = all.stratified_split(0.25, 3);
  EXPECT_EQ(counts_of(parts.test), (std::map<int, int>{{0, 5}, {1, 5}, {2, 40}}));
  EXPECT_EQ(counts_of(parts.train), (std::map<int, int>{{0, 15}, {1, 15}, {2, 120}}));
  std::set<int> together;
  for (const Dataset& part : {parts.train, parts.test}) {
    for (int number : numbers_of(part)) EXPECT_TRUE(together.insert(number).second);
  }
  EXPECT_EQ(together.size(), 200u);
  EXPECT_EQ(numbers_of(all.stratified_split(0.25, 3).test), numbers_of(parts.test));
  EXPECT_NE(numbers_of(all.stratified_split(0.25, 4).test), numbers_of(parts.test));
}

TEST(Classes, AStratifiedSplitKeepsOneOfEachClassToLearnFrom) {
  const Dataset few = numbered(40).subset({5, 10, 1, 2, 3, 4});
  for (double fraction : {0.3, 0.5, 0.8, 0.99}) {
    const Split parts = few.stratified_split(fraction, 0);
    EXPECT_EQ(counts_of(parts.train).size(), counts_of(few).size()) << fraction;
    EXPECT_EQ(parts.train.size() + parts.test.size(), 6);
  }
  EXPECT_THROW(numbered(40).subset({5, 10, 1}).stratified_split(0.5, 0), DataError);
}

/// 0.1 of 4, 4 and 32 are 0.4, 0.4 and 3.2: four are held out, the fourth of the first class.
TEST(Classes, AStratifiedSplitHasTheSizeOfTheShare) {
  const Split parts = numbered(40).stratified_split(0.1, 0);
  EXPECT_EQ(parts.test.size(), 4);
  EXPECT_EQ(counts_of(parts.test), (std::map<int, int>{{0, 1}, {2, 3}}));
  EXPECT_THROW(numbered(4).stratified_split(0.01, 0), DataError);
  EXPECT_THROW(plane({.size = 10}).stratified_split(0.5, 0), DataError) << "no classes";
}

TEST(Classes, SomeMayBeChosenByName) {
  const Dataset some = numbered(40).only_classes({"c", "a"});
  EXPECT_EQ(some.spec().class_names, (std::vector<std::string>{"c", "a"}));
  EXPECT_EQ(some.spec().num_classes, 2);
  EXPECT_EQ(counts_of(some), (std::map<int, int>{{0, 32}, {1, 4}}));
  for (std::int64_t i = 0; i < some.size(); ++i) {
    const Example example = some[i];
    const bool is_a = static_cast<int>(example.features[0].item()) % 10 == 5;
    EXPECT_EQ(example.targets[0].item(), is_a ? 1 : 0);
  }
  EXPECT_EQ(message_of([] { numbered(10).only_classes({"d"}); }),
            "there is no class 'd'\n"
            "  classes   a, b, c\n"
            "  to fix    name some of the classes");
  EXPECT_THROW(numbered(10).only_classes({"a", "a"}), DataError);
}

TEST(Classes, BalancedOnesComeEquallyOften) {
  const Dataset balanced = numbered(40).balanced(1);
  EXPECT_EQ(counts_of(balanced), (std::map<int, int>{{0, 32}, {1, 32}, {2, 32}}));
  std::map<int, int> times;
  for (int number : numbers_of(balanced)) ++times[number];
  for (const auto& [number, count] : times) EXPECT_EQ(count, number % 5 == 0 ? 8 : 1) << number;
  EXPECT_NE(balanced.labels(), numbered(40).balanced(2).labels());
}

TEST(Classes, ExamplesMayBeChosenByWhatTheyAre) {
  const Dataset small =
      numbered(20).filtered([](const Example& e) { return e.features[0].item() < 4; });
  EXPECT_EQ(numbers_of(small), (std::vector<int>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace sloy::data
