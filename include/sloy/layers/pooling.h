/// Pooling layers: one number for each window, or for each channel.
#pragma once

#include <string>

#include <sloy/layer.h>
#include <sloy/layers/sizes.h>
#include <sloy/ops.h>

namespace sloy {

/// The largest of each window; cells added by padding never win. Sizes as Conv2D's. Of equals the
/// first gets the gradient.
/// (batch, height, width, channels) → (batch, height′, width′, channels)
struct SLOY_EXPORT MaxPool2D {
  IntPair pool_size = 2;    ///< pixels the window sees in each direction
  IntPair strides = {};     ///< pixels from one window to the next; left out: the pool's size
  Padding padding = valid;  ///< cells around the image
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("pool_size", &MaxPool2D::pool_size);
    field("strides", &MaxPool2D::strides);
    field("padding", &MaxPool2D::padding);
    field("name", &MaxPool2D::name);
  }
};
using MaxPooling2D = MaxPool2D;

/// The mean of each window; cells added by padding don't count. Sizes as Conv2D's.
/// (batch, height, width, channels) → (batch, height′, width′, channels)
struct SLOY_EXPORT AveragePool2D {
  IntPair pool_size = 2;    ///< pixels the window sees in each direction
  IntPair strides = {};     ///< pixels from one window to the next; left out: the pool's size
  Padding padding = valid;  ///< cells around the image
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("pool_size", &AveragePool2D::pool_size);
    field("strides", &AveragePool2D::strides);
    field("padding", &AveragePool2D::padding);
    field("name", &AveragePool2D::name);
  }
};
using AveragePooling2D = AveragePool2D;

/// The mean of each channel over the image (Lin, Chen and Yan 2014).
/// (batch, height, width, channels) → (batch, channels)
struct SLOY_EXPORT GlobalAveragePooling2D {
  bool keepdims = false;  ///< the result is (batch, 1, 1, channels)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("keepdims", &GlobalAveragePooling2D::keepdims);
    field("name", &GlobalAveragePooling2D::name);
  }
};

}  // namespace sloy
