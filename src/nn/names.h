/// Names of layers and metrics, as Keras makes them from types.
#pragma once

#include <string>
#include <string_view>

namespace sloy {

/// "Conv2D" → "conv2d", "MaxPool2D" → "max_pool2d", "GlobalAveragePooling2D" →
/// "global_average_pooling2d", "LeakyReLU" → "leaky_re_lu".
std::string snake_case(std::string_view type);

}  // namespace sloy
