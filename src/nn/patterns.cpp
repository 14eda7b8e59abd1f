#include <fmt/format.h>
#include <sloy/patterns.h>

#include <limits>

#include "base/arguments.h"

namespace sloy {
namespace {

void require_count(std::string_view argument, int value) {
  require_number(value >= 0, argument, value, "of 0 or more");
}

}  // namespace

Sequential conv_net(const ConvNetPattern& pattern) {
  require_positive("classes", pattern.classes);
  require_positive("convolutions", pattern.convolutions);
  require_count("blocks", pattern.blocks);
  require_count("dense", pattern.dense);
  std::vector<Layer> layers{Input(pattern.input)};
  int filters = pattern.filters;
  for (int block = 0; block < pattern.blocks; ++block) {
    for (int i = 0; i < pattern.convolutions; ++i) {
      layers.push_back(Conv2D{.filters = filters,
                              .kernel_size = pattern.kernel_size,
                              .padding = same,
                              .activation = relu});
    }
    if (pattern.pool) layers.push_back(MaxPool2D{});
    if (filters <= std::numeric_limits<int>::max() / 2) filters *= 2;
  }
  layers.push_back(Flatten{});
  for (int i = 0; i < pattern.dense; ++i) {
    layers.push_back(Dense{.units = pattern.units, .activation = relu});
  }
  layers.push_back(Dense{.units = pattern.classes, .activation = softmax});
  return Sequential(layers);
}

}  // namespace sloy
