/// Names of layers and metrics, as Keras makes them from types.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sloy {

/// "Conv2D" → "conv2d", "MaxPool2D" → "max_pool2d", "GlobalAveragePooling2D" →
/// "global_average_pooling2d", "LeakyReLU" → "leaky_re_lu".
std::string snake_case(std::string_view type);

/// What a layer that was given no name is called: "dense", or "dense_1", "dense_2" … where others
/// have that.
std::string default_name(std::string_view type,
                         const std::function<bool(std::string_view)>& is_taken);

}  // namespace sloy
