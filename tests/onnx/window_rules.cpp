// ONNX's convolutions and poolings. Its data are (batch, channels, spatial…).

#include <algorithm>
#include <cmath>

#include "onnx/node.h"

namespace sloy::from_onnx {
namespace {

using Sizes = std::vector<std::int64_t>;

Sizes spatial(const Shape& shape) {
  Sizes sizes;
  for (int i = 2; i < shape.rank(); ++i) sizes.push_back(shape.size(i));
  return sizes;
}

Sizes integers_or(const Node& node, std::string_view attribute, std::size_t number,
                  std::int64_t otherwise) {
  return node.has(attribute) ? node.integers(attribute) : Sizes(number, otherwise);
}

/// Cells the window spans in each direction, gaps included.
Sizes extents(const Sizes& kernel, const Sizes& dilations) {
  Sizes list;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    list.push_back((kernel[i] - 1) * dilations[i] + 1);
  }
  return list;
}

/// As many cells at both ends, but for an odd one.
void pad_alike(Window& window, std::size_t direction, std::int64_t cells, bool odd_first) {
  const std::int64_t fewer = cells / 2, more = cells - cells / 2;
  window.padding_low[direction] = odd_first ? more : fewer;
  window.padding_high[direction] = odd_first ? fewer : more;
}

/// The window with the padding that is given, if any.
Window window_of(const Node& node, std::size_t directions) {
  Window window{.strides = integers_or(node, "strides", directions, 1),
                .dilations = integers_or(node, "dilations", directions, 1)};
  const Sizes pads = integers_or(node, "pads", 2 * directions, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(directions);
  window.padding_low.assign(pads.begin(), middle);
  window.padding_high.assign(middle, pads.end());
  return window;
}

/// The window over data of these sizes. With ceil_mode a last window may hang over the end.
Window window_over(const Node& node, const Sizes& sizes, const Sizes& kernel) {
  Window window = window_of(node, sizes.size());
  const Sizes extent = extents(kernel, window.dilations);
  const std::string& automatic = node.text("auto_pad");
  const bool ceiling = node.has("ceil_mode") && node.integer("ceil_mode") != 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t stride = window.strides[i];
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      const std::int64_t positions = (sizes[i] + stride - 1) / stride;
      const std::int64_t cells = (positions - 1) * stride + extent[i] - sizes[i];
      pad_alike(window, i, std::max<std::int64_t>(cells, 0), automatic == "SAME_LOWER");
    } else if (ceiling) {
      const std::int64_t free =
          sizes[i] + window.padding_low[i] + window.padding_high[i] - extent[i];
      window.padding_high[i] += (free + stride - 1) / stride * stride - free;
    }
  }
  return window;
}

Value with_bias(const Node& node, Value y) { return node.has(2) ? y + node[2] : y; }

/// A kernel (a, b, spatial…) as (spatial…, b, a): ONNX's as the library has them.
Value kernel_of(Value kernel) {
  std::vector<int> permutation;
  for (int axis = 2; axis < kernel.rank(); ++axis) permutation.push_back(axis);
  permutation.insert(permutation.end(), {1, 0});
  return transpose(kernel, permutation);
}

Values convolved(const Node& node) {
  const Value x = node[0], kernel = node[1];
  const Window window = window_over(node, spatial(x.shape()), spatial(kernel.shape()));
  const Value y = convolution(channels_last(x), kernel_of(kernel),
                              {.window = window, .groups = node.integer("group")});
  return {channels_second(with_bias(node, y))};
}

/// Where the result's size is asked for, what is more than that is cut off as padding.
Values transposed_convolution(const Node& node) {
  const Value x = node[0], kernel = node[1];
  const Sizes sizes = spatial(x.shape());
  Window window = window_of(node, sizes.size());
  const Sizes extent = extents(spatial(kernel.shape()), window.dilations);
  const Sizes more = integers_or(node, "output_padding", sizes.size(), 0);
  const std::string& automatic = node.text("auto_pad");
  const std::int64_t groups = node.integer("group");

  Shape output{x.dim(0)};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t whole = window.strides[i] * (sizes[i] - 1) + more[i] + extent[i];
    std::int64_t size = whole - window.padding_low[i] - window.padding_high[i];
    const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    if (same || node.has("output_shape")) {
      size = same ? sizes[i] * window.strides[i] : node.integers("output_shape")[i];
      // Where more is asked for than there is, the result ends in cells that nothing reaches.
      const std::int64_t cells = std::max<std::int64_t>(whole - size, 0);
      pad_alike(window, i, cells, automatic == "SAME_LOWER");
    }
    output.push_back(size);
  }
  output.push_back(kernel.shape().size(1) * groups);
  const Value y = convolution_input_gradient(channels_last(x), kernel_of(kernel), output,
                                             {.window = window, .groups = groups});
  return {channels_second(with_bias(node, y))};
}

