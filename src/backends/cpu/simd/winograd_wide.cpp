#include "backends/cpu/simd/winograd_wide.h"

#include <algorithm>
#include <cassert>

#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Moved images are made and used this many bytes at a time, to stay in L3.
constexpr std::int64_t moved_bytes = 14 << 20;

/// Along either axis the kernel is cut in two.
constexpr std::int64_t cuts = 2;
constexpr std::int64_t parts = cuts * cuts;

/// The convolution with 3×3 kernels that the wide one becomes. Pixel q of a moved image is pixel
/// q − low + 3 · cut of x, so no padding is left.
struct Wide {
  explicit Wide(const WinogradShape& wanted)
      : shape(wanted),
        block(channel_block()),
        channel_blocks(shape.channels / block),
        filter_blocks(shape.filters / block) {
    assert(shape.height.taps > 3 && shape.height.taps <= 6);
    assert(shape.width.taps > 3 && shape.width.taps <= 6);
    assert(!shape.bfloat16 && !shape.bfloat16_result);
    const std::int64_t room = moved_bytes / static_cast<std::int64_t>(sizeof(float));
    const std::int64_t most = std::max<std::int64_t>(room / moved_image(), 1);
    const std::int64_t rounds = (shape.batch + most - 1) / most;
    images = (shape.batch + rounds - 1) / rounds;
  }

  std::int64_t moved_height() const { return shape.height.output + 2; }
  std::int64_t moved_width() const { return shape.width.output + 2; }
  std::int64_t moved_plane() const { return moved_height() * moved_width() * block; }
  std::int64_t moved_image() const { return parts * channel_blocks * moved_plane(); }
  std::int64_t plane() const { return shape.height.input * shape.width.input * block; }
  std::int64_t x_image() const { return channel_blocks * plane(); }
  std::int64_t y_image() const { return shape.filters * shape.height.output * shape.width.output; }
  std::int64_t cut_kernel() const { return 9 * parts * shape.channels * shape.filters; }
  /// Moved images and cut kernel, in whole cache lines.
  std::int64_t own_floats() const { return (images * moved_image() + cut_kernel() + 15) / 16 * 16; }

  WinogradShape narrow(std::int64_t count) const {
    return {.batch = count,
            .channels = parts * shape.channels,
            .filters = shape.filters,
            .height = {moved_height(), shape.height.output, 3, 1, 1, 0},
            .width = {moved_width(), shape.width.output, 3, 1, 1, 0},
            .rectify = shape.rectify};
  }

  WinogradShape shape;
  std::int64_t block, channel_blocks, filter_blocks;
  std::int64_t images;  ///< at a time
};

/// Bytes of scratch where `inner` says what the 3×3 convolution of a number of images wants.
template <class Inner>
std::size_t scratch_bytes(const Wide& wide, const Inner& inner) {
  const std::int64_t rest = wide.shape.batch % wide.images;
  std::size_t most = inner(wide.narrow(wide.images));
  if (rest != 0) most = std::max(most, inner(wide.narrow(rest)));
  return static_cast<std::size_t>(wide.own_floats()) * sizeof(float) + most;
}

/// Calls body(first image, their number) for the images that are worked on at a time.
template <class Body>
void for_each_round(const Wide& wide, const Body& body) {
  for (std::int64_t first = 0; first < wide.shape.batch; first += wide.images) {
    body(first, std::min(wide.images, wide.shape.batch - first));
  }
}

/// The part of a moved row or column that lies inside the image: [first, last), and how far the
/// image's pixels are from there.
struct Inside {
  Inside(const Axis& axis, std::int64_t cut, std::int64_t moved)
      : shift(3 * cut - axis.low),
        first(std::clamp<std::int64_t>(-shift, 0, moved)),
        last(std::clamp(axis.input - shift, first, moved)) {}

  std::int64_t shift;
  std::int64_t first, last;
};

