/// Initializers: the first values of weights. Names, defaults and formulas are Keras's.
///
/// The scaled ones take their variance from the weight's shape: from its fans, in (how many inputs
/// feed one unit) and out (how many units one input feeds). For a kernel (window…, in, out) they
/// are window·in and window·out. Kernels of depthwise and transposed convolutions are read by the
/// same rule, as in Keras, though their last axes mean something else: a depthwise 3×3 kernel of 16
/// channels has in = 144, where 9 inputs feed a unit.
///
/// The normal ones among them are truncated at two standard deviations and widened by 1 /
/// 0.87962566103423978, so that the variance is the formula's after that.
///
/// One of your own is a struct with `fill`, which writes all elements in row-major order:
///
///     struct Checkerboard {
///       void fill(std::span<float> out, const Shape&, WeightRandom&) const {
///         for (std::size_t i = 0; i < out.size(); ++i) out[i] = i % 2 == 0 ? 1.0f : -1.0f;
///       }
///     };
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <sloy/described.h>
#include <sloy/tensor.h>

namespace sloy {

/// Random numbers for one weight: a function of the run's seed and the weight's path, so adding a
/// layer elsewhere changes nothing.
class SLOY_EXPORT WeightRandom {
 public:
  WeightRandom(std::uint64_t seed, std::string_view path);

  /// Uniform in [low, high).
  void uniform(std::span<float> out, double low, double high);
  /// Normal, by Box and Muller's method (1958).
  void normal(std::span<float> out, double mean, double stddev);
  /// Normal, drawn again where it is more than two standard deviations from the mean.
  void truncated_normal(std::span<float> out, double mean, double stddev);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t draws_ = 0;  ///< each draw has a range of steps of its own
};

/// How many inputs feed one unit, and how many units one input feeds: for a kernel of shape
/// (window…, in, out) window·in and window·out.
struct SLOY_EXPORT Fans {
  double in = 1;
  double out = 1;
};
/// Of a row (n) both are n, of a scalar 1.
SLOY_EXPORT Fans fans(const Shape& shape);

/// w = 0.
struct SLOY_EXPORT Zeros {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// w = 1.
struct SLOY_EXPORT Ones {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// w = value.
struct SLOY_EXPORT Constant {
  double value = 0;  ///< of every number, finite
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) { field("value", &Constant::value); }
};
/// w ~ N(mean, stddev²).
struct SLOY_EXPORT RandomNormal {
  double mean = 0;       ///< finite
  double stddev = 0.05;  ///< standard deviation, 0 or more
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) {
    field("mean", &RandomNormal::mean);
    field("stddev", &RandomNormal::stddev);
  }
};
/// w ~ U[minval, maxval).
struct SLOY_EXPORT RandomUniform {
  double minval = -0.05;  ///< finite
  double maxval = 0.05;   ///< minval or more
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) {
    field("minval", &RandomUniform::minval);
    field("maxval", &RandomUniform::maxval);
  }
};
/// w ~ N(mean, stddev²), drawn again where it is more than two `stddev` from `mean`: the standard
/// deviation of what is left is 0.88·stddev.
struct SLOY_EXPORT TruncatedNormal {
  double mean = 0;       ///< finite
  double stddev = 0.05;  ///< before truncation, 0 or more
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) {
    field("mean", &TruncatedNormal::mean);
    field("stddev", &TruncatedNormal::stddev);
  }
};

/// What a variance is divided by.
enum class FanMode : std::uint8_t {
  fan_in,   ///< how many inputs feed one unit
  fan_out,  ///< how many units one input feeds
  fan_avg   ///< the mean of the two
};
constexpr std::array<std::string_view, 3> enum_names(FanMode) {
  return {"fan_in", "fan_out", "fan_avg"};
}
/// How the numbers of a VarianceScaling are distributed.
enum class WeightDistribution : std::uint8_t {
  truncated_normal,    ///< normal, drawn again beyond two standard deviations, then widened
  untruncated_normal,  ///< N(0, 1)·√(scale / fan)
  uniform              ///< on ±√(3·scale / fan)
};
constexpr std::array<std::string_view, 3> enum_names(WeightDistribution) {
  return {"truncated_normal", "untruncated_normal", "uniform"};
}

