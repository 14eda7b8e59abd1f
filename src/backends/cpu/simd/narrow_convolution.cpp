#include "backends/cpu/simd/narrow_convolution.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/narrow_convolution.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/vector-inl.h"
#include "base/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr std::int64_t sum_width = sum_lanes;
/// Vectors that make the 16 lanes of a sum.
constexpr std::size_t parts = sum_lanes / lanes;

/// Channels rounded up to whole sums.
HWY_INLINE std::int64_t padded(std::int64_t channels) {
  return (channels + sum_width - 1) / sum_width * sum_width;
}

/// 16 lanes of float; element i of a row of channels is in lane i % 16.
struct Sums {
  V part[parts];

  HWY_INLINE Sums() {
    for (V& p : part) p = hn::Zero(D());
  }
  HWY_INLINE float fold() const { return fold_parts(part, AddLanes()); }
};

/// Part i of the 16 channels from `from` on, of which `count` exist; all do where they are `whole`.
template <bool whole>
HWY_INLINE V load_part(const float* from, std::size_t i, std::int64_t count) {
  if constexpr (whole) return hn::LoadU(D(), from + i * lanes);
  const std::int64_t left = count - static_cast<std::int64_t>(i * lanes);
  if (left >= static_cast<std::int64_t>(lanes)) return hn::LoadU(D(), from + i * lanes);
  if (left <= 0) return hn::Zero(D());
  return load_first(from + i * lanes, static_cast<std::size_t>(left));
}

/// Which taps lie inside for one output row, and for some pixels of it alike.
struct Inside {
  Axis::Taps depth, height, width;
};

/// One filter's sums for `pixels` outputs that are `step` inputs apart and have the same taps.
template <int pixels, bool whole>
HWY_INLINE void pixel_sums(const NarrowConvolution& shape, const float* x, const float* kernel,
                           const Inside& inside, Sums* sums) {
  const Windows& windows = shape.windows;
  const std::int64_t channels = shape.channels;
  const std::int64_t step = windows.width.stride * channels;
  const std::int64_t kernel_row = padded(channels);
  for (std::int64_t a = inside.depth.first; a < inside.depth.last; ++a) {
    for (std::int64_t b = inside.height.first; b < inside.height.last; ++b) {
      for (std::int64_t t = inside.width.first; t < inside.width.last; ++t) {
        const std::int64_t position =
            windows.position(inside.depth.start + a * windows.depth.dilation,
                             inside.height.start + b * windows.height.dilation,
                             inside.width.start + t * windows.width.dilation);
        const std::int64_t tap = (a * windows.height.taps + b) * windows.width.taps + t;
        const float* from = x + position * channels;
        const float* weights = kernel + tap * kernel_row;
        for (std::int64_t c = 0; c < channels; c += sum_width) {
          for (std::size_t i = 0; i < parts; ++i) {
            const V weight = hn::LoadU(D(), weights + c + i * lanes);
            for (int p = 0; p < pixels; ++p) {
              const V value = load_part<whole>(from + p * step + c, i, channels - c);
              sums[p].part[i] = hn::MulAdd(value, weight, sums[p].part[i]);
            }
          }
        }
      }
    }
  }
}

template <int pixels, bool whole>
HWY_INLINE void convolve_pixels(const NarrowConvolution& shape, const float* x, const float* kernel,
                                const NarrowEpilogue& epilogue, const Inside& inside, float* y) {
  const std::int64_t filter_size = shape.windows.taps() * padded(shape.channels);
  for (std::int64_t f = 0; f < shape.filters; ++f) {
    Sums sums[pixels];
    pixel_sums<pixels, whole>(shape, x, kernel + f * filter_size, inside, sums);
    for (int p = 0; p < pixels; ++p) {
      float sum = sums[p].fold() + (epilogue.bias ? epilogue.bias[f] : 0.0f);
      if (epilogue.relu && sum <= 0.0f) sum = 0.0f;
      y[p * shape.filters + f] = sum;
    }
  }
}

/// Outputs of a row.
struct Columns {
  std::int64_t first, last;
};

/// Those whose whole window is inside.
HWY_INLINE Columns interior(const Axis& axis) {
  const std::int64_t extent = (axis.taps - 1) * axis.dilation + 1;
  const std::int64_t room = axis.input + axis.low - extent;
  const std::int64_t last = room < 0 ? 0 : std::min(room / axis.stride + 1, axis.output);
  const std::int64_t first = (axis.low + axis.stride - 1) / axis.stride;
  return {std::min(first, last), last};
}

