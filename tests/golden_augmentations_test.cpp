// Augmented images against what torchvision, SciPy, colorsys and NumPy make of them.

#include <gtest/gtest.h>
#include <sloy/augmentation.h>

#include <set>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::Golden;

/// The largest difference of two images of one shape.
int distance(const Tensor& a, const Tensor& b) {
  const std::span<const std::uint8_t> one = a.values<std::uint8_t>();
  const std::span<const std::uint8_t> other = b.values<std::uint8_t>();
  int largest = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    largest = std::max(largest, std::abs(one[i] - other[i]));
  return largest;
}

/// As many examples of one image as show every result with near certainty.
data::Dataset many_times(const Tensor& image, std::size_t results) {
  const auto times = static_cast<std::int64_t>(20 * results);
  const Shape& shape = image.shape();
  Tensor images(DType::uint8, {times, shape[0], shape[1], shape[2]});
  const std::span<const std::uint8_t> pixels = image.values<std::uint8_t>();
  for (std::size_t i = 0; i < static_cast<std::size_t>(times); ++i) {
    std::copy(pixels.begin(), pixels.end(),
              images.mutable_values<std::uint8_t>().begin() + i * pixels.size());
  }
  return data::from_tensors(std::move(images));
}

TEST(GoldenAugmentations, AreWhatOthersMake) {
  const Golden golden("augmentations");
  for (const Golden::Case& of : golden.cases()) {
    const auto tolerance = static_cast<int>(of.attributes.at("tolerance").as_integer());
    std::vector<Tensor> results;
    for (std::int64_t i = 0; i < of.attributes.at("results").as_integer(); ++i) {
      results.push_back(golden.tensor(of, "result_" + std::to_string(i)).cast(DType::uint8));
    }
    const Tensor pixels = golden.tensor(of, "pixels").cast(DType::uint8);
    const data::Dataset changed =
        data::augmented(many_times(pixels, results.size()),
                        {data::augmentation_from_config(of.attributes.at("augmentation"))}, 5);
    ASSERT_EQ(changed.spec().features[0].shape, results[0].shape()) << of.name;
    std::set<std::size_t> seen;
    for (std::int64_t i = 0; i < changed.size(); ++i) {
      const Tensor image = changed[i].features[0];
      int nearest = 256;
      for (std::size_t result = 0; result < results.size(); ++result) {
        const int difference = distance(image, results[result]);
        nearest = std::min(nearest, difference);
        if (difference <= tolerance) seen.insert(result);
      }
      ASSERT_LE(nearest, tolerance) << of.name << ", example " << i;
    }
    EXPECT_EQ(seen.size(), results.size()) << of.name;
  }
}

}  // namespace
}  // namespace sloy
