/// Patterns: networks of a known form, made from a few numbers.
///
///     Sequential model = conv_net({.input = {32, 32, 3}, .classes = 10, .blocks = 3});
#pragma once

#include <sloy/model.h>

namespace sloy {

/// INPUT → [[CONV → ReLU]·N → POOL?]·M → [FC → ReLU]·K → Softmax.
struct ConvNetPattern {
  Shape input = {};      ///< needed: of an example, (height, width, channels)
  int classes = 0;       ///< needed: how many the softmax tells apart
  int convolutions = 2;  ///< N: convolutions of a block
  int blocks = 2;        ///< M
  int dense = 1;         ///< K: dense layers before the last
  bool pool = true;      ///< whether a block ends in max pooling of 2×2, which halves the image
  int filters = 32;      ///< of the first block's convolutions; every block has twice as many
  int kernel_size = 3;   ///< of the convolutions, whose padding keeps the image's size
  int units = 128;       ///< of the K dense layers
};

/// The net, for a loss on probabilities. Its layers can be looked at and saved like any. Throws
/// ConfigError where N or a size is below 1, or M or K below 0, and ShapeError where the input is
/// no image or too small for so much pooling.
SLOY_EXPORT Sequential conv_net(const ConvNetPattern& pattern);

}  // namespace sloy