/// Rows [first, last) of outputs, counted over all images. `kernel` is (filters, taps, channels
/// padded).
template <bool whole>
HWY_INLINE void convolve(const NarrowConvolution& shape, const float* x, const float* kernel,
                         const NarrowEpilogue& epilogue, float* y, std::int64_t first,
                         std::int64_t last) {
  constexpr int together = parts == 1 ? 8 : 4;  // sums that fit into registers
  const Windows& windows = shape.windows;
  const Columns inner = interior(windows.width);
  for (std::int64_t row = first; row < last; ++row) {
    const std::int64_t image = row / windows.output_rows();
    const std::int64_t in_image = row % windows.output_rows();
    const float* from = x + image * windows.input_size() * shape.channels;
    float* to = y + row * windows.width.output * shape.filters;
    Inside inside{windows.depth.at(in_image / windows.height.output),
                  windows.height.at(in_image % windows.height.output),
                  {}};
    for (std::int64_t column = 0; column < windows.width.output;) {
      // The last of the inner pixels are done twice where they make no whole group.
      const bool grouped =
          column >= inner.first && column < inner.last && inner.last - inner.first >= together;
      if (grouped) {
        column = std::min(column, inner.last - together);
        inside.width = windows.width.at(column);
        convolve_pixels<together, whole>(shape, from, kernel, epilogue, inside,
                                         to + column * shape.filters);
        column += together;
      } else {
        inside.width = windows.width.at(column);
        convolve_pixels<1, whole>(shape, from, kernel, epilogue, inside,
                                  to + column * shape.filters);
        ++column;
      }
    }
  }
}

void convolve_rows(const NarrowConvolution& shape, const float* x, const float* kernel,
                   const NarrowEpilogue& epilogue, float* y, std::int64_t first,
                   std::int64_t last) {
  if (shape.channels % sum_width == 0) {
    convolve<true>(shape, x, kernel, epilogue, y, first, last);
  } else {
    convolve<false>(shape, x, kernel, epilogue, y, first, last);
  }
}

/// Those whose tap `tap` lies inside.
HWY_INLINE Columns columns_inside(const Axis& axis, std::int64_t tap) {
  const std::int64_t offset = axis.low - tap * axis.dilation;
  const std::int64_t first = offset <= 0 ? 0 : (offset + axis.stride - 1) / axis.stride;
  const std::int64_t beyond = axis.input + offset;
  const std::int64_t last = beyond <= 0 ? 0 : (beyond + axis.stride - 1) / axis.stride;
  return {std::min(first, axis.output), std::min(last, axis.output)};
}

/// Adds Σ x · dy over some outputs of a row to 16 channels of one tap and filter.
template <bool whole>
HWY_INLINE void add_row(const float* x, std::int64_t step, std::int64_t channels, const float* dy,
                        std::int64_t dy_step, std::int64_t count, float* sums) {
  constexpr int chains = 4;
  Sums chain[chains];
  std::int64_t j = 0;
  for (; j + chains <= count; j += chains) {
    for (int k = 0; k < chains; ++k) {
      const V slope = hn::Set(D(), dy[(j + k) * dy_step]);
      for (std::size_t i = 0; i < parts; ++i) {
        const V value = load_part<whole>(x + (j + k) * step, i, channels);
        chain[k].part[i] = hn::MulAdd(value, slope, chain[k].part[i]);
      }
    }
  }
  for (; j < count; ++j) {
    const V slope = hn::Set(D(), dy[j * dy_step]);
    for (std::size_t i = 0; i < parts; ++i) {
      const V value = load_part<whole>(x + j * step, i, channels);
      chain[0].part[i] = hn::MulAdd(value, slope, chain[0].part[i]);
    }
  }
  for (std::size_t i = 0; i < parts; ++i) {
    const V sum = hn::Add(hn::Add(chain[0].part[i], chain[1].part[i]),
                          hn::Add(chain[2].part[i], chain[3].part[i]));
    float* to = sums + i * lanes;
    hn::StoreU(hn::Add(hn::LoadU(D(), to), sum), D(), to);
  }
}

/// Adds what images [first, last) contribute to `partial` (filters, taps, channels padded).
template <bool whole>
HWY_INLINE void add_each_image(const NarrowConvolution& shape, const float* x, const float* dy,
                               float* partial, std::int64_t first, std::int64_t last) {
  const Windows& windows = shape.windows;
  const std::int64_t channels = shape.channels;
  const std::int64_t rows = windows.output_rows();
  for (std::int64_t row = first * rows; row < last * rows; ++row) {
    const float* from = x + row / rows * windows.input_size() * channels;
    const float* slopes = dy + row * windows.width.output * shape.filters;
    const Axis::Taps depth = windows.depth.at(row % rows / windows.height.output);
    const Axis::Taps height = windows.height.at(row % rows % windows.height.output);
    for (std::int64_t a = depth.first; a < depth.last; ++a) {
      for (std::int64_t b = height.first; b < height.last; ++b) {
        for (std::int64_t t = 0; t < windows.width.taps; ++t) {
          const Columns columns = columns_inside(windows.width, t);
          if (columns.first >= columns.last) continue;
          const std::int64_t position = windows.position(
              depth.start + a * windows.depth.dilation, height.start + b * windows.height.dilation,
              columns.first * windows.width.stride - windows.width.low +
                  t * windows.width.dilation);
          const std::int64_t tap = (a * windows.height.taps + b) * windows.width.taps + t;
          for (std::int64_t f = 0; f < shape.filters; ++f) {
            float* sums = partial + (f * windows.taps() + tap) * padded(channels);
            for (std::int64_t c = 0; c < channels; c += sum_width) {
              add_row<whole>(from + position * channels + c, windows.width.stride * channels,
                             channels - c, slopes + columns.first * shape.filters + f,
                             shape.filters, columns.last - columns.first, sums + c);
            }
          }
        }
      }
    }
  }
}

