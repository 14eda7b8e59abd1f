#include <gtest/gtest.h>
#include <sloy/data_view.h>
#include <sloy/error.h>

#include <numeric>

namespace sloy::data {
namespace {

/// Examples of one number each.
Dataset numbers(std::vector<float> features, std::vector<std::int32_t> labels) {
  const auto rows = static_cast<std::int64_t>(features.size());
  return from_tensors(Tensor({rows, 1}, features), Tensor({rows}, labels));
}

TEST(Duplicates, AreCountedWithinAPartAndAcross) {
  const Dataset train = numbers({1, 2, 3, 2, 2}, {0, 1, 0, 1, 0});
  const Dataset test = numbers({4, 3, 1, 4}, {0, 0, 1, 0});
  const Duplicates found = find_duplicates({train, Dataset(), test});
  EXPECT_EQ(found.examples, 5);
  EXPECT_EQ(found.across_parts, 2);
  EXPECT_EQ(found.contradictions, 2);
  ASSERT_EQ(found.pairs.size(), 5u);
  // A contradiction that is a leak, one that is none, a leak, the rest.
  EXPECT_EQ(found.pairs[0].first, (PartExample{0, 0}));
  EXPECT_EQ(found.pairs[0].second, (PartExample{2, 2}));
  EXPECT_TRUE(found.pairs[0].is_contradiction && found.pairs[0].is_across_parts);
  EXPECT_EQ(found.pairs[1].first, (PartExample{0, 1}));
  EXPECT_EQ(found.pairs[1].second, (PartExample{0, 4}));
  EXPECT_EQ(found.pairs[2].second, (PartExample{2, 1}));
  EXPECT_EQ(found.pairs[3].second, (PartExample{0, 3}));
  EXPECT_EQ(found.pairs[4].first, (PartExample{2, 0}));
  EXPECT_EQ(found.pairs[4].second, (PartExample{2, 3}));
  EXPECT_EQ(find_duplicates({train, test}, 1).pairs.size(), 1u);
  EXPECT_EQ(find_duplicates({train, test}, 1).examples, 5);
}

TEST(Duplicates, HaveAllFeaturesAlike) {
  const std::vector<Tensor> features{Tensor({3, 1}, std::vector<float>{1, 1, 1}),
                                     Tensor({3, 1}, std::vector<float>{1, 2, 1})};
  const Duplicates found = find_duplicates({from_tensors(features)});
  EXPECT_EQ(found.examples, 1);
  EXPECT_EQ(found.contradictions, 0) << "there are no targets";
  EXPECT_EQ(found.pairs.at(0).second, (PartExample{0, 2}));
}

TEST(Duplicates, AreNoneWhereAByteDiffers) {
  std::vector<float> values(5000);
  std::iota(values.begin(), values.end(), 0.0f);
  const Dataset all = numbers(values, std::vector<std::int32_t>(values.size(), 1));
  EXPECT_EQ(find_duplicates({all}).examples, 0);
  EXPECT_EQ(find_duplicates({all, all.take(10)}).across_parts, 10);
}

TEST(Duplicates, AreOfOneKindOfFeatures) {
  EXPECT_THROW(find_duplicates({numbers({1}, {0}), moons()}), DataError);
  EXPECT_EQ(find_duplicates({}).examples, 0);
}

}  // namespace
}  // namespace sloy::data
