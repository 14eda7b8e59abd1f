/// Regularization layers: noise in training, nothing in inference. Every example has noise of its
/// own, and other noise at each step. The shape stays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sloy/layer.h>

namespace sloy {

/// Where dropout makes up for what is missing. Both give the same expectation in training and use.
enum class DropoutForm : std::uint8_t {
  inverted,  ///< in training what is kept is divided by 1 − rate; in use x is itself
  classic    ///< in training what is kept is itself; in use x is multiplied by 1 − rate
};
constexpr std::array<std::string_view, 2> enum_names(DropoutForm) {
  return {"inverted", "classic"};
}

/// In training each number becomes 0 with probability `rate`, independent of others (Srivastava et
/// al. 2014, who have the classic form). It stands after the activation.
struct SLOY_EXPORT Dropout {
  double rate = 0;  ///< needed: the probability to become 0, in [0, 1)
  /// sizes of the mask, batch first: 1 where it is the same along an axis, -1 for the input's size.
  /// Left out: every number has its own
  std::vector<int> noise_shape = {};
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

/// Dropout of whole channels, as neighbours within one are alike (Tompson et al. 2015):
/// SpatialDropout1D on (batch, length, channels), 2D on images, 3D on (batch, frames, height,
/// width, channels).
template <int N>
struct SLOY_EXPORT SpatialDropout {
  static constexpr std::string_view type_name = N == 1   ? "SpatialDropout1D"
                                                : N == 2 ? "SpatialDropout2D"
                                                         : "SpatialDropout3D";
  double rate = 0;
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

/// In training each number is multiplied by one drawn from N(1, rate / (1 − rate)), the mean and
/// variance of inverted dropout's factor (Srivastava et al. 2014, section 10).
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

/// In training a number drawn from N(0, stddev²) is added to each: what a denoising autoencoder
/// learns to take away.
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

/// Dropout for selu, which keeps mean 0 and variance 1 (Klambauer et al. 2017). In training
/// a·(x or, with probability `rate`, α′) + b with α′ = −1.0507009873554805·1.6732632423543772,
/// a = 1/√((1 − rate)·(1 + rate·α′²)), b = −a·rate·α′.
struct SLOY_EXPORT AlphaDropout {
  double rate = 0;  ///< needed: the probability to become α′, in [0, 1)
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
