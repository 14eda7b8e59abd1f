/// Inception networks: several convolutions of the same input, one after the other in its channels.
#include <sloy/sloy.h>

#include "zoo/zoo.h"

namespace sloy::zoo {
namespace {

Symbol join(const std::vector<Symbol>& branches) { return Concatenate{}(branches); }

Symbol max_pool(const Symbol& x, int stride, const Padding& padding) {
  return MaxPool2D{.pool_size = 3, .strides = stride, .padding = padding}(x);
}

// ---- Inception v1

Symbol plain(const Symbol& x, int filters, int kernel, int stride = 1) {
  return Conv2D{.filters = filters,
                .kernel_size = kernel,
                .strides = stride,
                .padding = same,
                .activation = relu}(x);
}

/// Table 1 of Szegedy et al. 2015: filters of the 1×1, of the 3×3 and 5×5 with the 1×1 before each,
/// and of the 1×1 behind the pool.
struct Widths {
  int one, before_three, three, before_five, five, after_pool;
};
Symbol inception(const Symbol& x, const Widths& widths) {
  return join({plain(x, widths.one, 1), plain(plain(x, widths.before_three, 1), widths.three, 3),
               plain(plain(x, widths.before_five, 1), widths.five, 5),
               plain(max_pool(x, 1, same), widths.after_pool, 1)});
}

Symbol normalised_responses(const Symbol& x) {
  return LocalResponseNormalization{.size = 5, .alpha = 2e-5, .beta = 0.75, .bias = 1}(x);
}

// ---- Inception v3: a batch normalization after every convolution

Symbol unit(const Symbol& x, int filters, Sizes<2> kernel, int stride = 1,
            const Padding& padding = same) {
  const Symbol y = Conv2D{.filters = filters,
                          .kernel_size = kernel,
                          .strides = stride,
                          .padding = padding,
                          .use_bias = false}(x);
  return Activation{relu}(BatchNormalization{.momentum = 0.9, .epsilon = 1e-3}(y));
}

Symbol average(const Symbol& x) {
  return AveragePool2D{.pool_size = 3, .strides = 1, .padding = same}(x);
}

/// 5×5 and two 3×3 in a row (figure 5).
Symbol block_a(const Symbol& x, int pool_filters) {
  return join({unit(x, 64, 1), unit(unit(x, 48, 1), 64, 5),
               unit(unit(unit(x, 64, 1), 96, 3), 96, 3), unit(average(x), pool_filters, 1)});
}

/// Half the size (figure 10).
Symbol reduction_a(const Symbol& x) {
  return join({unit(x, 384, 3, 2, valid), unit(unit(unit(x, 64, 1), 96, 3), 96, 3, 2, valid),
               max_pool(x, 2, valid)});
}

/// 7×7 as 1×7 and 7×1 (figure 6).
Symbol block_b(const Symbol& x, int width) {
  Symbol twice = unit(x, width, 1);
  for (const Sizes<2>& kernel : {Sizes<2>{7, 1}, Sizes<2>{1, 7}, Sizes<2>{7, 1}}) {
    twice = unit(twice, width, kernel);
  }
  return join({unit(x, 192, 1), unit(unit(unit(x, width, 1), width, {1, 7}), 192, {7, 1}),
               unit(twice, 192, {1, 7}), unit(average(x), 192, 1)});
}

Symbol reduction_b(const Symbol& x) {
  const Symbol seven = unit(unit(unit(x, 192, 1), 192, {1, 7}), 192, {7, 1});
  return join({unit(unit(x, 192, 1), 320, 3, 2, valid), unit(seven, 192, 3, 2, valid),
               max_pool(x, 2, valid)});
}

/// 3×3 as 1×3 beside 3×1 (figure 7).
Symbol block_c(const Symbol& x) {
  const auto beside = [](const Symbol& y) {
    return join({unit(y, 384, {1, 3}), unit(y, 384, {3, 1})});
  };
  return join({unit(x, 320, 1), beside(unit(x, 384, 1)), beside(unit(unit(x, 448, 1), 384, 3)),
               unit(average(x), 192, 1)});
}

// ---- The small Inception of Zhang et al. 2017

class Small {
 public:
  explicit Small(bool batch_normalization) : batch_normalization_(batch_normalization) {}

  Symbol unit(const Symbol& x, int filters, int kernel, int stride = 1) const {
    Symbol y = Conv2D{.filters = filters,
                      .kernel_size = kernel,
                      .strides = stride,
                      .padding = same,
                      .use_bias = !batch_normalization_}(x);
    if (batch_normalization_) y = BatchNormalization{.momentum = 0.9, .scale = false}(y);
    return Activation{relu}(y);
  }
  Symbol inception(const Symbol& x, int ones, int threes) const {
    return join({unit(x, ones, 1), unit(x, threes, 3)});
  }
  Symbol downsample(const Symbol& x, int threes) const {
    return join({unit(x, threes, 3, 2), max_pool(x, 2, same)});
  }

 private:
  bool batch_normalization_;
};

}  // namespace

Model googlenet(int classes) {
  const Symbol image = Input{224, 224, 3};
  Symbol x = normalised_responses(max_pool(plain(image, 64, 7, 2), 2, same));
  x = max_pool(normalised_responses(plain(plain(x, 64, 1), 192, 3)), 2, same);
  x = inception(x, {64, 96, 128, 16, 32, 32});
  x = max_pool(inception(x, {128, 128, 192, 32, 96, 64}), 2, same);
  x = inception(x, {192, 96, 208, 16, 48, 64});
  x = inception(x, {160, 112, 224, 24, 64, 64});
  x = inception(x, {128, 128, 256, 24, 64, 64});
  x = inception(x, {112, 144, 288, 32, 64, 64});
  x = max_pool(inception(x, {256, 160, 320, 32, 128, 128}), 2, same);
  x = inception(x, {256, 160, 320, 32, 128, 128});
  x = inception(x, {384, 192, 384, 48, 128, 128});
  x = Dropout{.rate = 0.4}(GlobalAveragePooling2D{}(x));
  return {image, Dense{.units = classes}(x)};
}

Model inception_v3(int classes) {
  const Symbol image = Input{299, 299, 3};
  Symbol x = unit(unit(unit(image, 32, 3, 2, valid), 32, 3, 1, valid), 64, 3);
  x = unit(unit(max_pool(x, 2, valid), 80, 1, 1, valid), 192, 3, 1, valid);
  x = max_pool(x, 2, valid);
  for (int pool_filters : {32, 64, 64}) x = block_a(x, pool_filters);
  x = reduction_a(x);
  for (int width : {128, 160, 160, 192}) x = block_b(x, width);
  x = block_c(block_c(reduction_b(x)));
  x = Dropout{.rate = 0.5}(GlobalAveragePooling2D{}(x));
  return {image, Dense{.units = classes}(x)};
}

Model inception_small(int classes, bool batch_normalization) {
  const Small net(batch_normalization);
  const Symbol image = Input{28, 28, 3};
  Symbol x = net.unit(image, 96, 3);
  x = net.downsample(net.inception(net.inception(x, 32, 32), 32, 48), 80);
  x = net.inception(x, 112, 48);
  x = net.inception(x, 96, 64);
  x = net.inception(x, 80, 80);
  x = net.downsample(net.inception(x, 48, 96), 96);
  x = net.inception(net.inception(x, 176, 160), 176, 160);
  return {image, Dense{.units = classes}(GlobalAveragePooling2D{}(x))};
}

}  // namespace sloy::zoo
