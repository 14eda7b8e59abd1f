/// Reshaping layers: the same numbers under another shape, repeated, or with others around them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sloy/layer.h>
#include <sloy/layers/sizes.h>

namespace sloy {

/// Every pixel repeated `size` times in both directions.
/// (batch, height, width, channels) → (batch, size·height, size·width, channels)
struct SLOY_EXPORT UpSampling2D {
  IntPair size = 2;  ///< how often, in each direction
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("size", &UpSampling2D::size);
    field("name", &UpSampling2D::name);
  }
};

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
    field("target_shape", &Reshape::target_shape);
    field("name", &Reshape::name);
  }
};

}  // namespace sloy