void add_images(const NarrowConvolution& shape, const float* x, const float* dy, float* partial,
                std::int64_t first, std::int64_t last) {
  if (shape.channels % sum_width == 0) {
    add_each_image<true>(shape, x, dy, partial, first, last);
  } else {
    add_each_image<false>(shape, x, dy, partial, first, last);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
namespace {

HWY_EXPORT(convolve_rows);
HWY_EXPORT(add_images);

constexpr std::int64_t lanes_of_a_sum = 16;
/// Multiplications that make up for waking another thread.
constexpr std::int64_t products_of_a_thread = 65536;
/// Partial sums of the kernel's gradient, where the batch has as many images.
constexpr std::int64_t most_slabs = 32;

std::int64_t padded_channels(const NarrowConvolution& shape) {
  return (shape.channels + lanes_of_a_sum - 1) / lanes_of_a_sum * lanes_of_a_sum;
}

std::int64_t packed_kernel_size(const NarrowConvolution& shape) {
  return shape.filters * shape.windows.taps() * padded_channels(shape);
}

std::int64_t images_of_a_slab(const NarrowConvolution& shape) {
  return (shape.batch + most_slabs - 1) / most_slabs;
}

std::int64_t slabs(const NarrowConvolution& shape) {
  const std::int64_t images = images_of_a_slab(shape);
  return (shape.batch + images - 1) / images;
}

}  // namespace

std::size_t narrow_convolution_scratch(const NarrowConvolution& shape) {
  return static_cast<std::size_t>(packed_kernel_size(shape)) * sizeof(float);
}

void narrow_convolution(const NarrowConvolution& shape, const float* x, const float* kernel,
                        const NarrowEpilogue& epilogue, float* y, void* scratch) {
  const std::int64_t taps = shape.windows.taps();
  const std::int64_t row = padded_channels(shape);
  auto* packed = static_cast<float*>(scratch);
  std::fill_n(packed, packed_kernel_size(shape), 0.0f);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t f = 0; f < shape.filters; ++f) {
        packed[(f * taps + tap) * row + c] = kernel[(tap * shape.channels + c) * shape.filters + f];
      }
    }
  }
  const std::int64_t products_of_a_row =
      shape.windows.width.output * taps * shape.channels * shape.filters;
  parallel_for(shape.batch * shape.windows.output_rows(),
               products_of_a_thread / std::max<std::int64_t>(products_of_a_row, 1) + 1,
               [&](std::int64_t first, std::int64_t last) {
                 HWY_DYNAMIC_DISPATCH(convolve_rows)
                 (shape, x, packed, epilogue, y, first, last);
               });
}

std::size_t narrow_kernel_gradient_scratch(const NarrowConvolution& shape) {
  return static_cast<std::size_t>(slabs(shape) * packed_kernel_size(shape)) * sizeof(float);
}

void narrow_kernel_gradient(const NarrowConvolution& shape, const float* x, const float* dy,
                            float* dkernel, void* scratch) {
  auto* partials = static_cast<float*>(scratch);
  const std::int64_t size = packed_kernel_size(shape);
  const std::int64_t images = images_of_a_slab(shape);
  const std::int64_t count = slabs(shape);
  const std::int64_t products_of_a_slab =
      images * shape.windows.output_size() * shape.windows.taps() * shape.channels * shape.filters;
  parallel_for(count, products_of_a_thread / std::max<std::int64_t>(products_of_a_slab, 1) + 1,
               [&](std::int64_t first, std::int64_t last) {
                 std::fill_n(partials + first * size, (last - first) * size, 0.0f);
                 for (std::int64_t slab = first; slab < last; ++slab) {
                   HWY_DYNAMIC_DISPATCH(add_images)
                   (shape, x, dy, partials + slab * size, slab * images,
                    std::min((slab + 1) * images, shape.batch));
                 }
               });
  const std::int64_t taps = shape.windows.taps();
  const std::int64_t row = padded_channels(shape);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t f = 0; f < shape.filters; ++f) {
        double sum = 0.0;
        for (std::int64_t slab = 0; slab < count; ++slab) {
          sum += static_cast<double>(partials[slab * size + (f * taps + tap) * row + c]);
        }
        dkernel[(tap * shape.channels + c) * shape.filters + f] = static_cast<float>(sum);
      }
    }
  }
}

}  // namespace sloy::cpu
#endif
