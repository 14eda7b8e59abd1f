/// Windows that move over images: their sizes, checked, and the loops over their positions.
#pragma once

#include <sloy/ops.h>

#include <array>
#include <cstdint>
#include <span>

namespace sloy {

/// A window along one spatial dimension. Tap t at output position o is over the input's position
/// o · stride + t · dilation − low, which may lie outside, in the padding.
struct WindowAxis {
  std::int64_t input = 1;
  std::int64_t output = 1;
  std::int64_t taps = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t low = 0;

  std::int64_t under(std::int64_t o, std::int64_t t) const {
    return o * stride + t * dilation - low;
  }
  bool inside(std::int64_t o, std::int64_t t) const {
    const std::int64_t position = under(o, t);
    return position >= 0 && position < input;
  }
};

/// Three dimensions always; an image of one or two is thin along the first.
using WindowAxes = std::array<WindowAxis, 3>;

/// The axes of a window of `size` over `input` (batch, spatial…, channels). Throws ShapeError where
/// a number makes no sense or the window is larger than the padded input.
WindowAxes window_axes(const Shape& input, std::span<const std::int64_t> size,
                       const Window& window);

/// `input` with its spatial sizes made the window's outputs.
Shape window_output(const Shape& input, const WindowAxes& axes);

/// The same window with every list filled.
Window canonical(const Window& window, int spatial);

/// Calls body(output, tap, input) for every output position and every tap that lies inside, each
/// counted in row-major order within its plane.
template <class Body>
void for_each_tap(const WindowAxes& axes, const Body& body) {
  const auto& [depth, height, width] = axes;
  std::int64_t output = 0;
  for (std::int64_t i = 0; i < depth.output; ++i) {
    for (std::int64_t j = 0; j < height.output; ++j) {
      for (std::int64_t k = 0; k < width.output; ++k, ++output) {
        std::int64_t tap = 0;
        for (std::int64_t a = 0; a < depth.taps; ++a) {
          for (std::int64_t b = 0; b < height.taps; ++b) {
            for (std::int64_t c = 0; c < width.taps; ++c, ++tap) {
              if (!depth.inside(i, a) || !height.inside(j, b) || !width.inside(k, c)) continue;
              const std::int64_t row = depth.under(i, a) * height.input + height.under(j, b);
              body(output, tap, row * width.input + width.under(k, c));
            }
          }
        }
      }
    }
  }
}

/// Positions in the input's plane, in the output's, and taps of the window.
std::int64_t input_plane(const WindowAxes& axes);
std::int64_t output_plane(const WindowAxes& axes);
std::int64_t num_taps(const WindowAxes& axes);

}  // namespace sloy
