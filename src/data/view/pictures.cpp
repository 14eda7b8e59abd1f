#include "data/view/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "data/example_memory.h"

namespace sloy::data {
namespace {

/// The numbers that are drawn black and white.
struct Range {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -std::numeric_limits<double>::infinity();

  void include(const Tensor& picture) {
    for (const float value : picture.values<float>()) {
      if (!std::isfinite(value)) continue;
      lowest = std::min<double>(lowest, value);
      highest = std::max<double>(highest, value);
    }
  }
  /// The narrowest of the usual ranges that holds all.
  Range usual() const {
    constexpr std::array<std::pair<double, double>, 3> known{{{0, 1}, {-1, 1}, {0, 255}}};
    for (const auto& [least, most] : known) {
      if (lowest >= least && highest <= most) return {least, most};
    }
    return *this;
  }
};

Tensor as_bytes(const Tensor& picture, const Range& range) {
  Tensor bytes(DType::uint8, picture.shape());
  const double scale = range.highest > range.lowest ? 255 / (range.highest - range.lowest) : 0;
  std::ranges::transform(
      picture.values<float>(), bytes.mutable_values<std::uint8_t>().begin(), [&](float value) {
        const double byte = std::isfinite(value) ? (value - range.lowest) * scale : 0;
        return static_cast<std::uint8_t>(std::lround(std::clamp(byte, 0.0, 255.0)));
      });
  return bytes;
}

Shape with_channels(Shape shape) {
  if (shape.rank() == 2) shape.push_back(1);
  return shape;
}

/// Many large pictures would take all memory for what is seen at a small size.
Tensor within(const Tensor& picture, ImageSize most) {
  const ImageIn<std::uint8_t> in = image_of(picture);
  if (in.height <= most.height && in.width <= most.width) return picture;
  Tensor smaller(DType::uint8, {most.height, most.width, in.channels});
  resize(in, whole_of(in), Interpolation::bilinear, mutable_image_of(smaller));
  return smaller;
}

}  // namespace

bool are_images(const Spec& spec) {
  if (spec.features.empty()) return false;
  const Shape& shape = spec.features[0].shape;
  if (shape.rank() != 2 && shape.rank() != 3) return false;
  return shape.size() > 0 && (shape.rank() == 2 || shape.size(2) == 1 || shape.size(2) == 3);
}

std::vector<Pictures> read_pictures(const Dataset& dataset, const std::vector<Group>& groups,
                                    const ContactSheetOptions& options, ImageSize most) {
  std::vector<Pictures> all;
  const ExampleMemory memory(dataset.spec());
  Slot slot = memory.slot();
  const bool are_bytes = dataset.spec().features[0].dtype == DType::uint8;
  Range range;
  for (const Group& group : groups) {
    Pictures& pictures = all.emplace_back();
    for (const std::int64_t index : group.shown) {
      for (std::int64_t repeat = 0; repeat < options.repeats; ++repeat) {
        slot.epoch = options.epoch + repeat;
        dataset.read(index, slot);
        const Tensor& read = memory.tensors().features[0];
        // Copies: the next example is read into the same memory.
        const Shape shape = with_channels(read.shape());
        if (are_bytes) {
          pictures.push_back(within(Tensor(shape, read.values<std::uint8_t>()), most));
          continue;
        }
        const Tensor numbers = read.cast(DType::float32);
        range.include(pictures.emplace_back(shape, numbers.values<float>()));
      }
    }
  }
  if (are_bytes) return all;
  for (Pictures& pictures : all) {
    for (Tensor& picture : pictures) picture = as_bytes(picture, range.usual());
  }
  return all;
}

}  // namespace sloy::data
