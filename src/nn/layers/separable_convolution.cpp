/// Convolutions made of parts: of one channel each, of all channels at one place, of one direction.
#include "nn/layers/arguments.h"
#include "nn/layers/kernels.h"

namespace sloy {
namespace {

/// The arguments that say how the windows of a layer lie over x.
template <class L>
Window window_of(const L& layer, Value x) {
  require_positive("kernel_size", layer.kernel_size);
  require_positive("strides", layer.strides);
  require_positive("dilation_rate", layer.dilation_rate);
  return window(x.shape(), to_list(layer.kernel_size), to_list(layer.strides), layer.padding,
                to_list(layer.dilation_rate));
}

template <class L>
Standardization standardization_of(const L& layer) {
  return {layer.weight_standardization, layer.weight_standardization_epsilon};
}

/// x ∗ the weight `name` (spatial…, channels, depth multiplier), each channel by itself.
template <class L>
Value convolve_channels(Scope& scope, const L& layer, std::string_view name, Value x) {
  require_positive("depth_multiplier", layer.depth_multiplier);
  const Window window = window_of(layer, x);
  const std::int64_t channels = x.dim(-1).size();
  const Value weight = scope.weight(
      name, kernel_shape(layer.kernel_size, channels, layer.depth_multiplier),
      layer.depthwise_initializer, layer.depthwise_regularizer, layer.depthwise_constraint);
  const Value kernel =
      reshape(weight, kernel_shape(layer.kernel_size, 1, channels * layer.depth_multiplier));
  return convolution(x, standardized(kernel, standardization_of(layer)),
                     {.window = window, .groups = channels});
}

template <class L>
Value add_bias(Scope& scope, const L& layer, Value y) {
  if (!layer.use_bias) return y;
  return y + scope.weight("bias", {y.dim(-1)}, layer.bias_initializer, layer.bias_regularizer,
                          layer.bias_constraint);
}

}  // namespace

template <int N>
Symbol DepthwiseConv<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value DepthwiseConv<N>::call(Scope& scope, Value x) const {
  require_directions(x, N);
  const Value y = convolve_channels(scope, *this, "kernel", x);
  return activated(scope, add_bias(scope, *this, y), activation, activity_regularizer);
}
template struct DepthwiseConv<1>;
template struct DepthwiseConv<2>;

template <int N>
Symbol SeparableConv<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value SeparableConv<N>::call(Scope& scope, Value x) const {
  require_positive("filters", filters);
  require_directions(x, N);
  const Value deep = convolve_channels(scope, *this, "depthwise_kernel", x);
  const Value kernel =
      scope.weight("pointwise_kernel", kernel_shape(Sizes<N>(1), deep.dim(-1).size(), filters),
                   pointwise_initializer, pointwise_regularizer, pointwise_constraint);
  const Value y = convolution(deep, standardized(kernel, standardization_of(*this)));
  return activated(scope, add_bias(scope, *this, y), activation, activity_regularizer);
}
template struct SeparableConv<1>;
template struct SeparableConv<2>;

Symbol SpatiallySeparableConv2D::operator()(const Symbol& x) const { return apply(*this, x); }
Value SpatiallySeparableConv2D::call(Scope& scope, Value x) const {
  require_positive("filters", filters);
  const std::int64_t middle = middle_filters.value_or(filters);
  require_positive("middle_filters", middle);
  require_directions(x, 2);
  const Window whole = window_of(*this, x);
  // One direction of the window, with the layer's own numbers; the other sees a single cell.
  const auto along = [&](std::size_t direction) {
    Window window{
        .strides = {1, 1}, .dilations = {1, 1}, .padding_low = {0, 0}, .padding_high = {0, 0}};
    window.strides[direction] = whole.strides[direction];
    window.dilations[direction] = whole.dilations[direction];
    window.padding_low[direction] = whole.padding_low[direction];
    window.padding_high[direction] = whole.padding_high[direction];
    return ConvolutionOptions{.window = window};
  };
  const auto kernel = [&](std::string_view weight, const Shape& shape) {
    return standardized(
        scope.weight(weight, shape, kernel_initializer, kernel_regularizer, kernel_constraint),
        standardization_of(*this));
  };
  const Value columns = kernel("column_kernel", {kernel_size[0], 1, x.dim(-1), middle});
  const Value rows = kernel("row_kernel", {1, kernel_size[1], middle, filters});
  const Value y = convolution(convolution(x, columns, along(0)), rows, along(1));
  return activated(scope, add_bias(scope, *this, y), activation, activity_regularizer);
}

}  // namespace sloy
