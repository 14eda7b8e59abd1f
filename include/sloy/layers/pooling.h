/// Pooling layers, of one to three directions: one number for each window, or for each channel.
/// Sizes become what they do in convolutions.
#pragma once

#include <string>

#include <sloy/layer.h>
#include <sloy/layers/sizes.h>

namespace sloy {

/// The largest number of each window (Ranzato et al. 2007). Cells added by padding never win; among
/// equals the first gets the gradient. Along each direction a size n becomes ⌊(n + before + after −
/// pool) / stride⌋ + 1, with `same` ⌈n / stride⌉.
/// (batch, spatial…, channels) → (batch, spatial′…, channels)
template <int N>
struct SLOY_EXPORT MaxPooling {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("MaxPool1D", "MaxPool2D", "MaxPool3D");

  Sizes<N> pool_size = 2;   ///< cells of the window along each direction, 1 or more
  Sizes<N> strides = {};    ///< cells from one window to the next, 1 or more; left out: pool_size
  Padding padding = valid;  ///< cells around the data; numbers are below the pool's size
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("pool_size", &MaxPooling::pool_size);
    field("strides", &MaxPooling::strides);
    field("padding", &MaxPooling::padding);
    field("name", &MaxPooling::name);
  }
};
using MaxPool1D = MaxPooling<1>;
using MaxPool2D = MaxPooling<2>;
using MaxPool3D = MaxPooling<3>;

/// The mean of each window (LeCun et al. 1998). Along each direction a size n becomes ⌊(n + before
/// + after − pool) / stride⌋ + 1, with `same` ⌈n / stride⌉.
/// (batch, spatial…, channels) → (batch, spatial′…, channels)
template <int N>
struct SLOY_EXPORT AveragePooling {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("AveragePool1D", "AveragePool2D", "AveragePool3D");

  Sizes<N> pool_size = 2;   ///< cells of the window along each direction, 1 or more
  Sizes<N> strides = {};    ///< cells from one window to the next, 1 or more; left out: pool_size
  Padding padding = valid;  ///< cells around the data; numbers are below the pool's size
  bool count_include_pad = false;  ///< whether added cells count, as zeros; in PyTorch they do
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("pool_size", &AveragePooling::pool_size);
    field("strides", &AveragePooling::strides);
    field("padding", &AveragePooling::padding);
    field("count_include_pad", &AveragePooling::count_include_pad);
    field("name", &AveragePooling::name);
  }
};
using AveragePool1D = AveragePooling<1>;
using AveragePool2D = AveragePooling<2>;
using AveragePool3D = AveragePooling<3>;

/// The mean of each channel over all positions (Lin, Chen and Yan 2014).
/// (batch, spatial…, channels) → (batch, channels)
template <int N>
struct SLOY_EXPORT GlobalAveragePooling {
  static constexpr std::string_view type_name = detail::name_by_directions<N>(
      "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D");

  bool keepdims = false;  ///< whether the result is (batch, 1…, channels)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("keepdims", &GlobalAveragePooling::keepdims);
    field("name", &GlobalAveragePooling::name);
  }
};
using GlobalAveragePooling1D = GlobalAveragePooling<1>;
using GlobalAveragePooling2D = GlobalAveragePooling<2>;
using GlobalAveragePooling3D = GlobalAveragePooling<3>;

/// The largest number of each channel over all positions (Oquab et al. 2015); among equals the
/// first gets the gradient.
/// (batch, spatial…, channels) → (batch, channels)
template <int N>
struct SLOY_EXPORT GlobalMaxPooling {
  static constexpr std::string_view type_name = detail::name_by_directions<N>(
      "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D");

  bool keepdims = false;  ///< whether the result is (batch, 1…, channels)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("keepdims", &GlobalMaxPooling::keepdims);
    field("name", &GlobalMaxPooling::name);
  }
};
using GlobalMaxPooling1D = GlobalMaxPooling<1>;
using GlobalMaxPooling2D = GlobalMaxPooling<2>;
using GlobalMaxPooling3D = GlobalMaxPooling<3>;

// Keras's other names.
using MaxPooling1D = MaxPool1D;
using AveragePooling1D = AveragePool1D;
using AvgPool1D = AveragePool1D;
using GlobalAvgPool1D = GlobalAveragePooling1D;
using GlobalMaxPool1D = GlobalMaxPooling1D;
using MaxPooling2D = MaxPool2D;
using AveragePooling2D = AveragePool2D;
using AvgPool2D = AveragePool2D;
using GlobalAvgPool2D = GlobalAveragePooling2D;
using GlobalMaxPool2D = GlobalMaxPooling2D;
using MaxPooling3D = MaxPool3D;
using AveragePooling3D = AveragePool3D;
using AvgPool3D = AveragePool3D;
using GlobalAvgPool3D = GlobalAveragePooling3D;
using GlobalMaxPool3D = GlobalMaxPooling3D;

}  // namespace sloy