/// One moved plane of one block of channels from the image's.
void move_plane(const Wide& wide, std::int64_t part, const float* x, float* moved) {
  const Inside rows(wide.shape.height, part / cuts, wide.moved_height());
  const Inside columns(wide.shape.width, part % cuts, wide.moved_width());
  const std::int64_t row = wide.moved_width() * wide.block;
  std::fill(moved, moved + rows.first * row, 0.0f);
  for (std::int64_t h = rows.first; h < rows.last; ++h) {
    const float* from = x + (h + rows.shift) * wide.shape.width.input * wide.block;
    float* to = moved + h * row;
    std::fill(to, to + columns.first * wide.block, 0.0f);
    std::copy(from + (columns.first + columns.shift) * wide.block,
              from + (columns.last + columns.shift) * wide.block, to + columns.first * wide.block);
    std::fill(to + columns.last * wide.block, to + row, 0.0f);
  }
  std::fill(moved + rows.last * row, moved + wide.moved_plane(), 0.0f);
}

void move_images(const Wide& wide, std::int64_t count, const float* x, float* moved) {
  const std::int64_t planes = parts * wide.channel_blocks;
  parallel_for(count * planes, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t part = i % planes / wide.channel_blocks;
      const std::int64_t plane = i / planes * wide.channel_blocks + i % wide.channel_blocks;
      move_plane(wide, part, x + plane * wide.plane(), moved + i * wide.moved_plane());
    }
  });
}

/// dx of one block of channels: what the parts' moved gradients say of each pixel, in their order.
void add_plane(const Wide& wide, const float* moved, float* dx) {
  std::fill(dx, dx + wide.plane(), 0.0f);
  for (std::int64_t part = 0; part < parts; ++part) {
    const Inside rows(wide.shape.height, part / cuts, wide.moved_height());
    const Inside columns(wide.shape.width, part % cuts, wide.moved_width());
    const float* plane = moved + part * wide.channel_blocks * wide.moved_plane();
    for (std::int64_t h = rows.first; h < rows.last; ++h) {
      const float* from = plane + (h * wide.moved_width() + columns.first) * wide.block;
      float* to = dx + ((h + rows.shift) * wide.shape.width.input + columns.first + columns.shift) *
                           wide.block;
      const std::int64_t count = (columns.last - columns.first) * wide.block;
      for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
    }
  }
}

void add_images(const Wide& wide, std::int64_t count, const float* moved, float* dx) {
  parallel_for(count * wide.channel_blocks, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t image = i / wide.channel_blocks, c = i % wide.channel_blocks;
      add_plane(wide, moved + image * wide.moved_image() + c * wide.moved_plane(),
                dx + i * wide.plane());
    }
  });
}

/// Calls body(tap's block in the cut kernel, its block in the kernel or null) for all of the cut
/// kernel's taps, whose blocks are of channels by filters.
template <class Kernel, class Body>
void for_each_tap(const Wide& wide, Kernel* kernel, const Body& body) {
  const std::int64_t square = wide.block * wide.block;
  const std::int64_t down = wide.shape.height.taps, across = wide.shape.width.taps;
  const std::int64_t count = wide.filter_blocks * parts * wide.channel_blocks;
  parallel_for(count, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t part = i / wide.channel_blocks % parts;
      const std::int64_t pair =
          i / (parts * wide.channel_blocks) * wide.channel_blocks + i % wide.channel_blocks;
      for (std::int64_t tap = 0; tap < 9; ++tap) {
        const std::int64_t h = part / cuts * 3 + tap / 3, w = part % cuts * 3 + tap % 3;
        const bool inside = h < down && w < across;
        body((i * 9 + tap) * square,
             inside ? kernel + ((pair * down + h) * across + w) * square : nullptr);
      }
    }
  });
}

