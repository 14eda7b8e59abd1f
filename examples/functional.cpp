// The functional form: layers called on symbols make any graph without cycles. Here a residual
// block, and a layer whose weights two branches share.
#include <sloy/sloy.h>

#include <cstdio>

using namespace sloy;

namespace {

/// Two convolutions, added to the input or to a 1×1 convolution of it.
Symbol residual_block(const Symbol& x, int filters) {
  Symbol y = Conv2D{.filters = filters, .kernel_size = 3, .padding = same, .use_bias = false}(x);
  y = BatchNormalization{}(y);
  y = ReLU{}(y);
  y = Conv2D{.filters = filters, .kernel_size = 3, .padding = same, .use_bias = false}(y);
  y = BatchNormalization{}(y);
  const bool same_shape = x.shape() == y.shape();
  const Symbol shortcut = same_shape ? x : Conv2D{.filters = filters, .kernel_size = 1}(x);
  return ReLU{}(Add{}({y, shortcut}));
}

}  // namespace

int main() {
  const Input image{16, 16, 3};
  Symbol y = residual_block(image, 8);
  y = MaxPool2D{}(y);
  y = residual_block(y, 16);
  y = GlobalAveragePooling2D{}(y);
  const Model net{image, Dense{.units = 2}(y)};
  std::printf("%s\n", net.summary().c_str());

  // Two images, one net: a Layer (and a Model is one) keeps its weights from call to call, while
  // every call of a struct such as Dense{} makes a layer of its own.
  const Input left{16, 16, 3}, right{16, 16, 3};
  const Layer encoder = net;
  const Symbol both = Concatenate{}({encoder(left), encoder(right)});
  Model pair{{left, right}, {Dense{.units = 1, .activation = sigmoid}(both)}};
  std::printf("%s\n", pair.summary().c_str());

  const Tensor images(DType::float32, {4, 16, 16, 3});
  const std::vector<Tensor> same_or_not = pair.predict({images, images});
  std::printf("predictions of shape %s\n", to_string(same_or_not[0].shape()).c_str());
}
