/// Examples mixed with others of their set.
#include <fmt/format.h>
#include <sloy/error.h>

#include <cmath>
#include <limits>

#include "base/arguments.h"
#include "data/augment/rectangle.h"
#include "data/augment/values.h"
#include "data/example_memory.h"

namespace sloy::data {
namespace {

/// Throws DataError where targets are no numbers that could be mixed. Those that are the features
/// follow them.
void check_targets(const Spec& spec, std::string_view type) {
  const int first = spec.first_reproduced.value_or(std::numeric_limits<int>::max());
  for (int part = 0; part < static_cast<int>(spec.targets.size()); ++part) {
    const bool follows = first <= part && part < first + static_cast<int>(spec.features.size());
    if (follows || spec.targets[static_cast<std::size_t>(part)].dtype == DType::float32) continue;
    throw DataError(fmt::format("{} mixes targets, class labels can't be mixed", type),
                    {{"targets", to_string(spec.targets)}},
                    "make them rows: data.one_hot(), in a recipe label_mode = \"categorical\", "
                    "with a loss on rows: CategoricalCrossentropy");
  }
}

/// Targets mixed: `share` of those in the slot and the rest of the other ones.
void mix_targets(const Spec& spec, const Slot& slot, const Slot& other, double share) {
  const auto own = static_cast<float>(share);
  for (std::size_t part = 0; part < slot.targets.size(); ++part) {
    if (spec.targets[part].dtype != DType::float32) continue;
    const std::span<float> values = slot.target_as<float>(part);
    const std::span<float> others = other.target_as<float>(part);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = own * values[i] + (1 - own) * others[i];
    }
  }
}

template <class T>
void mix_values(std::span<T> values, std::span<const T> others, double share) {
  const auto own = static_cast<float>(share);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] =
        rounded<T>(own * static_cast<float>(values[i]) + (1 - own) * static_cast<float>(others[i]));
  }
}

/// Another example of the set, maybe the same one.
class Other {
 public:
  Other(const Dataset& base, std::int64_t epoch, Random& random)
      : features_(base.spec().features),
        targets_(base.spec().targets),
        weights_(base.spec().weights),
        slot_{.features = features_.spans(),
              .targets = targets_.spans(),
              .weights = weights_.spans(),
              .epoch = epoch} {
    base.read(random.integer(base.size()), slot_);
  }
  const Slot& slot() const { return slot_; }

 private:
  Scratch features_;
  Scratch targets_;
  Scratch weights_;
  Slot slot_;
};

}  // namespace

Spec MixUp::output_spec(const Spec& spec) const {
  require_number(alpha > 0, "alpha", alpha, "above 0");
  check_targets(spec, "MixUp");
  for (const Type& features : spec.features) {
    if (features.dtype == DType::uint8 || features.dtype == DType::float32) continue;
    throw DataError("MixUp mixes uint8 and float32, not the features",
                    {{"features", to_string(spec.features)}}, "leave it out");
  }
  return spec;
}

void MixUp::read(const Dataset& base, std::int64_t index, const Slot& slot, Random& random) const {
  base.read(index, slot);
  const Other other(base, slot.epoch, random);
  const double share = random.beta(alpha);
  for (std::size_t part = 0; part < slot.features.size(); ++part) {
    if (base.spec().features[part].dtype == DType::uint8) {
      mix_values<std::uint8_t>(slot.features_as<std::uint8_t>(part),
                               other.slot().features_as<std::uint8_t>(part), share);
    } else {
      mix_values<float>(slot.features_as<float>(part), other.slot().features_as<float>(part),
                        share);
    }
  }
  mix_targets(base.spec(), slot, other.slot(), share);
}

Spec CutMix::output_spec(const Spec& spec) const {
  check("factor", factor, 0, 1);
  check_targets(spec, "CutMix");
  if (spec.features.empty() || spec.features[0].shape.rank() != 3) {
    throw DataError("CutMix needs images", {{"features", to_string(spec.features)}},
                    "leave it out, or give images (height, width, channels)");
  }
  return spec;
}

void CutMix::read(const Dataset& base, std::int64_t index, const Slot& slot, Random& random) const {
  base.read(index, slot);
  const Other other(base, slot.epoch, random);
  // Beta(0, 0) is 0 or 1, which the smallest of numbers is as good as.
  constexpr double smallest = 1e-6;
  const double share = random.beta(std::max(drawn_from_zero(factor, random), smallest));
  const Type& image = base.spec().features[0];
  const auto height = static_cast<int>(image.shape[0].size());
  const auto width = static_cast<int>(image.shape[1].size());
  const double side = std::sqrt(1 - share);
  const Rectangle part = Rectangle::within(height, width, side, side, random);
  const std::size_t pixel_bytes = image.bytes() / static_cast<std::size_t>(height) / width;
  for (int y = part.top; y < part.bottom; ++y) {
    const std::size_t at = (static_cast<std::size_t>(y) * width + part.left) * pixel_bytes;
    const std::size_t bytes = static_cast<std::size_t>(part.width()) * pixel_bytes;
    std::copy_n(other.slot().features[0].begin() + at, bytes, slot.features[0].begin() + at);
  }
  const double area = static_cast<double>(part.height()) * part.width();
  mix_targets(base.spec(), slot, other.slot(), 1 - area / height / width);
}

}  // namespace sloy::data
