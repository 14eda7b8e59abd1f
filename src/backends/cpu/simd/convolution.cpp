#include "backends/cpu/simd/convolution.h"

#include <algorithm>
#include <bit>

#include "backends/cpu/simd/convolution_kernel_row.h"
#include "backends/cpu/simd/convolution_row.h"
#include "backends/cpu/simd/copy_rows.h"
#include "backends/cpu/simd/partials.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Multiplications that make up for waking another thread.
constexpr std::int64_t work_of_a_thread = 1 << 18;
/// Multiplications of a slab of the kernel gradient, and how many slabs there are at most.
constexpr std::int64_t work_of_a_slab = 1 << 19;
constexpr std::int64_t most_slabs = 64;
/// Fewer neighbours than this are no vector.
constexpr std::int64_t few = 8;

/// Whether vectors of the channels that are summed over beat vectors of those that result.
bool sums_over_vectors(std::int64_t terms, std::int64_t results) {
  return results < few && terms >= few;
}

/// The kernel with the channels next to each other: (filters, taps, channels), group by group.
void copy_filters_first(const ConvolutionShape& s, const float* kernel, float* out) {
  const std::int64_t taps = s.windows.taps();
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    transpose_rows({.from = kernel + tap * s.channels * s.y_channels(),
                    .to = out + tap * s.channels,
                    .rows = {s.y_channels(), 1, taps * s.channels},
                    .inner = {s.channels, s.y_channels(), 1}});
  }
}

/// (groups, taps, filters, channels).
void copy_channels_last(const ConvolutionShape& s, const float* kernel, float* out) {
  const std::int64_t taps = s.windows.taps();
  for (std::int64_t i = 0; i < s.groups * taps; ++i) {
    const std::int64_t group = i / taps;
    transpose_rows({.from = kernel + i % taps * s.channels * s.y_channels() + group * s.filters,
                    .to = out + i * s.filters * s.channels,
                    .rows = {s.filters, 1, s.channels},
                    .inner = {s.channels, s.y_channels(), 1}});
  }
}

bool needs_filters_first(const ConvolutionShape& s) {
  return sums_over_vectors(s.channels, s.filters) && s.y_channels() > 1;
}
bool needs_channels_last(const ConvolutionShape& s) {
  return !sums_over_vectors(s.filters, s.channels);
}

/// What convolution and its input gradient have in common.
struct Direction {
  bool backward;
  const float* source;
  std::int64_t source_channels;
  std::int64_t terms, results;  ///< channels of a group
  float* result;
  std::int64_t result_channels;
  const float* kernel;
  std::int64_t kernel_group, tap_step, term_step, result_step;
  const float* bias;
  bool by_terms;
};

/// Rows of results [first, last), counted through all images, of one group.
void convolve_rows(const ConvolutionShape& s, const Direction& direction, std::int64_t group,
                   std::int64_t first, std::int64_t last) {
  const auto& [depth, height, width] = s.windows;
  const bool back = direction.backward;
  const std::int64_t rows_of_plane = back ? height.input : height.output;
  const std::int64_t rows = (back ? depth.input : depth.output) * rows_of_plane;
  const std::int64_t row_size = (back ? width.input : width.output) * direction.result_channels;
  const std::int64_t image_size =
      (back ? s.windows.output_size() : s.windows.input_size()) * direction.source_channels;
  ConvolutionRow row = {
      .source = nullptr,
      .source_step = direction.source_channels,
      .source_height = back ? height.output : height.input,
      .source_width = back ? width.output : width.input,
      .terms = direction.terms,
      .kernel = direction.kernel + group * direction.kernel_group,
      .tap_step = direction.tap_step,
      .term_step = direction.term_step,
      .result_step = direction.result_step,
      .kernel_height = height.taps,
      .kernel_width = width.taps,
      .joined = !back && width.dilation * direction.source_channels == direction.terms &&
                direction.tap_step == direction.terms * direction.term_step,
      .result = nullptr,
      .place_step = direction.result_channels,
      .results = direction.results,
      .bias = direction.bias == nullptr ? nullptr : direction.bias + group * direction.results,
      .rectify = s.rectify && !back,
      .depth = {},
      .height = {},
      .width = &width,
      .backward = back};
  for (std::int64_t r = first; r < last; ++r) {
    row.source = direction.source + r / rows * image_size + group * direction.terms;
    row.result = direction.result + r * row_size + group * direction.results;
    row.depth = sight_at(depth, back, r % rows / rows_of_plane);
    row.height = sight_at(height, back, r % rows_of_plane);
    if (direction.by_terms)
      convolve_row_by_terms(row);
    else
      convolve_row_by_results(row);
  }
}

void convolve(const ConvolutionShape& s, const Direction& direction) {
  const auto& [depth, height, width] = s.windows;
  const std::int64_t rows =
      s.batch * (direction.backward ? depth.input * height.input : s.windows.output_rows());
  const std::int64_t work = s.batch * s.windows.output_size() * s.kernel_size();
  const std::int64_t grain = work_of_a_thread / (work / std::max<std::int64_t>(rows, 1) + 1) + 1;
  parallel_for(rows, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      convolve_rows(s, direction, group, first, last);
    }
  });
}

/// Slabs of rows of outputs, each with sums of its own for the kernel gradient. A power of two, so
/// that threads have equal shares.
std::int64_t kernel_slabs(const ConvolutionShape& s) {
  const std::int64_t rows = s.batch * s.windows.output_rows();
  const std::int64_t work = rows * s.windows.width.output * s.kernel_size();
  // All partial sums together are not more than the operands.
  const std::int64_t operands = s.batch * (s.windows.input_size() * s.x_channels() +
                                           s.windows.output_size() * s.y_channels());
  const std::int64_t slabs =
      std::min({work / work_of_a_slab, most_slabs, operands / s.kernel_size(), rows});
  return static_cast<std::int64_t>(
      std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(slabs, 1))));
}

