#include "workloads.h"

#include <algorithm>
#include <random>

namespace sloy::cli {
namespace {

/// Keeps the image's size.
Conv2D rectified_conv(int filters, int kernel_size = 3) {
  return {.filters = filters, .kernel_size = kernel_size, .padding = same, .activation = relu};
}

/// A convolution with the same padding on all sides whatever the stride, as PyTorch has it.
struct PaddedConv2D {
  int filters = 0;
  int kernel_size = 3;
  int stride = 1;
  int padding = 1;
  bool use_bias = true;
  Activation activation = linear;
  Regularizer regularizer = {};

  Value call(Scope& scope, Value x) const {
    std::int64_t channels = x.dim(-1).size();
    Value kernel = scope.weight("kernel", {kernel_size, kernel_size, channels, filters},
                                GlorotUniform{}, regularizer);
    ConvolutionOptions options;
    options.window.strides = {stride, stride};
    options.window.padding_low = {padding, padding};
    options.window.padding_high = {padding, padding};
    Value y = convolution(x, kernel, options);
    if (use_bias) y = y + scope.weight("bias", {filters}, Zeros{});
    return activation(y);
  }
  Symbol operator()(Symbol x) const { return apply(*this, x); }
};

BatchNormalization normalize() { return {.momentum = 0.9, .epsilon = 1e-5}; }

/// PyTorch's Adam.
Optimizer adam() {
  return Adam{.learning_rate = 1e-3, .epsilon = 1e-8, .epsilon_place = EpsilonPlace::outside_root};
}
Loss cross_entropy() { return SparseCategoricalCrossentropy{.from_logits = true}; }

CompileOptions by_adam() { return {.optimizer = adam(), .loss = cross_entropy()}; }
CompileOptions by_momentum() {
  return {.optimizer = SGD{.learning_rate = 0.01, .momentum = 0.9}, .loss = cross_entropy()};
}

data::Spec classes_of(Shape features, int classes) {
  return {{DType::float32, features}, {DType::int32, {}}, classes, {}};
}

Model mlp(double) {
  return Sequential{Input{784}, Dense{.units = 512, .activation = relu},
                    Dense{.units = 512, .activation = relu}, Dense{.units = 10}};
}

Model tiny_mlp(double) {
  return Sequential{Input{2}, Dense{.units = 8, .activation = tanh},
                    Dense{.units = 8, .activation = tanh}, Dense{.units = 1}};
}
CompileOptions by_descent() {
  return {.optimizer = SGD{.learning_rate = 0.05}, .loss = MeanSquaredError{}};
}

Model convnet(double dropout) {
  return Sequential{Input{28, 28, 1},
                    Conv2D{.filters = 32, .kernel_size = 3, .activation = relu},
                    MaxPool2D{},
                    Conv2D{.filters = 64, .kernel_size = 3, .activation = relu},
                    MaxPool2D{},
                    Flatten{},
                    Dropout{.rate = dropout},
                    Dense{.units = 10}};
}

Model vgg_like(double) {
  Symbol x = Input{32, 32, 3};
  Symbol y = x;
  for (int filters : {64, 128, 256}) {
    for (int i = 0; i < 2; ++i) {
      y = Conv2D{.filters = filters, .kernel_size = 3, .padding = same, .use_bias = false}(y);
      y = ReLU{}(normalize()(y));
    }
    y = MaxPool2D{}(y);
  }
  y = Dense{.units = 512, .activation = relu}(Flatten{}(y));
  return Model{x, Dense{.units = 10}(y)};
}

/// PyTorch's weight_decay λ adds λ·w to the gradient of every parameter, γ, β and biases too: the
/// gradient of an L2 penalty of λ/2.
Regularizer decay() { return L2{2.5e-4}; }

PaddedConv2D decayed_conv(int filters, int kernel_size, int stride) {
  return {.filters = filters,
          .kernel_size = kernel_size,
          .stride = stride,
          .padding = kernel_size / 2,
          .use_bias = false,
          .regularizer = decay()};
}
BatchNormalization decayed_norm() {
  return {
      .momentum = 0.9, .epsilon = 1e-5, .beta_regularizer = decay(), .gamma_regularizer = decay()};
}

Symbol residual_block(Symbol x, int filters, int stride) {
  Symbol y = ReLU{}(decayed_norm()(decayed_conv(filters, 3, stride)(x)));
  y = decayed_norm()(decayed_conv(filters, 3, 1)(y));
  if (stride != 1 || x.shape()[-1] != Dim(filters)) {
    x = decayed_norm()(decayed_conv(filters, 1, stride)(x));
  }
  return ReLU{}(Add{}({y, x}));
}

Model resnet18(double) {
  Symbol x = Input{32, 32, 3};
  Symbol y = ReLU{}(decayed_norm()(decayed_conv(64, 3, 1)(x)));
  for (int filters : {64, 128, 256, 512}) {
    y = residual_block(y, filters, filters == 64 ? 1 : 2);
    y = residual_block(y, filters, 1);
  }
  Dense head{.units = 10, .kernel_regularizer = decay(), .bias_regularizer = decay()};
  return Model{x, head(GlobalAveragePooling2D{}(y))};
}

Model alexnet(double dropout) {
  PaddedConv2D stem{
      .filters = 64, .kernel_size = 11, .stride = 4, .padding = 2, .activation = relu};
  MaxPool2D pool{.pool_size = 3, .strides = 2};
  return Sequential{Input{224, 224, 3},
                    stem,
                    pool,
                    rectified_conv(192, 5),
                    pool,
                    rectified_conv(384),
                    rectified_conv(256),
                    rectified_conv(256),
                    pool,
                    Flatten{},
                    Dropout{.rate = dropout},
                    Dense{.units = 4096, .activation = relu},
                    Dropout{.rate = dropout},
                    Dense{.units = 4096, .activation = relu},
                    Dense{.units = 1000}};
}

Model vgg16(double dropout) {
  Symbol x = Input{224, 224, 3};
  Symbol y = x;
  for (auto [filters, count] : {std::pair{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int i = 0; i < count; ++i) y = rectified_conv(filters)(y);
    y = MaxPool2D{}(y);
  }
  y = Flatten{}(y);
  for (int i = 0; i < 2; ++i) {
    y = Dropout{.rate = dropout}(Dense{.units = 4096, .activation = relu}(y));
  }
  return Model{x, Dense{.units = 1000}(y)};
}

Model autoencoder(double) {
  MaxPool2D pool{.padding = same};
  return Sequential{Input{28, 28, 1},
                    rectified_conv(16),
                    pool,
                    rectified_conv(8),
                    pool,
                    rectified_conv(8),
                    pool,
                    rectified_conv(8),
                    UpSampling2D{},
                    rectified_conv(8),
                    UpSampling2D{},
                    Conv2D{.filters = 16, .kernel_size = 3, .activation = relu},
                    UpSampling2D{},
                    Conv2D{.filters = 1, .kernel_size = 3, .padding = same}};
}
CompileOptions by_pixels() {
  return {.optimizer = adam(), .loss = BinaryCrossentropy{.from_logits = true}};
}

Model normalized_mlp(double dropout) {
  Symbol x = Input{784};
  Symbol y = x;
  for (int i = 0; i < 3; ++i) {
    y = ReLU{}(normalize()(Dense{.units = 1024}(y)));
    y = Dropout{.rate = dropout}(y);
  }
  return Model{x, Dense{.units = 10}(y)};
}

data::Spec pixels() { return classes_of({784}, 10); }
data::Spec digits() { return classes_of({28, 28, 1}, 10); }
data::Spec small_photos() { return classes_of({32, 32, 3}, 10); }
data::Spec photos() { return classes_of({224, 224, 3}, 1000); }
data::Spec pairs() { return {{DType::float32, {2}}, {DType::float32, {1}}}; }
data::Spec pictures() { return {{DType::float32, {28, 28, 1}}, {DType::float32, {28, 28, 1}}}; }

constexpr Workload all[] = {
    {"W1", "MLP 784-512-512-10, Adam", 128, mlp, by_adam, pixels},
    {"W2", "MLP 2-8-8-1 tanh, SGD", 32, tiny_mlp, by_descent, pairs},
    {"W3", "convnet for digits, Adam", 128, convnet, by_adam, digits},
    {"W4", "VGG-like on 32x32, momentum", 128, vgg_like, by_momentum, small_photos},
    {"W5", "ResNet-18 on 32x32, momentum", 64, resnet18, by_momentum, small_photos},
    {"W6a", "AlexNet on 224x224, momentum", 32, alexnet, by_momentum, photos},
    {"W6b", "VGG-16 on 224x224, momentum", 8, vgg16, by_momentum, photos},
    {"W7", "convolutional autoencoder, Adam", 128, autoencoder, by_pixels, pictures},
    {"W9", "MLP 784-1024x3-10 with BN and dropout, Adam", 256, normalized_mlp, by_adam, pixels},
};

}  // namespace

std::span<const Workload> workloads() { return all; }

const Workload& find_workload(std::string_view name) {
  for (const Workload& workload : all) {
    if (workload.name == name) return workload;
  }
  std::string known;
  std::vector<std::string_view> names;
  for (const Workload& workload : all) {
    known += (known.empty() ? "" : ", ") + std::string(workload.name);
    names.push_back(workload.name);
  }
  throw ConfigError("there is no workload '" + std::string(name) + "'", {{"known", known}},
                    did_you_mean(name, names, "name one of the known"));
}

std::vector<Tensor> random_batch(const Workload& workload, std::int64_t batch_size,
                                 std::uint64_t seed) {
  std::mt19937_64 random(seed);
  data::Spec spec = workload.spec();
  auto batched = [&](const Type& type) {
    Shape shape{batch_size};
    for (Dim dim : type.shape) shape.push_back(dim);
    return Tensor(type.dtype, shape);
  };
  Tensor features = batched(spec.features[0]);
  for (float& x : features.mutable_values<float>()) {
    x = static_cast<float>(random() >> 40) * 0x1p-24f;
  }
  Tensor target = batched(spec.targets[0]);
  if (spec.num_classes > 0) {
    for (std::int32_t& label : target.mutable_values<std::int32_t>()) {
      label = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(spec.num_classes));
    }
  } else if (spec.targets == spec.features) {
    target = features;
  } else {
    for (float& y : target.mutable_values<float>())
      y = static_cast<float>(random() >> 40) * 0x1p-24f;
  }
  return {features, target};
}

}  // namespace sloy::cli
