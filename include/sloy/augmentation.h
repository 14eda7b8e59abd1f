/// Augmentation: examples changed at random on their way into a training, another way in every
/// epoch. Nothing is stored more than once, and data that a model is measured on stay as they are.
///
///     Model model = Sequential{Input{28, 28, 1}, Flatten{}, Dense{.units = 10}};
///     model.compile({.loss = SparseCategoricalCrossentropy{.from_logits = true}});
///     model.fit(data::fashion_mnist().train,
///               {.epochs = 2,
///                .augment = {data::RandomFlip{.mode = data::FlipMode::horizontal},
///                            data::RandomCrop{.padding = 4}}});
///
/// What happens to an example depends on the seed, its number and the epoch alone: examples have
/// the same bytes for any number of threads and loader workers, and when a training is resumed.
///
/// An augmentation of your own is any type with a member `apply`, for images:
///
///     struct Mirrored {  // every other time the picture and its mirror image side by side
///       void apply(data::ImageIn<std::uint8_t> in, data::ImageOut<std::uint8_t> out,
///                  data::Random& random) const {
///         const bool is_left = random.chance(0.5);
///         for (int y = 0; y < in.height; ++y) {
///           for (int x = 0; x < in.width; ++x) {
///             const int from = (2 * x < in.width) == is_left ? x : in.width - 1 - x;
///             for (int c = 0; c < in.channels; ++c) out.at(y, x, c) = in.at(y, from, c);
///           }
///         }
///       }
///     };
///     data::Dataset mirrored = data::augmented(data::fashion_mnist().train, {Mirrored{}}, 7);
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <sloy/data.h>
#include <sloy/described.h>
#include <sloy/image.h>

namespace sloy::data {

/// Random numbers for one change of one example in one epoch: the same each time they are asked
/// for, whichever thread asks, by Philox4x32-10 (Salmon et al. 2011).
class SLOY_EXPORT Random {
 public:
  /// For the augmentation that stands at `position` in its list.
  Random(std::uint64_t seed, std::uint64_t position, std::int64_t epoch, std::int64_t example);

  /// Uniform in [0, 1), a multiple of 2⁻³².
  double uniform();
  /// Uniform in [low, high): low where they are equal.
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// One of 0 … count − 1, all alike but for 2⁻³²·count of their probability. REQUIRES: 1 ≤ count.
  std::int64_t integer(std::int64_t count);
  /// Whether something of this probability happens: never for 0, always for 1.
  bool chance(double probability) { return uniform() < probability; }
  /// Normal of mean 0 and deviation 1.
  double normal();
  /// Fills it with such numbers.
  void fill_normal(std::span<float> out);
  /// Beta(a, a), by Jöhnk (1964) where a ≤ 1, else by Marsaglia and Tsang's (2000) gamma numbers.
  /// REQUIRES: 0 < a.
  double beta(double a);

 private:
  double gamma(double shape);

  std::array<std::uint32_t, 2> key_;
  std::uint64_t epoch_;
  std::uint64_t example_;
  std::uint32_t block_ = 0;   ///< the next block of single numbers
  std::uint64_t filled_ = 0;  ///< numbers given by fill_normal
  std::array<std::uint32_t, 4> words_ = {};
  int used_ = 4;  ///< of the words
};

/// An augmentation of images: writes `in`, changed, to `out`, every pixel of it. It takes uint8;
/// one for float32 images too has a second `apply` for those, or one that is a template.
template <class T>
concept ImageAugmentation = requires(const T& change, ImageIn<std::uint8_t> in,
                                     ImageOut<std::uint8_t> out, Random& random) {
  change.apply(in, out, random);
};

/// An augmentation of whole examples, which may need others of the set: `read` fills the slot with
/// example `index` of `base`, changed.
template <class T>
concept ExampleAugmentation = requires(const T& change, const Dataset& base, std::int64_t index,
                                       Slot slot, Random& random) {
  change.read(base, index, slot, random);
};

/// The size of an image (height, width, channels).
struct ImageShape {
  int height = 0;
  int width = 0;
  int channels = 0;
  bool operator==(const ImageShape&) const = default;
};

/// Any augmentation.
///
/// Two members say more of one: `data::ImageShape output_shape(data::ImageShape in) const`, for
/// images, the size that an image gets; `data::Spec output_spec(const data::Spec& in) const`, for
/// examples, what they look like then. Both are asked before anything is read, and throw where the
/// data or the augmentation's own numbers won't do.
class SLOY_EXPORT Augmentation {
 public:
  template <class T>
  requires(!std::same_as<T, Augmentation> && (ImageAugmentation<T> || ExampleAugmentation<T>))
      Augmentation(T change)  // NOLINT: RandomFlip{} is an augmentation
      : held_(std::make_shared<Held<T>>(std::move(change))) {}