/// Mean 0 and variance scale / fan (He et al. 2015). GlorotUniform to LecunNormal are its usual
/// forms. Lectures write them untruncated: N(0, 1)/√in has scale 1 and fan_in, Glorot's N(0, 1)·√(2
/// / (in + out)) scale 1 and fan_avg, He's N(0, 1)·√(2 / in) scale 2 and fan_in.
struct SLOY_EXPORT VarianceScaling {
  double scale = 1;                ///< above 0
  FanMode mode = FanMode::fan_in;  ///< which fan
  /// normal, truncated or not, or uniform
  WeightDistribution distribution = WeightDistribution::truncated_normal;
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) {
    field("scale", &VarianceScaling::scale);
    field("mode", &VarianceScaling::mode);
    field("distribution", &VarianceScaling::distribution);
  }
};

/// Uniform on ±1 / √in, with variance 1 / (3·in): what Glorot and Bengio (2010) call standard, and
/// PyTorch's default for the weights of linear layers and of convolutions that are neither
/// depthwise nor transposed. Keras has none.
struct SLOY_EXPORT StandardUniform {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// Uniform on ±√(6 / (in + out)) (Glorot and Bengio 2010).
struct SLOY_EXPORT GlorotUniform {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// Truncated normal with variance 2 / (in + out) (Glorot and Bengio 2010).
struct SLOY_EXPORT GlorotNormal {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// Uniform on ±√(6 / in) (He et al. 2015): for ReLU.
struct SLOY_EXPORT HeUniform {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// Truncated normal with variance 2 / in (He et al. 2015): for ReLU.
struct SLOY_EXPORT HeNormal {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// Uniform on ±√(3 / in) (LeCun et al. 1998).
struct SLOY_EXPORT LecunUniform {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};
/// Truncated normal with variance 1 / in (LeCun et al. 1998).
struct SLOY_EXPORT LecunNormal {
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&&) {}
};

/// gain·Q, with Q of the QR decomposition of a random normal matrix (Saxe, McClelland and Ganguli
/// 2014): a matrix with orthogonal columns, or rows where those are fewer, of length gain. A kernel
/// (window…, in, out) is taken as (window·in, out). Weights of one axis are refused.
struct SLOY_EXPORT Orthogonal {
  double gain = 1;  ///< length of the columns or rows, finite
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) { field("gain", &Orthogonal::gain); }
};
/// w = gain·I: gain on the diagonal of a matrix, else 0 (Le, Jaitly and Hinton 2015). For weights
/// of two axes.
struct SLOY_EXPORT Identity {
  double gain = 1;  ///< on the diagonal, finite
  void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const;
  static void fields(auto&& field) { field("gain", &Identity::gain); }
};

/// Any of these, or a type of your own with the same `fill`.
class SLOY_EXPORT Initializer {
 public:
  template <class T>
  requires requires(const T& t, std::span<float> out, const Shape& s, WeightRandom& r) {
    t.fill(out, s, r);
  }
  Initializer(T initializer)  // NOLINT: Zeros{} is an initializer
      : held_(std::make_shared<Held<T>>(std::move(initializer))) {}
  Initializer() : Initializer(GlorotUniform{}) {}

  /// The first values, float32, of the weight at `path` in a run with this seed.
  Tensor operator()(const Shape& shape, std::uint64_t seed, std::string_view path) const;

  /// "GlorotUniform".
  std::string_view type() const { return held_->type(); }
  friend SLOY_EXPORT Config to_config(const Initializer& initializer);

 private:
  struct Interface : detail::DescribedBase {
    virtual void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    void fill(std::span<float> out, const Shape& shape, WeightRandom& random) const override {
      this->value.fill(out, shape, random);
    }
  };
  std::shared_ptr<const Interface> held_;
};

/// { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const Initializer& initializer);
/// Throws ConfigError on a type it doesn't find here or in CustomTypes, naming the nearest.
SLOY_EXPORT void from_config(const Config& config, Initializer& initializer);
/// The built-in initializers, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Initializer>> initializer_types();

}  // namespace sloy
