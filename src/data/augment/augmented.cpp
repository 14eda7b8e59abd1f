/// Data sets whose examples change from epoch to epoch.
#include <fmt/format.h>
#include <sloy/augmentation.h>
#include <sloy/error.h>

#include <cstring>

#include "data/example_memory.h"

namespace sloy::data {
namespace {

template <class T>
Image<T> image_in(std::span<std::byte> bytes, const ImageShape& shape) {
  return {reinterpret_cast<T*>(bytes.data()), shape.height, shape.width, shape.channels};
}

/// REQUIRES: rank 3.
ImageShape shape_of(const Type& image) {
  const auto dim = [&](int axis) { return static_cast<int>(image.shape[axis].size()); };
  return {dim(0), dim(1), dim(2)};
}

/// What examples are like behind the augmentation at `position`.
Spec spec_behind(const std::vector<Augmentation>& augmentations, std::size_t position,
                 const Spec& spec) {
  const Augmentation& change = augmentations[position];
  try {
    Spec changed = change.output_spec(spec);
    if (changed.first_reproduced && changed.features != spec.features) {
      throw DataError(
          "the features get another shape, the targets, which are the features, don't",
          {{"features", to_string(spec.features)}, {"changed", to_string(changed.features)}},
          "make them targets afterwards: augmented(…).targeting_features()");
    }
    return changed;
  } catch (Error& error) {
    error.add({"augmentation", std::string(change.type()),
               fmt::format("number {} of {}", position + 1, augmentations.size())});
    throw;
  }
}

/// A set behind one augmentation. Several are several of these: one that needs other examples gets
/// them as those before it leave them.
class Augmented {
 public:
  Augmented(Dataset base, Augmentation change, Spec spec, std::uint64_t seed,
            std::uint64_t position)
      : base_(std::move(base)),
        change_(std::move(change)),
        spec_(std::move(spec)),
        seed_(seed),
        position_(position) {}

  std::int64_t size() const { return base_.size(); }
  const Spec& spec() const { return spec_; }
  std::string name(std::int64_t index) const { return base_.name(index); }
  void read(std::int64_t index, const Slot& slot) const {
    Random random(seed_, position_, slot.epoch, index);
    change_.read(base_, index, slot, random);
    const std::optional<int> reproduced = spec_.first_reproduced;
    if (!reproduced) return;
    for (std::size_t part = 0; part < slot.features.size(); ++part) {
      const std::span<std::byte> target =
          slot.targets[static_cast<std::size_t>(*reproduced) + part];
      std::memcpy(target.data(), slot.features[part].data(), target.size());
    }
  }

 private:
  Dataset base_;
  Augmentation change_;
  Spec spec_;
  std::uint64_t seed_;
  std::uint64_t position_;
};

}  // namespace

ImageShape Augmentation::image_shape(const Spec& spec, std::string_view type, bool takes_floats) {
  const auto refuse = [&](std::string needed) {
    throw DataError(fmt::format("{} changes images, the features are none", type),
                    {{"features", to_string(spec.features)}, {"needed", std::move(needed)}},
                    "leave it out, or give images (height, width, channels)");
  };
  const std::string dtypes = takes_floats ? "uint8 or float32" : "uint8";
  if (spec.features.empty() || spec.features[0].shape.rank() != 3) {
    refuse(dtypes + " (height, width, channels)");
  }
  const Type& image = spec.features[0];
  if (image.dtype != DType::uint8 && !(takes_floats && image.dtype == DType::float32)) {
    throw DataError(
        fmt::format("{} takes images of {}, these are {}", type, dtypes, to_string(image.dtype)),
        {{"features", to_string(spec.features)}},
        takes_floats ? "give uint8 images as they are read, or float32"
                     : "give uint8 images as they are read, or write its change for "
                       "floats too");
  }
  return shape_of(image);
}

Spec Augmentation::with_image_shape(Spec spec, const ImageShape& shape) {
  std::vector<Type> features(spec.features.begin(), spec.features.end());
  features[0].shape = {shape.height, shape.width, shape.channels};
  spec.features = Types(std::move(features));
  return spec;
}

void Augmentation::read_changed_image(const Dataset& base, std::int64_t index, const Slot& slot,
                                      Random& random, const ImageChange& change,
                                      const ImageShape& shape) {
  const Spec& spec = base.spec();
  const Scratch features(spec.features);
  base.read(index, {.features = features.spans(),
                    .targets = slot.targets,
                    .weights = slot.weights,
                    .epoch = slot.epoch});
  for (std::size_t part = 1; part < slot.features.size(); ++part) {
    std::memcpy(slot.features[part].data(), features.spans()[part].data(),
                slot.features[part].size());
  }
  const Type& type = spec.features[0];
  const std::span<std::byte> in = features.spans()[0];
  const std::span<std::byte> out = slot.features[0];
  if (type.dtype == DType::uint8) {
    change.bytes(change.change, image_in<const std::uint8_t>(in, shape_of(type)),
                 image_in<std::uint8_t>(out, shape), random);
  } else {
    change.floats(change.change, image_in<const float>(in, shape_of(type)),
                  image_in<float>(out, shape), random);
  }
}

Spec augmented_spec(Spec spec, const std::vector<Augmentation>& augmentations) {
  for (std::size_t position = 0; position < augmentations.size(); ++position) {
    spec = spec_behind(augmentations, position, spec);
  }
  return spec;
}

Dataset augmented(Dataset dataset, const std::vector<Augmentation>& augmentations,
                  std::uint64_t seed) {
  for (std::size_t position = 0; position < augmentations.size(); ++position) {
    Spec spec = spec_behind(augmentations, position, dataset.spec());
    dataset =
        Augmented(std::move(dataset), augmentations[position], std::move(spec), seed, position);
  }
  return dataset;
}

}  // namespace sloy::data