  /// "RandomFlip".
  std::string_view type() const { return held_->type(); }
  /// What examples of this spec look like when they are changed. Throws ConfigError or DataError,
  /// where the augmentation's numbers, or such data, won't do.
  Spec output_spec(const Spec& spec) const { return held_->output_spec(spec); }
  /// Example `index` of `base`, changed. REQUIRES: slot as output_spec says.
  void read(const Dataset& base, std::int64_t index, const Slot& slot, Random& random) const {
    held_->read(base, index, slot, random);
  }

  friend SLOY_EXPORT Config to_config(const Augmentation& augmentation);

 private:
  /// The `apply` of a type, without the type.
  struct ImageChange {
    const void* change = nullptr;
    void (*bytes)(const void*, ImageIn<std::uint8_t>, ImageOut<std::uint8_t>, Random&) = nullptr;
    void (*floats)(const void*, ImageIn<float>, ImageOut<float>, Random&) = nullptr;
  };
  /// The first features of example `index`, changed and of this shape, and the rest as it is.
  static void read_changed_image(const Dataset& base, std::int64_t index, const Slot& slot,
                                 Random& random, const ImageChange& change,
                                 const ImageShape& shape);
  /// The size of images. Throws DataError where the first features are none of a dtype that the
  /// type takes.
  static ImageShape image_shape(const Spec& spec, std::string_view type, bool takes_floats);
  static Spec with_image_shape(Spec spec, const ImageShape& shape);

  struct Interface : detail::DescribedBase {
    virtual Spec output_spec(const Spec& spec) const = 0;
    virtual void read(const Dataset& base, std::int64_t index, const Slot& slot,
                      Random& random) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    static constexpr bool takes_floats =
        requires(const T& change, ImageIn<float> in, ImageOut<float> out, Random& random) {
      change.apply(in, out, random);
    };

    Spec output_spec(const Spec& spec) const override {
      if constexpr (ImageAugmentation<T>) {
        const ImageShape shape = image_shape(spec, this->type(), takes_floats);
        return with_image_shape(spec, changed(shape));
      } else if constexpr (requires { this->value.output_spec(spec); }) {
        return this->value.output_spec(spec);
      } else {
        return spec;
      }
    }
    void read(const Dataset& base, std::int64_t index, const Slot& slot,
              Random& random) const override {
      if constexpr (ImageAugmentation<T>) {
        const ImageShape shape = image_shape(base.spec(), this->type(), takes_floats);
        read_changed_image(base, index, slot, random, image_change(), changed(shape));
      } else {
        this->value.read(base, index, slot, random);
      }
    }
    ImageShape changed(const ImageShape& shape) const {
      if constexpr (requires { this->value.output_shape(shape); }) {
        return this->value.output_shape(shape);
      }
      return shape;
    }
    ImageChange image_change() const {
      ImageChange change{.change = &this->value};
      change.bytes = [](const void* type_erased, ImageIn<std::uint8_t> in,
                        ImageOut<std::uint8_t> out, Random& random) {
        static_cast<const T*>(type_erased)->apply(in, out, random);
      };
      if constexpr (takes_floats) {
        change.floats = [](const void* type_erased, ImageIn<float> in, ImageOut<float> out,
                           Random& random) {
          static_cast<const T*>(type_erased)->apply(in, out, random);
        };
      }
      return change;
    }
  };

  std::shared_ptr<const Interface> held_;
};

/// The same examples, each changed by these in their order, another way in every epoch. Where the
/// targets are the features (targeting_features), both change alike. Throws ConfigError where an
/// augmentation's numbers won't do, DataError where the data won't do for it.
SLOY_EXPORT Dataset augmented(Dataset dataset, const std::vector<Augmentation>& augmentations,
                              std::uint64_t seed);
/// What they make of such examples. Throws as `augmented`.
SLOY_EXPORT Spec augmented_spec(Spec spec, const std::vector<Augmentation>& augmentations);

/// { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const Augmentation& augmentation);
/// A list of them, of built-in types and those in CustomTypes.
SLOY_EXPORT void from_config(const Config& config, std::vector<Augmentation>& augmentations);
/// For CustomTypes: an augmentation of your own that recipes may name.
template <class T>
constexpr TypeEntry<Augmentation> register_augmentation() {
  return type_entry<Augmentation, T>();
}
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Augmentation augmentation_from_config(
    const Config& config, std::span<const TypeEntry<Augmentation>> custom = {});
/// The built-in augmentations, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Augmentation>> augmentation_types();

}  // namespace sloy::data