PoolOptions pool_over(const Node& node, Value x) {
  if (node.has("dilations")) {
    for (std::int64_t dilation : node.integers("dilations")) {
      if (dilation != 1) node.refuse("windows with gaps");
    }
  }
  const Sizes kernel = node.integers("kernel_shape");
  return {.pool_size = kernel, .window = window_over(node, spatial(x.shape()), kernel)};
}

Values largest_of_windows(const Node& node) {
  const Value x = node[0];
  const MaxPool pooled = max_pool(channels_last(x), pool_over(node, x));
  if (node.num_outputs() == 1) return {channels_second(pooled.values)};
  if (node.integer("storage_order") != 0) node.refuse("places counted column by column");
  // ONNX counts them over the whole tensor, which is one plane here.
  if (x.shape().size(0) * x.shape().size(1) != 1) node.refuse("places in several planes");
  return {channels_second(pooled.values), channels_second(pooled.indices)};
}

Values mean_of_windows(const Node& node) {
  Value x = channels_last(node[0]);
  PoolOptions options = pool_over(node, node[0]);
  if (node.has("count_include_pad") && node.integer("count_include_pad") != 0) {
    for (std::size_t i = 0; i < options.pool_size.size(); ++i) {
      x = pad(x, static_cast<int>(i) + 1, options.window.padding_low[i],
              options.window.padding_high[i]);
    }
    options.window.padding_low.clear();
    options.window.padding_high.clear();
  }
  return {channels_second(average_pool(x, options))};
}

/// Over all positions of each channel.
template <Value (*function)(Value, ReduceOptions)>
Values of_whole_planes(const Node& node) {
  ReduceOptions options{.keep_dims = true};
  for (int axis = 2; axis < node[0].rank(); ++axis) options.axes.push_back(axis);
  return {function(node[0], options)};
}

/// Every position repeated a whole number of times in each direction.
Values repeated(const Node& node, Value x, const std::vector<double>& factors) {
  std::vector<std::int64_t> times;
  for (double factor : factors) {
    if (factor < 1 || factor != std::round(factor)) node.refuse("by factors that aren't whole");
    times.push_back(static_cast<std::int64_t>(factor));
  }
  if (times[0] != 1 || times[1] != 1) node.refuse("along the batch or the channels");
  times.erase(times.begin(), times.begin() + 2);
  return {channels_second(upsample(channels_last(x), times))};
}

std::vector<double> doubles(const Tensor& tensor) {
  return tensor.cast(DType::float64).values<double>();
}

Values upsampled(const Node& node) { return repeated(node, node[0], doubles(node.numbers(1))); }

Values resized(const Node& node) {
  if (node.text("mode") != "nearest") node.refuse("by interpolation");
  // The nearest pixel is that of the block only where pixels are taken by their centres.
  if (node.text("coordinate_transformation_mode") != "half_pixel" ||
      !node.text("nearest_mode").starts_with("round_prefer")) {
    node.refuse("to pixels of other places than the centres");
  }
  std::vector<double> factors;
  if (node.has(3)) {
    const std::vector<std::int64_t> sizes = node.integers(3);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      factors.push_back(static_cast<double>(sizes[i]) /
                        static_cast<double>(node[0].shape().size(static_cast<int>(i))));
    }
  } else {
    factors = doubles(node.numbers(2));
  }
  return repeated(node, node[0], factors);
}

constexpr NamedRule rules[] = {
    {"AveragePool", mean_of_windows},
    {"Conv", convolved},
    {"ConvTranspose", transposed_convolution},
    {"GlobalAveragePool", of_whole_planes<mean>},
    {"GlobalMaxPool", of_whole_planes<max>},
    {"MaxPool", largest_of_windows},
    {"Resize", resized},
    {"Upsample", upsampled},
};

}  // namespace

std::span<const NamedRule> window_rules() { return rules; }

}  // namespace sloy::from_onnx