/// Whether the kernel gradient's sums lie as (filters, taps, channels), for vectors of channels.
bool sums_filters_first(const ConvolutionShape& s) {
  return sums_over_vectors(s.channels, s.filters);
}

/// Adds what row `r` of the outputs, counted through all images, gives to the kernel's gradient.
void add_row(const ConvolutionShape& s, const float* x, const float* dy, std::int64_t r,
             float* sums) {
  const auto& [depth, height, width] = s.windows;
  const std::int64_t image = r / s.windows.output_rows();
  const std::int64_t inside = r % s.windows.output_rows();
  const bool by_channels = sums_filters_first(s);
  KernelRow row = {.x = x + image * s.windows.input_size() * s.x_channels(),
                   .x_step = s.x_channels(),
                   .x_height = height.input,
                   .x_width = width.input,
                   .channels = s.channels,
                   .dy = dy + r * width.output * s.y_channels(),
                   .dy_step = s.y_channels(),
                   .filters = s.filters,
                   .sums = sums,
                   .tap_step = s.channels * (by_channels ? 1 : s.y_channels()),
                   .channel_step = by_channels ? 1 : s.y_channels(),
                   .filter_step = by_channels ? s.windows.taps() * s.channels : 1,
                   .kernel_height = height.taps,
                   .kernel_width = width.taps,
                   .depth = sight_at(depth, false, inside / height.output),
                   .height = sight_at(height, false, inside % height.output),
                   .width = forward_phase(width)};
  for (std::int64_t group = 0; group < s.groups; ++group) {
    if (by_channels)
      add_kernel_row_by_channels(row);
    else
      add_kernel_row_by_filters(row);
    row.x += s.channels;
    row.dy += s.filters;
    row.sums += s.filters * row.filter_step;
  }
}

std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

}  // namespace

std::size_t convolution_scratch_bytes(const ConvolutionShape& s) {
  return needs_filters_first(s) ? bytes(s.kernel_size()) : 0;
}

void convolution(const ConvolutionShape& s, const float* x, const float* kernel, const float* bias,
                 float* y, float* scratch) {
  Direction direction = {.backward = false,
                         .source = x,
                         .source_channels = s.x_channels(),
                         .terms = s.channels,
                         .results = s.filters,
                         .result = y,
                         .result_channels = s.y_channels(),
                         .kernel = kernel,
                         .kernel_group = s.filters,
                         .tap_step = s.channels * s.y_channels(),
                         .term_step = s.y_channels(),
                         .result_step = 1,
                         .bias = bias,
                         .by_terms = sums_over_vectors(s.channels, s.filters)};
  if (needs_filters_first(s)) {
    copy_filters_first(s, kernel, scratch);
    const std::int64_t filter = s.windows.taps() * s.channels;
    direction.kernel = scratch;
    direction.kernel_group = s.filters * filter;
    direction.tap_step = s.channels;
    direction.term_step = 1;
    direction.result_step = filter;
  }
  convolve(s, direction);
}

std::size_t convolution_input_gradient_scratch_bytes(const ConvolutionShape& s) {
  return needs_channels_last(s) ? bytes(s.kernel_size()) : 0;
}

void convolution_input_gradient(const ConvolutionShape& s, const float* dy, const float* kernel,
                                float* dx, float* scratch) {
  Direction direction = {.backward = true,
                         .source = dy,
                         .source_channels = s.y_channels(),
                         .terms = s.filters,
                         .results = s.channels,
                         .result = dx,
                         .result_channels = s.x_channels(),
                         .kernel = kernel,
                         .kernel_group = s.filters,
                         .tap_step = s.channels * s.y_channels(),
                         .term_step = 1,
                         .result_step = s.y_channels(),
                         .bias = nullptr,
                         .by_terms = sums_over_vectors(s.filters, s.channels)};
  if (needs_channels_last(s)) {
    copy_channels_last(s, kernel, scratch);
    direction.kernel = scratch;
    direction.kernel_group = s.windows.taps() * s.filters * s.channels;
    direction.tap_step = s.filters * s.channels;
    direction.term_step = s.channels;
    direction.result_step = 1;
  }
  convolve(s, direction);
}

std::size_t convolution_kernel_gradient_scratch_bytes(const ConvolutionShape& s) {
  const std::int64_t slabs = kernel_slabs(s);
  return slabs == 1 && !sums_filters_first(s) ? 0 : bytes(slabs * s.kernel_size());
}

void convolution_kernel_gradient(const ConvolutionShape& s, const float* x, const float* dy,
                                 float* dkernel, float* scratch) {
  const std::int64_t slabs = kernel_slabs(s);
  const std::int64_t size = s.kernel_size();
  const std::int64_t rows = s.batch * s.windows.output_rows();
  const bool in_place = slabs == 1 && !sums_filters_first(s);
  float* sums = in_place ? dkernel : scratch;
  parallel_for(slabs, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t slab = first; slab < last; ++slab) {
      std::fill_n(sums + slab * size, size, 0.0f);
      const std::int64_t end = rows * (slab + 1) / slabs;
      for (std::int64_t r = rows * slab / slabs; r < end; ++r) {
        add_row(s, x, dy, r, sums + slab * size);
      }
    }
  });
  if (in_place) return;
  if (!sums_filters_first(s)) return add_partials(sums, slabs, size, size, dkernel);
  const std::int64_t filter = s.windows.taps() * s.channels;
  for (std::int64_t f = 0; f < s.y_channels(); ++f) {
    add_partials(sums + f * filter, slabs, size, filter, dkernel + f, s.y_channels());
  }
}

}  // namespace sloy::cpu
