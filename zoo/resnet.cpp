/// Residual networks (He et al. 2016).
#include <fmt/format.h>
#include <sloy/sloy.h>

#include <array>

#include "zoo/zoo.h"

namespace sloy::zoo {
namespace {

Symbol convolution(const Symbol& x, int filters, int kernel, int stride = 1) {
  return Conv2D{.filters = filters,
                .kernel_size = kernel,
                .strides = stride,
                .padding = kernel / 2,
                .use_bias = false,
                .kernel_initializer = HeNormal{}}(x);
}

/// PyTorch's numbers: the publication gives none.
Symbol normalised(const Symbol& x) {
  return BatchNormalization{.momentum = 0.9, .epsilon = 1e-5}(x);
}

Symbol rectified(const Symbol& x) { return Activation{relu}(x); }

/// x itself where the block keeps its size, else a 1×1 convolution to the new one.
Symbol shortcut(const Symbol& x, int filters, int stride) {
  if (stride == 1 && x.shape()[-1] == Dim(filters)) return x;
  return normalised(convolution(x, filters, 1, stride));
}

/// Two 3×3 convolutions.
Symbol basic_block(const Symbol& x, int filters, int stride) {
  Symbol y = rectified(normalised(convolution(x, filters, 3, stride)));
  y = normalised(convolution(y, filters, 3));
  return rectified(y + shortcut(x, filters, stride));
}

/// 1×1 to fewer channels, 3×3, 1×1 to four times as many. The stride is the 3×3's.
Symbol bottleneck(const Symbol& x, int filters, int stride) {
  Symbol y = rectified(normalised(convolution(x, filters, 1)));
  y = rectified(normalised(convolution(y, filters, 3, stride)));
  y = normalised(convolution(y, 4 * filters, 1));
  return rectified(y + shortcut(x, 4 * filters, stride));
}

struct Depth {
  int layers;
  std::array<int, 4> blocks;
  Symbol (*block)(const Symbol&, int, int);
};

const Depth& depth_of(int layers) {
  static constexpr std::array depths{Depth{18, {2, 2, 2, 2}, basic_block},
                                     Depth{34, {3, 4, 6, 3}, basic_block},
                                     Depth{50, {3, 4, 6, 3}, bottleneck}};
  for (const Depth& depth : depths) {
    if (depth.layers == layers) return depth;
  }
  throw ConfigError(fmt::format("there is no ResNet of {} layers here", layers), {},
                    "take 18, 34 or 50");
}

/// Every second pixel of x, between as many channels of zeros as are missing.
Symbol padded_shortcut(const Symbol& x, int filters, int stride) {
  if (stride == 1) return x;
  const Symbol fewer = AveragePool2D{.pool_size = 1, .strides = stride}(x);
  const std::int64_t height = fewer.shape().size(1);
  const std::int64_t width = fewer.shape().size(2);
  const std::int64_t channels = fewer.shape().size(3);
  const auto missing = static_cast<int>(filters - channels);
  // Channels as the second direction of an image of one.
  const Symbol flat = Reshape{.target_shape = {height * width, channels, 1}}(fewer);
  const Symbol wide =
      ZeroPadding2D{.padding = {{0, 0}, {missing / 2, missing - missing / 2}}}(flat);
  return Reshape{.target_shape = {height, width, filters}}(wide);
}

Symbol cifar_block(const Symbol& x, int filters, int stride) {
  Symbol y = rectified(normalised(convolution(x, filters, 3, stride)));
  y = normalised(convolution(y, filters, 3));
  return rectified(y + padded_shortcut(x, filters, stride));
}

}  // namespace

Model resnet(int layers, int classes) {
  const Depth& depth = depth_of(layers);
  const Symbol image = Input{224, 224, 3};
  Symbol x = rectified(normalised(convolution(image, 64, 7, 2)));
  x = MaxPool2D{.pool_size = 3, .strides = 2, .padding = 1}(x);
  int filters = 64;
  for (int blocks : depth.blocks) {
    for (int i = 0; i < blocks; ++i) x = depth.block(x, filters, i == 0 && filters > 64 ? 2 : 1);
    filters *= 2;
  }
  return {image, Dense{.units = classes}(GlobalAveragePooling2D{}(x))};
}

Model resnet_cifar(int blocks, int classes) {
  if (blocks < 1) throw ConfigError(fmt::format("a ResNet can't have {} blocks", blocks));
  const Symbol image = Input{32, 32, 3};
  Symbol x = rectified(normalised(convolution(image, 16, 3)));
  for (int filters : {16, 32, 64}) {
    for (int i = 0; i < blocks; ++i) x = cifar_block(x, filters, i == 0 && filters > 16 ? 2 : 1);
  }
  return {image, Dense{.units = classes}(GlobalAveragePooling2D{}(x))};
}

}  // namespace sloy::zoo
