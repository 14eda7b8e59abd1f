/// LeNet, AlexNet, VGG: layers one after the other.
#include <fmt/format.h>
#include <sloy/sloy.h>

#include "zoo/zoo.h"

namespace sloy::zoo {
namespace {

/// Layers added one by one.
struct Stack {
  std::vector<Layer> layers;

  template <class... Added>
  void add(Added... added) {
    (layers.emplace_back(std::move(added)), ...);
  }
  Model model() const { return Sequential(layers); }
};

LocalResponseNormalization alexnet_normalization() {
  return {.size = 5, .alpha = 1e-4, .beta = 0.75, .bias = 2};
}

void add_alexnet_head(Stack& net, int classes) {
  net.add(Flatten{}, Dropout{.rate = 0.5}, Dense{.units = 4096, .activation = relu},
          Dropout{.rate = 0.5}, Dense{.units = 4096, .activation = relu}, Dense{.units = classes});
}

/// The convolutions: two or more of each width, a pool after each.
Stack vgg_convolutions(int layers) {
  if (layers != 16 && layers != 19) {
    throw ConfigError(fmt::format("there is no VGG of {} layers", layers), {}, "take 16 or 19");
  }
  const int deep = layers == 16 ? 3 : 4;
  Stack net;
  net.add(Input{224, 224, 3});
  for (const auto& [filters, times] :
       {std::pair{64, 2}, {128, 2}, {256, deep}, {512, deep}, {512, deep}}) {
    for (int i = 0; i < times; ++i) {
      net.add(Conv2D{.filters = filters, .kernel_size = 3, .padding = same, .activation = relu});
    }
    net.add(MaxPool2D{});
  }
  return net;
}

}  // namespace

Model lenet5(int classes) {
  return Sequential{Input{28, 28, 1},
                    Conv2D{.filters = 6, .kernel_size = 5, .padding = same, .activation = tanh},
                    AveragePool2D{},
                    Conv2D{.filters = 16, .kernel_size = 5, .activation = tanh},
                    AveragePool2D{},
                    Flatten{},
                    Dense{.units = 120, .activation = tanh},
                    Dense{.units = 84, .activation = tanh},
                    Dense{.units = classes}};
}

Model alexnet(int classes) {
  Stack net;
  const MaxPool2D overlapping{.pool_size = 3, .strides = 2};
  net.add(Input{227, 227, 3},
          Conv2D{.filters = 96, .kernel_size = 11, .strides = 4, .activation = relu},
          alexnet_normalization(), overlapping,
          Conv2D{.filters = 256, .kernel_size = 5, .padding = 2, .groups = 2, .activation = relu},
          alexnet_normalization(), overlapping,
          Conv2D{.filters = 384, .kernel_size = 3, .padding = 1, .activation = relu},
          Conv2D{.filters = 384, .kernel_size = 3, .padding = 1, .groups = 2, .activation = relu},
          Conv2D{.filters = 256, .kernel_size = 3, .padding = 1, .groups = 2, .activation = relu},
          overlapping);
  add_alexnet_head(net, classes);
  return net.model();
}

Model alexnet_one_tower(int classes) {
  Stack net;
  const MaxPool2D overlapping{.pool_size = 3, .strides = 2};
  net.add(Input{224, 224, 3},
          Conv2D{.filters = 64, .kernel_size = 11, .strides = 4, .padding = 2, .activation = relu},
          overlapping, Conv2D{.filters = 192, .kernel_size = 5, .padding = 2, .activation = relu},
          overlapping, Conv2D{.filters = 384, .kernel_size = 3, .padding = 1, .activation = relu},
          Conv2D{.filters = 256, .kernel_size = 3, .padding = 1, .activation = relu},
          Conv2D{.filters = 256, .kernel_size = 3, .padding = 1, .activation = relu}, overlapping);
  add_alexnet_head(net, classes);
  return net.model();
}

Model vgg(int layers, int classes) {
  Stack net = vgg_convolutions(layers);
  net.add(Flatten{}, Dense{.units = 4096, .activation = relu}, Dropout{.rate = 0.5},
          Dense{.units = 4096, .activation = relu}, Dropout{.rate = 0.5}, Dense{.units = classes});
  return net.model();
}

Model vgg_without_dense(int layers, int classes) {
  Stack net = vgg_convolutions(layers);
  net.add(GlobalAveragePooling2D{}, Dense{.units = classes});
  return net.model();
}

}  // namespace sloy::zoo
