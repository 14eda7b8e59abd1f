#include <fmt/format.h>

#include <algorithm>

#include "nn/layers/arguments.h"
#include "nn/layers/kernels.h"

namespace sloy {
namespace {

/// The convolution that leads back from the result: over which shape, with which window.
struct WayBack {
  Shape result;
  Window window;
};

template <int N>
void check_output_padding(const ConvTranspose<N>& layer) {
  if (!layer.output_padding.is_given()) return;
  for (int i = 0; i < N; ++i) {
    const int added = layer.output_padding[i];
    if (added >= 0 && added < layer.strides[i]) continue;
    throw ConfigError(
        fmt::format("output_padding can't be {} with strides of {}", added, layer.strides[i]), {},
        "give 0 or more, below the stride: cells beyond would come from nothing");
  }
}

template <int N>
WayBack way_back(const ConvTranspose<N>& layer, const Shape& x) {
  if (layer.padding.kind() == Padding::Kind::causal) {
    throw ConfigError("a transposed convolution has no causal padding", {},
                      "give `valid`, `same` or numbers of cells");
  }
  const bool is_given = layer.output_padding.is_given();
  const bool is_same = layer.padding.kind() == Padding::Kind::same;
  const bool is_valid = layer.padding.kind() == Padding::Kind::valid;
  // Of x, but what numbers of cells come to doesn't depend on that.
  Window window = sloy::window(x, to_list(layer.kernel_size), to_list(layer.strides),
                               is_same ? valid : layer.padding, to_list(layer.dilation_rate));
  Shape result = x;
  for (int i = 0; i < N; ++i) {
    const auto s = static_cast<std::size_t>(i);
    const std::int64_t stride = layer.strides[i];
    const std::int64_t extent = (layer.kernel_size[i] - 1) * window.dilations[s] + 1;
    const std::int64_t starts = (x.size(i + 1) - 1) * stride;
    const std::int64_t added = is_given ? layer.output_padding[i] : 0;
    std::int64_t size = starts + extent + added - window.padding_low[s] - window.padding_high[s];
    if (is_valid && !is_given) size = starts + std::max(extent, stride);
    if (is_same) {
      size = starts + (is_given ? extent % 2 + added : stride);
      const std::int64_t cut = std::max<std::int64_t>(starts + extent - size, 0);
      window.padding_low[s] = cut / 2;
      window.padding_high[s] = cut - cut / 2;
    }
    if (size < 1) {
      throw ShapeError("the padding leaves nothing of the result",
                       {{"input", to_string(x)}, {"padding", to_json(to_config(layer.padding))}},
                       "give fewer cells of padding, or a larger kernel");
    }
    result[i + 1] = size;
  }
  result[-1] = layer.filters;
  return {result, window};
}

/// The last two axes swapped.
Value swap_channels(Value kernel) {
  std::vector<int> permutation;
  for (int axis = 0; axis < kernel.rank(); ++axis) permutation.push_back(axis);
  std::iter_swap(permutation.end() - 1, permutation.end() - 2);
  return transpose(kernel, permutation);
}

}  // namespace

template <int N>
Symbol ConvTranspose<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value ConvTranspose<N>::call(Scope& scope, Value x) const {
  require_positive("filters", filters);
  require_positive("kernel_size", kernel_size);
  require_positive("strides", strides);
  require_positive("dilation_rate", dilation_rate);
  require_directions(x, N);
  check_output_padding(*this);
  const auto [result, back] = way_back(*this, x.shape());
  Value kernel = scope.weight("kernel", kernel_shape(kernel_size, filters, x.dim(-1).size()),
                              kernel_initializer, kernel_regularizer, kernel_constraint);
  if (weight_standardization) {
    kernel =
        swap_channels(standardized(swap_channels(kernel), {true, weight_standardization_epsilon}));
  }
  Value y = convolution_input_gradient(x, kernel, result, {.window = back});
  if (use_bias) {
    y = y + scope.weight("bias", {filters}, bias_initializer, bias_regularizer, bias_constraint);
  }
  return activated(scope, y, activation, activity_regularizer);
}

template struct ConvTranspose<1>;
template struct ConvTranspose<2>;
template struct ConvTranspose<3>;

}  // namespace sloy
