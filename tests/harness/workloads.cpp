#include "harness/workloads.h"

#include <fmt/format.h>

namespace sloy::harness {
namespace {

/// Numbers the layers of a kind from 1.
class Names {
 public:
  std::string conv() { return fmt::format("conv2d_{}", ++conv_); }
  std::string dense() { return fmt::format("dense_{}", ++dense_); }
  std::string norm() { return fmt::format("batch_normalization_{}", ++norm_); }

 private:
  int conv_ = 0, dense_ = 0, norm_ = 0;
};

/// PyTorch pads the same before and after, whatever the stride.
struct SymmetricallyPadded {
  Conv2D convolution;
  int padding = 1;
  std::string name = {};

  Value call(Scope& scope, Value x) const {
    const Conv2D& c = convolution;
    const Shape shape{c.kernel_size.height(), c.kernel_size.width(), x.dim(-1), c.filters};
    return sloy::convolution(x, scope.weight("kernel", shape),
                             {.window = {.strides = {c.strides.height(), c.strides.width()},
                                         .padding_low = {padding, padding},
                                         .padding_high = {padding, padding}}});
  }
};

BatchNormalization norm(Names& names) {
  return {.momentum = 0.9, .epsilon = 1e-5, .name = names.norm()};
}

Layer conv(Names& names, int filters, Padding padding = same, Activation activation = linear) {
  return Conv2D{.filters = filters,
                .kernel_size = 3,
                .padding = padding,
                .activation = activation,
                .name = names.conv()};
}

Layer conv_without_bias(Names& names, int filters) {
  return Conv2D{.filters = filters,
                .kernel_size = 3,
                .padding = same,
                .use_bias = false,
                .name = names.conv()};
}

Layer dense(Names& names, int units, Activation activation = linear) {
  return Dense{.units = units, .activation = activation, .name = names.dense()};
}

Model multilayer_perceptron() {
  Names names;
  return Sequential(
      {Input{784}, dense(names, 512, relu), dense(names, 512, relu), dense(names, 10)});
}

Model tiny() {
  Names names;
  return Sequential({Input{2}, dense(names, 8, tanh), dense(names, 8, tanh), dense(names, 1)});
}

Model small_convnet() {
  Names names;
  return Sequential({Input{28, 28, 1}, conv(names, 32, valid, relu), MaxPool2D{},
                     conv(names, 64, valid, relu), MaxPool2D{}, Flatten{}, dense(names, 10)});
}

Model vgg_like() {
  Names names;
  std::vector<Layer> layers = {Input{32, 32, 3}};
  for (int filters : {64, 128, 256}) {
    for (int repeat = 0; repeat < 2; ++repeat) {
      layers.push_back(conv_without_bias(names, filters));
      layers.push_back(norm(names));
      layers.push_back(ReLU{});
    }
    layers.push_back(MaxPool2D{});
  }
  layers.push_back(Flatten{});
  layers.push_back(dense(names, 512, relu));
  layers.push_back(dense(names, 10));
  return Sequential(layers);
}

Symbol residual_block(Names& names, const Symbol& x, int filters, int stride) {
  const auto strided = [&](int size, int padding) {
    const std::string name = names.conv();
    return SymmetricallyPadded{
        .convolution = {.filters = filters, .kernel_size = size, .strides = stride},
        .padding = padding,
        .name = name};
  };
  Symbol y = ReLU{}(norm(names)(apply(strided(3, 1), x)));
  y = norm(names)(conv_without_bias(names, filters)(y));
  const bool same_shape = stride == 1 && x.shape().size(-1) == filters;
  const Symbol shortcut = same_shape ? x : norm(names)(apply(strided(1, 0), x));
  return ReLU{}(Add{}({y, shortcut}));
}

Model resnet_18() {
  Names names;
  const Symbol input = Input{32, 32, 3};
  Symbol x = ReLU{}(norm(names)(conv_without_bias(names, 64)(input)));
  for (int filters : {64, 128, 256, 512}) {
    x = residual_block(names, x, filters, filters == 64 ? 1 : 2);
    x = residual_block(names, x, filters, 1);
  }
  return Model(input, dense(names, 10)(GlobalAveragePooling2D{}(x)));
}

Model convolutional_autoencoder() {
  Names names;
  return Sequential({Input{28, 28, 1}, conv(names, 16, same, relu), MaxPool2D{},
                     conv(names, 8, same, relu), MaxPool2D{}, conv(names, 8, same, relu),
                     MaxPool2D{.padding = same}, conv(names, 8, same, relu), UpSampling2D{},
                     conv(names, 8, same, relu), UpSampling2D{}, conv(names, 16, valid, relu),
                     UpSampling2D{}, conv(names, 1)});
}

Model wide_perceptron() {
  Names names;
  std::vector<Layer> layers = {Input{784}};
  for (int repeat = 0; repeat < 3; ++repeat) {
    layers.push_back(dense(names, 1024));
    layers.push_back(norm(names));
    layers.push_back(ReLU{});
  }
  layers.push_back(dense(names, 10));
  return Sequential(layers);
}

}  // namespace

Model workload(std::string_view name) {
  if (name == "W1") return multilayer_perceptron();
  if (name == "W2") return tiny();
  if (name == "W3") return small_convnet();
  if (name == "W4") return vgg_like();
  if (name == "W5") return resnet_18();
  if (name == "W7") return convolutional_autoencoder();
  if (name == "W9") return wide_perceptron();
  throw ConfigError(fmt::format("there is no workload {}", name));
}

}  // namespace sloy::harness