void cut_kernel(const Wide& wide, const float* kernel, float* cut) {
  const std::int64_t square = wide.block * wide.block;
  for_each_tap(wide, kernel, [&](std::int64_t at, const float* tap) {
    if (tap != nullptr)
      std::copy(tap, tap + square, cut + at);
    else
      std::fill(cut + at, cut + at + square, 0.0f);
  });
}

void join_kernel(const Wide& wide, const float* cut, bool add, float* kernel) {
  const std::int64_t square = wide.block * wide.block;
  for_each_tap(wide, kernel, [&](std::int64_t at, float* tap) {
    if (tap == nullptr) return;
    for (std::int64_t i = 0; i < square; ++i) tap[i] = add ? tap[i] + cut[at + i] : cut[at + i];
  });
}

const float* floats(const void* operand) { return static_cast<const float*>(operand); }
float* floats(void* result) { return static_cast<float*>(result); }

/// How the scratch is shared out.
struct Scratch {
  Scratch(const Wide& wide, float* scratch)
      : moved(scratch),
        cut(scratch + wide.images * wide.moved_image()),
        rest(scratch + wide.own_floats()) {}

  float* moved;  ///< images
  float* cut;    ///< kernel
  float* rest;   ///< for the 3×3 convolution
};

}  // namespace

void winograd_wide_convolution(const WinogradShape& shape, int threads, const void* x,
                               const void* kernel, const float* bias, void* y, float* scratch) {
  const Wide wide(shape);
  const Scratch memory(wide, scratch);
  cut_kernel(wide, floats(kernel), memory.cut);
  for_each_round(wide, [&](std::int64_t first, std::int64_t count) {
    move_images(wide, count, floats(x) + first * wide.x_image(), memory.moved);
    winograd_convolution(wide.narrow(count), threads, memory.moved, memory.cut, bias,
                         floats(y) + first * wide.y_image(), memory.rest);
  });
}

std::size_t winograd_wide_convolution_scratch_bytes(const WinogradShape& shape, int threads) {
  return scratch_bytes(Wide(shape), [&](const WinogradShape& narrow) {
    return winograd_convolution_scratch_bytes(narrow, threads);
  });
}

void winograd_wide_input_gradient(const WinogradShape& shape, int threads, const void* dy,
                                  const void* kernel, void* dx, float* scratch) {
  const Wide wide(shape);
  const Scratch memory(wide, scratch);
  cut_kernel(wide, floats(kernel), memory.cut);
  for_each_round(wide, [&](std::int64_t first, std::int64_t count) {
    winograd_input_gradient(wide.narrow(count), threads, floats(dy) + first * wide.y_image(),
                            memory.cut, memory.moved, memory.rest);
    add_images(wide, count, memory.moved, floats(dx) + first * wide.x_image());
  });
}

std::size_t winograd_wide_input_gradient_scratch_bytes(const WinogradShape& shape, int threads) {
  return scratch_bytes(Wide(shape), [&](const WinogradShape& narrow) {
    return winograd_input_gradient_scratch_bytes(narrow, threads);
  });
}

void winograd_wide_kernel_gradient(const WinogradShape& shape, int threads, const void* x,
                                   const void* dy, float* dkernel, float* scratch) {
  const Wide wide(shape);
  const Scratch memory(wide, scratch);
  for_each_round(wide, [&](std::int64_t first, std::int64_t count) {
    move_images(wide, count, floats(x) + first * wide.x_image(), memory.moved);
    winograd_kernel_gradient(wide.narrow(count), threads, memory.moved,
                             floats(dy) + first * wide.y_image(), memory.cut, memory.rest);
    join_kernel(wide, memory.cut, first > 0, dkernel);
  });
}

std::size_t winograd_wide_kernel_gradient_scratch_bytes(const WinogradShape& shape, int threads) {
  return scratch_bytes(Wide(shape), [&](const WinogradShape& narrow) {
    return winograd_kernel_gradient_scratch_bytes(narrow, threads);
  });
}

}  // namespace sloy::cpu
