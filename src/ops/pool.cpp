#include "ops/pool.h"

#include <fmt/format.h>

#include "ops/check.h"

namespace sloy {

WindowAxes pool_axes(const Shape& input, const PoolOptions& options) {
  const WindowAxes axes = window_axes(input, options.pool_size, options.window);
  const Window window = canonical(options.window, input.rank() - 2);
  for (std::size_t i = 0; i < options.pool_size.size(); ++i) {
    const std::string_view name = spatial_name(input.rank(), static_cast<int>(i));
    if (window.dilations[i] != 1) {
      throw ShapeError(
          fmt::format("a pool has no dilation, {} is given along {}", window.dilations[i], name));
    }
    const std::int64_t padding = std::max(window.padding_low[i], window.padding_high[i]);
    if (padding >= options.pool_size[i]) {
      throw ShapeError(fmt::format("{} cells of padding along {} leave a window of {} empty",
                                   padding, name, options.pool_size[i]),
                       {}, "pad by less than the window's size");
    }
  }
  return axes;
}

Shape pool_shape(const Shape& input, const PoolOptions& options) {
  return window_output(input, pool_axes(input, options));
}

PoolOptions canonical(PoolOptions options, const Shape& input) {
  options.window = canonical(options.window, input.rank() - 2);
  return options;
}

}  // namespace sloy
