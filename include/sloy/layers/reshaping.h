/// Reshaping layers: the same numbers under another shape, repeated, or with others around them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sloy/layer.h>
#include <sloy/layers/sizes.h>

namespace sloy {

/// Every position repeated `size` times along each direction: the nearest neighbour, without
/// interpolation.
/// (batch, spatial…, channels) → (batch, size·spatial…, channels)
template <int N>
struct SLOY_EXPORT UpSampling {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("UpSampling1D", "UpSampling2D", "UpSampling3D");

  Sizes<N> size = 2;  ///< how often along each direction, 1 or more
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("size", &UpSampling::size);
    field("name", &UpSampling::name);
  }
};
using UpSampling1D = UpSampling<1>;
using UpSampling2D = UpSampling<2>;
using UpSampling3D = UpSampling<3>;

/// Zeros before the first and after the last position of each direction.
/// (batch, spatial…, channels) → (batch, before + spatial + after…, channels)
template <int N>
struct SLOY_EXPORT ZeroPadding {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D");

  Margins<N> padding = 1;  ///< how many at each end, 0 or more
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("padding", &ZeroPadding::padding);
    field("name", &ZeroPadding::name);
  }
};
using ZeroPadding1D = ZeroPadding<1>;
using ZeroPadding2D = ZeroPadding<2>;
using ZeroPadding3D = ZeroPadding<3>;

/// Positions cut off both ends of each direction; one or more must stay.
/// (batch, spatial…, channels) → (batch, spatial − before − after…, channels)
template <int N>
struct SLOY_EXPORT Cropping {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("Cropping1D", "Cropping2D", "Cropping3D");

  /// how many at each end, 0 or more; Cropping1D and Cropping3D have 1
  Margins<N> cropping = N == 2 ? 0 : 1;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("cropping", &Cropping::cropping);
    field("name", &Cropping::name);
  }
};
using Cropping1D = Cropping<1>;
using Cropping2D = Cropping<2>;
using Cropping3D = Cropping<3>;

/// All numbers of an example in one row.
/// (batch, a, b, …) → (batch, a·b·…)
struct SLOY_EXPORT Flatten {
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) { field("name", &Flatten::name); }
};

/// The same numbers, in the same order, under another shape.
/// (batch, …) → (batch, target_shape…)
struct SLOY_EXPORT Reshape {
  /// needed: sizes without the batch; one may be -1, which stands for what is left
  std::vector<std::int64_t> target_shape = {};
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("target_shape", &Reshape::target_shape, Needed{});
    field("name", &Reshape::name);
  }
};

}  // namespace sloy
