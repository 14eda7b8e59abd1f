#include <gtest/gtest.h>
#include <sloy/data_view.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>

#include "data/view/canvas.h"
#include "data/view/font.h"
#include "harness/messages.h"

namespace sloy::data {
namespace {

using harness::message_of;

using Pixel = std::array<int, 3>;

Pixel at(const Tensor& page, std::int64_t y, std::int64_t x) {
  const auto pixels = page.values<std::uint8_t>();
  const auto place = static_cast<std::size_t>(3 * (y * page.shape().size(1) + x));
  return {pixels[place], pixels[place + 1], pixels[place + 2]};
}

std::int64_t count(const Tensor& page, Pixel wanted) {
  std::int64_t found = 0;
  for (std::int64_t y = 0; y < page.shape().size(0); ++y) {
    for (std::int64_t x = 0; x < page.shape().size(1); ++x) found += at(page, y, x) == wanted;
  }
  return found;
}

/// Images of 32×32 pixels that all have the example's number.
Dataset plain_images(std::int64_t size, int channels, std::vector<std::int32_t> labels) {
  Tensor pixels(DType::uint8, {size, 32, 32, channels});
  auto values = pixels.mutable_values<std::uint8_t>();
  const std::size_t each = values.size() / static_cast<std::size_t>(size);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i / each);
  const auto rows = static_cast<std::int64_t>(labels.size());
  return from_tensors(pixels, Tensor({rows}, labels));
}

TEST(ContactSheet, HasARowForEachClassThatHasExamples) {
  const Dataset images = plain_images(6, 1, {2, 0, 2, 0, 2, 2});
  const Tensor page = contact_sheet(images, {.examples = 2});
  // 32 pixels are magnified four times; two rows and two columns of them.
  EXPECT_EQ(count(page, {1, 1, 1}), 128 * 128);
  EXPECT_EQ(count(page, {3, 3, 3}), 128 * 128);
  EXPECT_EQ(count(page, {0, 0, 0}), 128 * 128) << "spread: the first and the third of class 2";
  EXPECT_EQ(count(page, {4, 4, 4}), 128 * 128);
  EXPECT_EQ(count(page, {2, 2, 2}), 0);
  EXPECT_EQ(count(page, {5, 5, 5}), 0);
  EXPECT_LT(page.shape().size(0), 3 * 128) << "class 1 has no example";
  const std::int64_t right = page.shape().size(1) - 16 - 1;
  EXPECT_EQ(at(page, 16, right), (Pixel{3, 3, 3})) << "class 0 is the first row";
  EXPECT_EQ(at(page, 16 + 128 + 8, right), (Pixel{4, 4, 4}));
}

TEST(ContactSheet, IsAsWideAsItsLongestRow) {
  const Dataset images = plain_images(6, 1, {2, 0, 2, 0, 2, 2});
  EXPECT_EQ(contact_sheet(images, {.examples = 50}).shape(),
            contact_sheet(images, {.examples = 4}).shape());
  const Tensor page = contact_sheet(images, {.examples = 4});
  EXPECT_EQ(at(page, 160, page.shape().size(1) - 16), (Pixel{222, 222, 222})) << "a frame";
  EXPECT_EQ(at(page, 160, page.shape().size(1) - 16 + 1), (Pixel{255, 255, 255}));
}

TEST(ContactSheet, NamesItsRows) {
  const Tensor images(DType::uint8, {2, 32, 32, 1});
  const Tensor labels({2}, std::vector<std::int32_t>{0, 1});
  const Tensor named = contact_sheet(from_tensors(images, labels, {"l", "LLL"}));
  const Tensor numbered = contact_sheet(from_tensors(images, labels));
  EXPECT_EQ(named.shape().size(1) - numbered.shape().size(1), 2 * 2 * (letter_width + 1));
  // The stem of "l", black on white: pixels of letters are twice two.
  Canvas canvas(20, 20);
  canvas.write(0, 0, "l", 2, black);
  const Tensor letter = canvas.take();
  const std::int64_t top = 16 + (128 - (7 * 2 + 4 + 9)) / 2;
  for (std::int64_t y = 0; y < 14; ++y) {
    for (std::int64_t x = 0; x < 10; ++x) {
      EXPECT_EQ(at(named, top + y, 16 + x), at(letter, y, x)) << y << ", " << x;
    }
  }
}

TEST(ContactSheet, DrawsColoursAsTheyAre) {
  Tensor pixels(DType::uint8, {1, 2, 2, 3});
  auto values = pixels.mutable_values<std::uint8_t>();
  values[0] = 200;
  values[4] = 150;
  const Tensor page = contact_sheet(from_tensors(pixels));
  EXPECT_EQ(count(page, {200, 0, 0}), 64 * 64) << "blocks: nothing is smoothed";
  EXPECT_EQ(count(page, {0, 150, 0}), 64 * 64);
}

TEST(ContactSheet, DrawsNumbersWithinTheUsualRangeThatHoldsThem) {
  const auto drawn = [](float low, float high) {
    const Tensor page =
        contact_sheet(from_tensors(Tensor({1, 1, 2}, std::vector<float>{low, high})));
    return std::array{at(page, 16, 16)[0], at(page, 16, 16 + 64)[0]};
  };
  EXPECT_EQ(drawn(0.2f, 0.6f), (std::array{51, 153}));
  EXPECT_EQ(drawn(-0.2f, 1), (std::array{102, 255}));
  EXPECT_EQ(drawn(0, 51), (std::array{0, 51}));
  EXPECT_EQ(drawn(-300, 700), (std::array{0, 255}));
}

/// Every read is of one brightness: that of the pass.
struct OtherEveryPass {
  std::int64_t size() const { return 2; }
  Spec spec() const { return {.features = {DType::uint8, {32, 32, 1}}, .targets = {}}; }
  void read(std::int64_t, const Slot& slot) const {
    std::ranges::fill(slot.features_as<std::uint8_t>(), static_cast<std::uint8_t>(slot.epoch));
  }
};

TEST(ContactSheet, ShowsAnExampleInSeveralPasses) {
  const Tensor page = contact_sheet(OtherEveryPass{}, {.examples = 1, .repeats = 3, .epoch = 40});
  for (const int epoch : {40, 41, 42}) {
    EXPECT_EQ(count(page, {epoch, epoch, epoch}), 128 * 128) << epoch;
  }
}

TEST(ContactSheet, SetsExamplesApartThatHaveSeveralPictures) {
  const auto width = [](const ContactSheetOptions& options) {
    return contact_sheet(plain_images(8, 1, {0, 0, 0, 0, 0, 0, 0, 0}), options).shape().size(1);
  };
  EXPECT_GT(width({.examples = 2, .repeats = 3}), width({.examples = 6}));
  EXPECT_EQ(width({.examples = 1, .repeats = 3}), width({.examples = 3}));
  EXPECT_LE(width({.examples = 300, .repeats = 3}), 2000);
}

TEST(ContactSheet, IsNeverLargerThanAPage) {
  for (const int classes : {1, 100, 3000}) {
    for (const std::int64_t examples : {1, 10, 1000}) {
      std::vector<std::int32_t> labels;
      for (int i = 0; i < classes; ++i) labels.push_back(i);
      const Tensor page = contact_sheet(plain_images(classes, 1, labels), {.examples = examples});
      EXPECT_LE(page.shape().size(0), 2000) << classes << ", " << examples;
      EXPECT_LE(page.shape().size(1), 2000) << classes << ", " << examples;
    }
  }
  const Tensor large(DType::uint8, {3, 900, 1800, 3});
  EXPECT_LE(contact_sheet(from_tensors(large)).shape().size(1), 2000);
}

TEST(ContactSheet, DrawsPointsInTheColoursOfTheirClasses) {
  const Tensor points({3, 2}, std::vector<float>{0, 0, 1, 1, 0, 1});
  const Dataset dataset = from_tensors(points, Tensor({3}, std::vector<std::int32_t>{0, 1, 1}));
  const Tensor page = contact_sheet(dataset);
  // From the lower left corner, 4 % inside, to the upper right one.
  const std::int64_t left = 92, top = 24, side = 720, border = 27;
  EXPECT_EQ(at(page, top + side - border, left + border), (Pixel{0x1f, 0x5f, 0xae}));
  EXPECT_EQ(at(page, top + border, left + side - border), (Pixel{0xc2, 0x57, 0x0c}));
  EXPECT_EQ(at(page, top + border, left + border), (Pixel{0xc2, 0x57, 0x0c}));
  EXPECT_EQ(at(page, top + side / 3, left + side / 3), (Pixel{255, 255, 255}));
}

TEST(ContactSheet, DrawsPointsOfVeryDifferentScalesEachByItsOwn) {
  const auto drawn = [](float height) {
    const Tensor points({3, 2}, std::vector<float>{0, 0, 1, height, 0, height});
    return contact_sheet(from_tensors(points, Tensor({3}, std::vector<std::int32_t>{0, 1, 1})));
  };
  EXPECT_EQ(drawn(1000).shape().size(0), drawn(1).shape().size(0)) << "a square";
  EXPECT_LT(drawn(0.2f).shape().size(0), drawn(1).shape().size(0)) << "of one plane";
}

TEST(ContactSheet, IsTheSameEveryTime) {
  const Dataset dataset = moons({.size = 300});
  EXPECT_TRUE(std::ranges::equal(contact_sheet(dataset).values<std::uint8_t>(),
                                 contact_sheet(dataset).values<std::uint8_t>()));
}

TEST(ContactSheet, SaysWhatHasNoPicture) {
  EXPECT_EQ(message_of([] {
              contact_sheet(from_tensors(Tensor(DType::float32, {4, 7})));
            }),
            "there is no picture of such features\n"
            "  features   float32 (7)\n"
            "  to fix     images (height, width, 1 or 3) and points of the plane (2) can be shown");
  EXPECT_THROW(contact_sheet(Dataset()), DataError);
  EXPECT_THROW(contact_sheet(moons(), {.examples = 0}), ConfigError);
}

TEST(ClassLabels, AreFoundInAnyForm) {
  const Dataset labels = plain_images(4, 1, {0, 1, 1, 0});
  const std::vector<std::int32_t> expected{0, 1, 1, 0};
  EXPECT_EQ(class_labels(labels), expected);
  EXPECT_EQ(class_labels(labels.one_hot()), expected);
  EXPECT_EQ(class_labels(labels.labelled(LabelMode::binary)), expected);
  EXPECT_TRUE(class_labels(plane()).empty());
  EXPECT_TRUE(class_labels(labels.targeting_features()).empty());
}

TEST(Font, DrawsABoxForWhatItDoesNotKnow) {
  EXPECT_EQ(drawable("aé"), "a\x7f") << "one letter of two bytes";
  EXPECT_TRUE(is_ink('\x7f', 0, 0));
  EXPECT_TRUE(is_ink('L', 0, 3));
  EXPECT_FALSE(is_ink('L', 4, 3));
  for (int y = 0; y < letter_height; ++y) {
    for (int x = 0; x < letter_width; ++x) EXPECT_FALSE(is_ink(' ', x, y));
  }
}

TEST(Canvas, CutsLongNames) {
  EXPECT_EQ(fitted("pullover", 1, 100), "pullover");
  const std::string cut = fitted("a very long name of a class", 1, 60);
  EXPECT_TRUE(cut.ends_with("..")) << cut;
  EXPECT_LE(text_width(cut, 1), 60);
}

}  // namespace
}  // namespace sloy::data
