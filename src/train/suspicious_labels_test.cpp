#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/suspicious_labels.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>

#include "tensor/permutation.h"
#include "tensor/random.h"

namespace sloy {
namespace {

using Labels = std::vector<std::int32_t>;

TEST(SuspiciousLabels, AreConfidentlyPredictedOtherwise) {
  // t_0 = mean of 0.9, 0.8, 0.1 = 0.6; t_1 = mean of 0.7, 0.5, 0.45 = 0.55.
  const Tensor predicted({6, 2}, std::vector<float>{0.9f, 0.1f, 0.8f, 0.2f, 0.1f, 0.9f, 0.3f, 0.7f,
                                                    0.5f, 0.5f, 0.55f, 0.45f});
  const Labels labels{0, 0, 0, 1, 1, 1};
  const std::vector<SuspiciousLabel> found = suspicious_labels(predicted, labels);
  ASSERT_EQ(found.size(), 1u) << "0.55 of class 0 is less than it has where it is the label";
  EXPECT_EQ(found[0].index, 2);
  EXPECT_EQ(found[0].label, 0);
  EXPECT_EQ(found[0].likelier, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(found[0].probability), 0.9f);
  EXPECT_FLOAT_EQ(static_cast<float>(found[0].given), 0.1f);
}

TEST(SuspiciousLabels, AreTheMostCertainFirst) {
  const Tensor predicted({6, 2}, std::vector<float>{0.2f, 0.8f, 0.05f, 0.95f, 0.3f, 0.7f, 0.2f,
                                                    0.8f, 0.4f, 0.6f, 0.4f, 0.6f});
  const std::vector<SuspiciousLabel> found = suspicious_labels(predicted, Labels{0, 0, 0, 1, 1, 1});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].index, 1);
  EXPECT_EQ(found[1].index, 0);
  EXPECT_EQ(found[2].index, 2);
}

TEST(SuspiciousLabels, RefuseWhatDoesNotFit) {
  const Tensor predicted({2, 2}, std::vector<float>{1, 0, 0, 1});
  EXPECT_THROW(suspicious_labels(predicted, Labels{0}), DataError);
  EXPECT_THROW(suspicious_labels(predicted, Labels{0, 2}), DataError);
  EXPECT_THROW(suspicious_labels(predicted, Labels{0, -1}), DataError);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(suspicious_labels(Tensor({1, 2}, std::vector<float>{nan, 1}), Labels{0}), DataError);
  EXPECT_THROW(cross_validate(data::plane()), DataError);
  EXPECT_THROW(cross_validate(data::moons({.size = 3})), DataError);
  EXPECT_THROW(cross_validate(data::moons(), {.folds = 1}), DataError);
}

/// The same examples, of which one in fifty has another label; these are told.
data::Dataset with_noise(const data::Dataset& clean, std::set<std::int64_t>& wrong) {
  Labels labels = clean.labels();
  const Permutation order(labels.size(), random_key(5, Purpose::generate));
  const int classes = clean.spec().num_classes;
  for (std::uint64_t i = 0; i < labels.size() / 50; ++i) {
    std::int32_t& label = labels[order(i)];
    label = static_cast<std::int32_t>((label + 1 + static_cast<int>(i) % (classes - 1)) % classes);
    wrong.insert(static_cast<std::int64_t>(order(i)));
  }
  const auto rows = static_cast<std::int64_t>(labels.size());
  return data::from_tensors(clean.features().front(), Tensor({rows}, labels));
}

struct Found {
  double recall;           ///< share of the wrong labels that are listed
  double precision;        ///< share of the list that is wrong
  double at_their_number;  ///< the same of as many of the first as there are wrong ones
  double accuracy;
};

Found look_for(const data::Dataset& clean) {
  std::set<std::int64_t> wrong;
  const data::Dataset noisy = with_noise(clean, wrong);
  const CrossValidation nets = cross_validate(noisy);
  const auto listed = suspicious_labels(nets.probabilities, nets.labels);
  double hits = 0, early = 0;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (!wrong.contains(listed[i].index)) continue;
    ++hits;
    if (i < wrong.size()) ++early;
  }
  const auto count = static_cast<double>(wrong.size());
  return {hits / count, hits / std::max(1.0, static_cast<double>(listed.size())), early / count,
          nets.accuracy()};
}

void print(const char* name, const Found& found) {
  std::printf(
      "figure: wrong labels, 2 %% of %s: %.0f %% listed, %.0f %% of the list, %.0f %% of its first "
      "part; labels predicted %.1f %%\n",
      name, 100 * found.recall, 100 * found.precision, 100 * found.at_their_number,
      100 * found.accuracy);
}

TEST(CrossValidate, FindsWrongLabelsOfClouds) {
  const Found found = look_for(data::gaussians({.size = 1000, .noise = 0}));
  print("1,000 points of two clouds", found);
  EXPECT_GE(found.recall, 0.8);
  EXPECT_GE(found.precision, 0.8);
}

TEST(CrossValidate, FindsWrongLabelsOfFashionMnist) {
  const Found found = look_for(data::fashion_mnist().train.take(2000));
  print("2,000 images of Fashion-MNIST", found);
  EXPECT_GE(found.recall, 0.85);
  EXPECT_GE(found.at_their_number, 0.5);
}

TEST(CrossValidate, PredictsEveryExampleOnce) {
  const data::Dataset moons = data::moons({.size = 200, .noise = 0.05});
  const CrossValidation nets = cross_validate(moons);
  EXPECT_EQ(nets.probabilities.shape(), (Shape{200, 2}));
  EXPECT_EQ(nets.labels, moons.labels());
  const auto rows = nets.probabilities.values<float>();
  for (std::size_t i = 0; i < rows.size(); i += 2) EXPECT_NEAR(rows[i] + rows[i + 1], 1, 1e-5);
  EXPECT_GT(nets.accuracy(), 0.95);
  EXPECT_TRUE(std::ranges::equal(rows, cross_validate(moons).probabilities.values<float>()));
}

/// Labels that nothing tells can be learned by heart, but not be predicted.
TEST(CrossValidate, PredictsByNetsThatHaveNotLearnedTheExample) {
  Tensor noise(DType::float32, {300, 40});
  fill_normal(random_key(8, Purpose::generate), {}, 0, noise.mutable_values<float>());
  Labels labels(300);
  const Permutation order(300, random_key(9, Purpose::generate));
  for (std::uint64_t i = 0; i < 150; ++i) labels[order(i)] = 1;
  const CrossValidation nets = cross_validate(data::from_tensors(noise, Tensor({300}, labels)));
  EXPECT_LT(nets.accuracy(), 0.6);
  EXPECT_GT(nets.accuracy(), 0.4);
}

/// An image's label is its brightness, whatever its size.
TEST(CrossValidate, MakesImagesSmall) {
  Tensor images(DType::uint8, {60, 64, 40, 3});
  auto pixels = images.mutable_values<std::uint8_t>();
  Labels labels;
  const std::size_t each = pixels.size() / 60;
  for (std::size_t i = 0; i < 60; ++i) {
    labels.push_back(i % 2 == 0 ? 0 : 1);
    std::fill_n(&pixels[i * each], each, static_cast<std::uint8_t>(i % 2 == 0 ? 20 + i : 150 + i));
  }
  const data::Dataset dataset = data::from_tensors(images, Tensor({60}, labels));
  EXPECT_EQ(cross_validate(dataset).accuracy(), 1);
  EXPECT_EQ(cross_validate(dataset, {.image_side = 1}).accuracy(), 1);
}

}  // namespace
}  // namespace sloy
