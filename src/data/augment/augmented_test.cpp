#include <gtest/gtest.h>
#include <sloy/augmentations.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "data/example_memory.h"
#include "data/loader.h"
#include "harness/messages.h"
#include "tensor/random.h"

namespace sloy::data {
namespace {

using harness::message_of;

constexpr std::int64_t height = 6;
constexpr std::int64_t width = 5;

/// Colour images of random pixels, of three classes in turn.
Dataset images(std::int64_t count, DType dtype = DType::uint8) {
  Tensor pixels(DType::float32, {count, height, width, 3});
  fill_uniform(random_key(3, Purpose::generate), {}, 0, pixels.mutable_values<float>());
  Tensor labels(DType::int32, {count});
  for (std::int64_t i = 0; i < count; ++i) {
    labels.mutable_values<std::int32_t>()[static_cast<std::size_t>(i)] =
        static_cast<std::int32_t>(i % 3);
  }
  if (dtype == DType::float32) return from_tensors(pixels, labels);
  for (float& value : pixels.mutable_values<float>()) value = std::floor(value * 256);
  return from_tensors(pixels.cast(DType::uint8), labels);
}

/// Images all of whose values are this.
Dataset plain(std::int64_t count, std::uint8_t value, Shape shape = {16, 12, 3}) {
  Tensor pixels(DType::uint8, {count, shape[0], shape[1], shape[2]});
  std::ranges::fill(pixels.mutable_values<std::uint8_t>(), value);
  return from_tensors(std::move(pixels));
}

Example read(const Dataset& dataset, std::int64_t index, std::int64_t epoch) {
  ExampleMemory memory(dataset.spec());
  Slot slot = memory.slot();
  slot.epoch = epoch;
  dataset.read(index, slot);
  return memory.take();
}

/// The bytes of all features of an epoch as a loader gives them.
std::vector<std::byte> epoch_bytes(const Dataset& dataset, int workers, std::int64_t epoch) {
  Loader loader(dataset, {.batch_size = 7, .shuffle = true, .seed = 2, .workers = workers});
  loader.start(epoch);
  std::vector<std::byte> bytes;
  while (const Batch* batch = loader.next()) {
    for (const auto& parts : {batch->features, batch->targets}) {
      for (std::span<const std::byte> part : parts) {
        bytes.insert(bytes.end(), part.begin(), part.end());
      }
    }
  }
  return bytes;
}

const std::vector<Augmentation>& many() {
  static const std::vector<Augmentation> all{RandomFlip{},
                                             RandomCrop{.padding = 2},
                                             RandomRotation{.factor = 0.1},
                                             RandomColorJitter{.brightness_factor = 0.2,
                                                               .contrast_factor = 0.2,
                                                               .saturation_factor = 0.6,
                                                               .hue_factor = 0.2},
                                             RandomErasing{},
                                             RandomGaussianNoise{},
                                             RandAugment{},
                                             MixUp{}};
  return all;
}

TEST(Augmented, HasTheSameBytesForAnyNumberOfWorkers) {
  const Dataset changed = augmented(images(40).one_hot(), many(), 11);
  const std::vector<std::byte> alone = epoch_bytes(changed, 0, 3);
  EXPECT_EQ(epoch_bytes(changed, 1, 3), alone);
  EXPECT_EQ(epoch_bytes(changed, 4, 3), alone);
}

TEST(Augmented, DependsOnSeedEpochExampleAndPlaceInTheList) {
  const Dataset base = plain(2, 100);
  const auto image = [&](std::uint64_t seed, std::int64_t index, std::int64_t epoch,
                         std::vector<Augmentation> list) {
    return read(augmented(base, list, seed), index, epoch).features[0];
  };
  const Tensor first = image(1, 0, 0, {RandomGaussianNoise{}});
  EXPECT_EQ(image(1, 0, 0, {RandomGaussianNoise{}}), first);
  EXPECT_NE(image(2, 0, 0, {RandomGaussianNoise{}}), first);
  EXPECT_NE(image(1, 1, 0, {RandomGaussianNoise{}}), first);
  EXPECT_NE(image(1, 0, 1, {RandomGaussianNoise{}}), first);
  EXPECT_NE(image(1, 0, 0, {RandomFlip{}, RandomGaussianNoise{}}), first);
}

/// The default, or for those that by default would change nothing, which is refused, the least.
Augmentation with_needed_numbers(const TypeEntry<Augmentation>& entry) {
  Config needed = Config::Map{};
  if (entry.name == "RandomCrop") needed["padding"] = 1;
  if (entry.name == "RandomShear") needed["x_factor"] = 0.2;
  if (entry.name == "RandomColorJitter") needed["hue_factor"] = 0.2;
  if (!needed.as_map().empty()) {
    EXPECT_THROW(augmented(images(1), {entry.make_default()}, 1), ConfigError) << entry.name;
  }
  return entry.make(needed);
}

TEST(Augmented, EveryTypeKeepsImagesAndFloatsInTheirRange) {
  for (const TypeEntry<Augmentation>& entry : augmentation_types()) {
    const Augmentation change = with_needed_numbers(entry);
    const Dataset bytes = augmented(images(6).one_hot(), {change}, 1);
    EXPECT_EQ(bytes.spec().features[0], images(1).spec().features[0]) << entry.name;
    for (std::int64_t i = 0; i < 6; ++i) static_cast<void>(bytes[i]);
    if (entry.name == "RandomResizedCrop" || entry.name == "RandomPosterization" ||
        entry.name == "Equalization" || entry.name == "RandAugment") {
      EXPECT_THROW(augmented(images(6, DType::float32).one_hot(), {change}, 1), DataError)
          << entry.name;
      continue;
    }
    const Dataset floats = augmented(images(6, DType::float32).one_hot(), {change}, 1);
    for (std::int64_t i = 0; i < 6; ++i) {
      const Tensor image = floats[i].features[0];
      for (float value : image.values<float>()) {
        ASSERT_TRUE(std::isfinite(value)) << entry.name;
        if (entry.name == "RandomGaussianNoise") continue;
        ASSERT_GE(value, 0.0f) << entry.name;
        ASSERT_LE(value, 1.0f) << entry.name;
      }
    }
  }
}

/// Of what is not rounded to whole values: both dtypes are changed alike.
TEST(Augmented, FloatsAndBytesAreChangedAlike) {
  const Dataset bytes = images(12);
  Tensor scaled(DType::float32, {12, height, width, 3});
  for (std::int64_t i = 0; i < 12; ++i) {
    const Tensor image = bytes[i].features[0];
    for (std::size_t k = 0; k < image.values<std::uint8_t>().size(); ++k) {
      scaled.mutable_values<float>()[static_cast<std::size_t>(i) * height * width * 3 + k] =
          static_cast<float>(image.values<std::uint8_t>()[k]) / 255.0f;
    }
  }
  const Dataset floats = from_tensors(scaled);
  for (const Augmentation& change : std::vector<Augmentation>{
           RandomFlip{}, RandomCrop{.padding = 2, .fill_mode = FillMode::reflect},
           RandomTranslation{}, RandomRotation{}, RandomZoom{}, RandomShear{0.2, 0.2},
           RandomBrightness{}, RandomContrast{}, RandomSaturation{}, RandomHue{},
           RandomColorDegeneration{}, RandomGrayscale{}, RandomInvert{}, AutoContrast{},
           RandomSharpness{}, RandomGaussianBlur{}, RandomErasing{}, RandomCutout{}}) {
    const Dataset of_bytes = augmented(bytes, {change}, 4);
    const Dataset of_floats = augmented(floats, {change}, 4);
    for (std::int64_t i = 0; i < 12; ++i) {
      const Tensor one = of_bytes[i].features[0];
      const Tensor other = of_floats[i].features[0];
      for (std::size_t k = 0; k < one.values<std::uint8_t>().size(); ++k) {
        ASSERT_NEAR(one.values<std::uint8_t>()[k], 255 * other.values<float>()[k], 0.5001)
            << change.type();
      }
    }
  }
}

/// Standardized images, or those of 0 to 255: moved and mixed as they are, refused where a change
/// would cut them off at 1.
TEST(Augmented, FloatsOfAnotherRangeAreMovedOrRefused) {
  Tensor large(DType::float32, {2, height, width, 3});
  for (std::size_t i = 0; i < large.values<float>().size(); ++i) {
    large.mutable_values<float>()[i] = static_cast<float>(i % 256) - 20;
  }
  const Dataset images = from_tensors(large);
  for (const Augmentation& change : std::vector<Augmentation>{
           RandomFlip{}, RandomCrop{.padding = 2, .fill_value = -20}, RandomTranslation{},
           RandomRotation{}, RandomZoom{}, RandomShear{0.2, 0.2}, RandomGrayscale{.factor = 1},
           RandomGaussianBlur{}, RandomErasing{.fill_value = 235},
           RandomCutout{.fill_value = -20}}) {
    const Dataset changed = augmented(images, {change}, 4);
    float highest = 0;
    for (std::int64_t i = 0; i < 2; ++i) {
      const Tensor image = changed[i].features[0];
      for (float value : image.values<float>()) highest = std::max(highest, value);
    }
    EXPECT_GT(highest, 100.0f) << change.type();
  }
  for (const Augmentation& change :
       std::vector<Augmentation>{RandomBrightness{}, RandomContrast{}, RandomSaturation{},
                                 RandomHue{}, RandomColorJitter{.hue_factor = 0.1}, RandomInvert{},
                                 Solarization{}, AutoContrast{}, RandomSharpness{}}) {
    EXPECT_EQ(
        message_of([&] { augmented(images, {change}, 4)[1]; }).substr(0, 30 + change.type().size()),
        std::string(change.type()) + " takes float images of values ")
        << change.type();
  }
  Tensor nothing({1, 1, 1, 3}, std::vector<float>{0, std::nanf(""), 1});
  EXPECT_THROW(augmented(from_tensors(nothing), {RandomBrightness{}}, 4)[0], DataError);
}

TEST(Augmented, TargetsThatAreTheFeaturesChangeWithThem) {
  for (const Dataset& base : {images(9).targeting_features(),
                              images(9).one_hot().targeting({Target::targets, Target::features})}) {
    const Dataset changed =
        augmented(base, {RandomFlip{}, RandomGaussianNoise{}, RandomCrop{.padding = 1}}, 3);
    for (std::int64_t i = 0; i < 9; ++i) {
      const Example example = changed[i];
      EXPECT_EQ(example.targets.back(), example.features[0]);
      EXPECT_NE(example.features[0], base[i].features[0]);
    }
  }
}

TEST(Augmented, AnAugmentationOfOnesOwnIsAnyTypeWithApply) {
  struct Darkened {
    void apply(ImageIn<std::uint8_t> in, ImageOut<std::uint8_t> out, Random& random) const {
      const std::int64_t by = random.integer(3);
      for (std::ptrdiff_t i = 0; i < in.size(); ++i) {
        out.pixels[i] = static_cast<std::uint8_t>(in.pixels[i] - by);
      }
    }
  };
  const Dataset changed = augmented(plain(60, 100), {Darkened{}}, 1);
  std::set<int> values;
  for (std::int64_t i = 0; i < 60; ++i) {
    values.insert(changed[i].features[0].values<std::uint8_t>()[0]);
  }
  EXPECT_EQ(values, (std::set<int>{98, 99, 100}));
}

TEST(Augmented, OneOfWholeExamplesIsAnyTypeWithRead) {
  struct Next {  // the example after this one
    void read(const Dataset& base, std::int64_t index, Slot slot, Random&) const {
      base.read((index + 1) % base.size(), slot);
    }
  };
  const Dataset changed = augmented(images(4), {Next{}}, 1);
  EXPECT_EQ(changed[3].features[0], images(4)[0].features[0]);
  EXPECT_EQ(changed[0].targets[0].item(), 1);
}

std::string refusal(const Augmentation& change, const Dataset& dataset) {
  return message_of([&] { static_cast<void>(augmented(dataset, {RandomFlip{}, change}, 1)); });
}

TEST(Augmented, RefusesWhatDoesNotFit) {
  const Dataset grey = plain(2, 9, {4, 4, 1});
  EXPECT_EQ(refusal(RandomHue{}, grey),
            "RandomHue changes colours, the images have none\n"
            "  channels       1           3 needed: red, green, blue\n"
            "  augmentation   RandomHue   number 2 of 2\n"
            "  to fix         leave it out");
  const Dataset points = from_tensors(Tensor(DType::float32, {4, 2}));
  EXPECT_EQ(message_of([&] { static_cast<void>(augmented(points, {RandomFlip{}}, 1)); }),
            "RandomFlip changes images, the features are none\n"
            "  features       float32 (2)\n"
            "  needed         uint8 or float32 (height, width, channels)\n"
            "  augmentation   RandomFlip   number 1 of 1\n"
            "  to fix         leave it out, or give images (height, width, channels)");
  const Dataset whole = from_tensors(Tensor(DType::int32, {4, 2, 2, 3}));
  EXPECT_EQ(message_of([&] { static_cast<void>(augmented(whole, {RandomFlip{}}, 1)); }),
            "RandomFlip takes images of uint8 or float32, these are int32\n"
            "  features       int32 (2, 2, 3)\n"
            "  augmentation   RandomFlip   number 1 of 1\n"
            "  to fix         give uint8 images as they are read, or float32");
  EXPECT_NE(refusal(MixUp{}, images(4)).find("MixUp mixes targets, class labels can't be mixed"),
            std::string::npos);
  EXPECT_NE(refusal(CutMix{}, images(4)).find("label_mode = \"categorical\""), std::string::npos);
  EXPECT_NE(refusal(RandomCrop{.height = 40}, grey).find("cuts out more than there is"),
            std::string::npos);
  EXPECT_NE(refusal(RandomCrop{.padding = 4}, grey).find("the padding is larger than the images"),
            std::string::npos);
  const Dataset same = images(4).targeting_features();
  EXPECT_NE(refusal(RandomCrop{.height = 2}, same).find("the features get another shape"),
            std::string::npos);
}

TEST(Augmented, RefusesNumbersThatWontDo) {
  const Dataset data = images(4).one_hot();
  for (const Augmentation& change : std::vector<Augmentation>{
           RandomRotation{.factor = 1.5},
           RandomRotation{.factor = {0.2, 0.1}},
           RandomRotation{.interpolation = Interpolation::bicubic},
           RandomZoom{.height_factor = -2},
           RandomTranslation{.fill_value = std::nan("")},
           RandomTranslation{.fill_value = 9},
           RandomCrop{.padding = 1, .fill_mode = FillMode::wrap, .fill_value = 9},
           RandomCrop{.padding = -1},
           RandomCrop{.height = 0},
           RandomBrightness{2},
           RandomContrast{1.5},
           RandomSaturation{{-0.1, 0.5}},
           RandomHue{1.01},
           RandomGrayscale{-0.5},
           RandomPosterization{2.5},
           RandomPosterization{9},
           RandomGaussianBlur{.kernel_size = 4},
           RandomErasing{.scale = {0.5, 1.2}},
           RandomGaussianNoise{-1},
           MixUp{0},
           CutMix{{0.2, 2}},
           RandAugment{.num_ops = 0},
           RandomResizedCrop{.ratio = {0, 1}}}) {
    EXPECT_THROW(augmented(data, {change}, 1), ConfigError)
        << change.type() << " " << to_config(change).describe();
  }
}

TEST(Augmented, MixUpMixesFeaturesAndTargetsAlike) {
  // Example i is all of value i, its target too: whatever is mixed, both stay equal.
  constexpr std::int64_t count = 50;
  Tensor features(DType::float32, {count, 4});
  Tensor targets(DType::float32, {count, 1});
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < 4; ++k) {
      features.mutable_values<float>()[4 * i + k] = static_cast<float>(i);
    }
    targets.mutable_values<float>()[i] = static_cast<float>(i);
  }
  const Dataset mixed = augmented(from_tensors(features, targets), {MixUp{.alpha = 1}}, 8);
  int changed = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Example example = mixed[i];
    EXPECT_EQ(example.features[0].values<float>()[3], example.targets[0].item());
    if (example.targets[0].item() != static_cast<double>(i)) ++changed;
  }
  EXPECT_GT(changed, count / 2);
}

TEST(Augmented, CutMixMixesTargetsByTheAreaThatIsCut) {
  constexpr std::int64_t count = 60;
  Tensor pixels(DType::uint8, {count, 10, 8, 1});
  Tensor labels(DType::int32, {count});
  for (std::size_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::uint8_t>(i % 4);
    std::fill_n(pixels.mutable_values<std::uint8_t>().begin() + i * 80, 80, label);
    labels.mutable_values<std::int32_t>()[i] = label;
  }
  const Dataset cut = augmented(from_tensors(pixels, labels).one_hot(), {CutMix{}}, 8);
  int mixed = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Example example = cut[i];
    std::array<double, 4> shares{};
    for (std::uint8_t value : example.features[0].values<std::uint8_t>()) shares[value] += 1.0 / 80;
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_NEAR(example.targets[0].values<float>()[k], shares[k], 1e-6);
    }
    mixed += std::ranges::count_if(shares, [](double share) { return share > 0; }) == 2;
  }
  EXPECT_GT(mixed, count / 2);
}

}  // namespace
}  // namespace sloy::data
