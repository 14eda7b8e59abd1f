/// Regularization layers: noise in training, nothing in inference. Every example has noise of its
/// own, and other noise at each step. The shape stays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sloy/layer.h>

namespace sloy {

/// Where dropout makes up for what it drops. Both forms have the same expectation in training and
/// in inference.
enum class DropoutForm : std::uint8_t {
  inverted,  ///< training divides what is kept by 1 − rate; inference gives x itself
  classic    ///< training leaves what is kept as it is; inference gives x·(1 − rate)
};
constexpr std::array<std::string_view, 2> enum_names(DropoutForm) {
  return {"inverted", "classic"};
}

/// In training each number becomes 0 with probability `rate`, independently of the others
/// (Srivastava et al. 2014): x·m / (1 − rate), with m drawn anew from {0, 1} for each example and
/// step; in inference x. It usually stands after the activation.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT Dropout {
  double rate = 0;  ///< needed: probability to become 0, in [0, 1)
  /// shape of the mask, batch first: 1 where it is the same along an axis, -1 for the input's size.
  /// Left out: every number has its own
  std::vector<int> noise_shape = {};
  /// where it makes up for what it drops; Keras has the inverted form alone
  DropoutForm form = DropoutForm::inverted;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("rate", &Dropout::rate, Needed{});
    field("noise_shape", &Dropout::noise_shape);
    field("form", &Dropout::form);
    field("name", &Dropout::name);
  }
};

/// Dropout of whole channels (Tompson et al. 2015), since neighbouring positions are alike: in
/// training x·m / (1 − rate) with one m for each example and channel; in inference x.
/// SpatialDropout1D takes (batch, length, channels), 2D images, 3D (batch, frames, height, width,
/// channels).
/// (batch, spatial…, channels) → (batch, spatial…, channels)
template <int N>
struct SLOY_EXPORT SpatialDropout {
  static constexpr std::string_view type_name = N == 1   ? "SpatialDropout1D"
                                                : N == 2 ? "SpatialDropout2D"
                                                         : "SpatialDropout3D";
  double rate = 0;  ///< needed: probability of a channel to become 0, in [0, 1)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("rate", &SpatialDropout::rate, Needed{});
    field("name", &SpatialDropout::name);
  }
};
using SpatialDropout1D = SpatialDropout<1>;
using SpatialDropout2D = SpatialDropout<2>;
using SpatialDropout3D = SpatialDropout<3>;

/// In training each number is multiplied by one drawn from N(1, rate / (1 − rate)), mean and
/// variance of inverted dropout's factor (Srivastava et al. 2014, section 10); in inference x.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT GaussianDropout {
  double rate = 0;  ///< needed: of the dropout it stands for, in [0, 1)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("rate", &GaussianDropout::rate, Needed{});
    field("name", &GaussianDropout::name);
  }
};

/// In training x + ξ, with ξ drawn from N(0, stddev²) for each number; in inference x. A denoising
/// autoencoder learns to remove it (Vincent et al. 2010).
/// (batch, …) → (batch, …)
struct SLOY_EXPORT GaussianNoise {
  double stddev = 0;  ///< needed: 0 or more
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("stddev", &GaussianNoise::stddev, Needed{});
    field("name", &GaussianNoise::name);
  }
};

/// Dropout for selu, which keeps mean 0 and variance 1 (Klambauer et al. 2017): in training a·(x
/// or, with probability `rate`, α′) + b, with α′ = −1.0507009873554805·1.6732632423543772, a =
/// 1/√((1 − rate)·(1 + rate·α′²)) and b = −a·rate·α′; in inference x.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT AlphaDropout {
  double rate = 0;  ///< needed: probability to become α′, in [0, 1)
  std::vector<int> noise_shape = {};
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("rate", &AlphaDropout::rate, Needed{});
    field("noise_shape", &AlphaDropout::noise_shape);
    field("name", &AlphaDropout::name);
  }
};

}  // namespace sloy
