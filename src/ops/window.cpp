#include "ops/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ops/check.h"

namespace sloy {
namespace {

/// Sizes and positions stay below this, so that their products fit 63 bits.
constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

void check_image(const Shape& input) {
  if (input.rank() < 3 || input.rank() > 5) {
    throw ShapeError(fmt::format("the input must have 3, 4 or 5 dimensions, not {}", input.rank()),
                     {shape_note("input", input, "batch, spatial…, channels")},
                     "a single image needs a batch of 1, a grey one a channel of 1");
  }
  for (int axis = 1; axis < input.rank(); ++axis) {
    if (input[axis].is_symbolic()) {
      throw ShapeError("only the first dimension of the input may depend on the batch",
                       {shape_note("input", input, image_dims(input.rank()))});
    }
    if (input.size(axis) < 1 || input.size(axis) > most) {
      throw ShapeError("the input has a dimension that is empty or too large",
                       {shape_note("input", input, image_dims(input.rank()))});
    }
  }
}

/// The list, or `value` for each dimension where it is empty.
std::vector<std::int64_t> filled(const std::vector<std::int64_t>& list, int spatial,
                                 std::int64_t value) {
  // Fewer than none, for an input that is no image, is for the shape rule to refuse.
  const auto count = static_cast<std::size_t>(std::max(spatial, 0));
  return list.empty() ? std::vector(count, value) : list;
}

void check_list(std::span<const std::int64_t> list, std::string_view name, int rank,
                std::int64_t least) {
  const int spatial = rank - 2;
  if (static_cast<int>(list.size()) != spatial) {
    throw ShapeError(
        fmt::format("{} numbers of {} for {} spatial dimensions", list.size(), name, spatial),
        {{std::string(name), fmt::format("({})", fmt::join(list, ", "))}},
        fmt::format("give {}", spatial));
  }
  for (int i = 0; i < spatial; ++i) {
    const std::int64_t number = list[static_cast<std::size_t>(i)];
    if (number >= least && number <= most) continue;
    throw ShapeError(fmt::format("{} {} along {}", name, number, spatial_name(rank, i)),
                     {{std::string(name), fmt::format("({})", fmt::join(list, ", "))}},
                     number < least ? fmt::format("give {} or more", least) : "give less than 2³¹");
  }
}

struct Cells {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// What the padding of a direction depends on.
struct Direction {
  std::int64_t size;
  std::int64_t extent;  ///< of the window, gaps included
  std::int64_t stride;
};

/// The cells that `padding` adds along direction `i`.
Cells cells_of(const Padding& padding, int i, const Direction& direction) {
  const auto& [size, extent, stride] = direction;
  switch (padding.kind()) {
    case Padding::Kind::valid: return {};
    case Padding::Kind::same: {
      const std::int64_t positions = (size + stride - 1) / stride;
      const std::int64_t cells =
          std::max<std::int64_t>((positions - 1) * stride + extent - size, 0);
      return {cells / 2, cells - cells / 2};
    }
    case Padding::Kind::causal: return {extent - 1, 0};
    case Padding::Kind::cells: break;
  }
  return {padding.ends(i).before, padding.ends(i).after};
}

/// Throws where the padding isn't for so many directions, or a number is below 0.
void check_padding(const Padding& padding, int spatial) {
  if (padding.kind() == Padding::Kind::causal && spatial != 1) {
    throw ConfigError("causal padding is for sequences: only they have a before and an after", {},
                      "give `same`, `valid` or numbers of cells");
  }
  if (padding.kind() != Padding::Kind::cells) return;
  if (padding.directions() != 0 && padding.directions() != spatial) {
    throw ConfigError(
        fmt::format("padding for {} directions where there are {}", padding.directions(), spatial),
        {{"padding", to_json(to_config(padding))}},
        "give the cells before and after along each, or one number for all");
  }
  for (int i = 0; i < spatial; ++i) {
    const Ends ends = padding.ends(i);
    if (ends.before >= 0 && ends.after >= 0) continue;
    throw ConfigError(fmt::format("padding can't be {}", std::min(ends.before, ends.after)), {},
                      "give numbers of cells of 0 or more");
  }
}

std::int64_t product(const WindowAxes& axes, std::int64_t WindowAxis::*member) {
  return axes[0].*member * axes[1].*member * axes[2].*member;
}

}  // namespace

WindowAxes window_axes(const Shape& input, std::span<const std::int64_t> size,
                       const Window& window) {
  check_image(input);
  const int rank = input.rank();
  const int spatial = rank - 2;
  const Window full = canonical(window, spatial);
  check_list(size, "size", rank, 1);
  check_list(full.strides, "strides", rank, 1);
  check_list(full.dilations, "dilations", rank, 1);
  check_list(full.padding_low, "padding", rank, 0);
  check_list(full.padding_high, "padding", rank, 0);

  WindowAxes axes;
  for (int i = 0; i < spatial; ++i) {
    const auto s = static_cast<std::size_t>(i);
    WindowAxis& axis = axes[static_cast<std::size_t>(3 - spatial + i)];
    axis = {.input = input.size(i + 1),
            .taps = size[s],
            .stride = full.strides[s],
            .dilation = full.dilations[s],
            .low = full.padding_low[s]};
    const std::int64_t extent = (axis.taps - 1) * axis.dilation + 1;
    const std::int64_t padded = axis.input + axis.low + full.padding_high[s];
    if (extent > padded) {
      ShapeError error(
          fmt::format("the window is larger than the padded input: {} along {}, over {}", extent,
                      spatial_name(rank, i), padded),
          {shape_note("input", input, image_dims(rank)),
           {"window", fmt::format("({})", fmt::join(size, ", "))}},
          "use a smaller window or larger images, or padding `same`");
      if (axis.dilation > 1) {
        error.add({"dilation", fmt::format("({})", fmt::join(full.dilations, ", ")),
                   fmt::format("{} numbers, each {} from the next, reach over {}", axis.taps,
                               axis.dilation, extent)});
      }
      throw error;
    }
    axis.output = (padded - extent) / axis.stride + 1;
  }
  return axes;
}

Shape window_output(const Shape& input, const WindowAxes& axes) {
  Shape output = input;
  const int spatial = input.rank() - 2;
  for (int i = 0; i < spatial; ++i) {
    output[i + 1] = axes[static_cast<std::size_t>(3 - spatial + i)].output;
  }
  return output;
}

Window canonical(const Window& window, int spatial) {
  return {.strides = filled(window.strides, spatial, 1),
          .dilations = filled(window.dilations, spatial, 1),
          .padding_low = filled(window.padding_low, spatial, 0),
          .padding_high = filled(window.padding_high, spatial, 0)};
}

std::int64_t input_plane(const WindowAxes& axes) { return product(axes, &WindowAxis::input); }
std::int64_t output_plane(const WindowAxes& axes) { return product(axes, &WindowAxis::output); }
std::int64_t num_taps(const WindowAxes& axes) { return product(axes, &WindowAxis::taps); }

Window window(const Shape& input, std::vector<std::int64_t> kernel_size,
              std::vector<std::int64_t> strides, const Padding& padding,
              std::vector<std::int64_t> dilations) {
  check_image(input);
  const int spatial = input.rank() - 2;
  Window window =
      canonical({.strides = std::move(strides), .dilations = std::move(dilations)}, spatial);
  check_list(kernel_size, "size", input.rank(), 1);
  check_list(window.strides, "strides", input.rank(), 1);
  check_list(window.dilations, "dilations", input.rank(), 1);
  check_padding(padding, spatial);
  for (int i = 0; i < spatial; ++i) {
    const auto s = static_cast<std::size_t>(i);
    const std::int64_t extent = (kernel_size[s] - 1) * window.dilations[s] + 1;
    const Cells cells = cells_of(padding, i, {input.size(i + 1), extent, window.strides[s]});
    window.padding_low[s] = cells.low;
    window.padding_high[s] = cells.high;
  }
  return window;
}

}  // namespace sloy
