#include "backends/cpu/simd/winograd_kernel.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/winograd_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/simd/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

using winograd::block;
using winograd::step;
constexpr std::int64_t block_size = block * block;

/// Where block (c, f) of a range stands in a matrix.
struct Place {
  std::int64_t offset;
  std::int64_t channel_step;
};
Place place_of(const KernelRange& range, std::int64_t c, std::int64_t f) {
  const bool alone = range.filter_blocks % 2 == 1 && f + 1 == range.filter_blocks;
  const std::int64_t width = (alone ? 1 : 2) * block;
  return {f / 2 * range.channel_blocks * 2 * block_size + c * block * width + f % 2 * block, width};
}

/// Taps (3, 3, block, block) → 36 matrices.
template <class T>
HWY_INLINE void transform_block(const T* taps, const Place& place, std::int64_t matrix_step,
                                float* matrices) {
  for (std::int64_t c = 0; c < block; ++c) {
    for (std::int64_t lane = 0; lane < block; lane += step) {
      const T* from = taps + c * block + lane;
      float* to = matrices + place.offset + c * place.channel_step + lane;
      V columns[3][6];
      unrolled<3>([&](auto x) HWY_ATTR {
        V g[3];
        unrolled<3>([&](auto y) HWY_ATTR { g[y] = load_all(from + (y * 3 + x) * block_size); });
        winograd::kernel(g, columns[x]);
      });
      unrolled<6>([&](auto r) HWY_ATTR {
        const V row[3] = {columns[0][r], columns[1][r], columns[2][r]};
        V points[6];
        winograd::kernel(row, points);
        unrolled<6>([&](auto s)
                        HWY_ATTR { hn::Store(points[s], D(), to + (r * 6 + s) * matrix_step); });
      });
    }
  }
}

/// to[j][i] = from[i][j], in registers where a row is a vector.
template <class T>
HWY_INLINE void transpose_block(const T* from, float* to) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  const hn::Repartition<double, D> pairs;
  const auto pair = [&](V v) HWY_ATTR { return hn::BitCast(pairs, v); };
  // Squares of 4×4 first: vector 4 g + j holds columns j, 4 + j … of rows 4 g to 4 g + 3.
  V squares[block];
  unrolled<block / 4>([&](auto g) HWY_ATTR {
    const T* rows = from + 4 * g * block;
    const V a = load_all(rows), b = load_all(rows + block);
    const V c = load_all(rows + 2 * block), d = load_all(rows + 3 * block);
    const auto low_ab = pair(hn::InterleaveLower(D(), a, b));
    const auto low_cd = pair(hn::InterleaveLower(D(), c, d));
    const auto high_ab = pair(hn::InterleaveUpper(D(), a, b));
    const auto high_cd = pair(hn::InterleaveUpper(D(), c, d));
    squares[4 * g] = hn::BitCast(D(), hn::InterleaveLower(pairs, low_ab, low_cd));
    squares[4 * g + 1] = hn::BitCast(D(), hn::InterleaveUpper(pairs, low_ab, low_cd));
    squares[4 * g + 2] = hn::BitCast(D(), hn::InterleaveLower(pairs, high_ab, high_cd));
    squares[4 * g + 3] = hn::BitCast(D(), hn::InterleaveUpper(pairs, high_ab, high_cd));
  });
  unrolled<4>([&](auto j) HWY_ATTR {
    const auto store = [&](std::int64_t row, V v) HWY_ATTR { hn::Store(v, D(), to + row * block); };
#if HWY_TARGET == HWY_AVX2
    store(j, hn::ConcatLowerLower(D(), squares[4 + j], squares[j]));
    store(4 + j, hn::ConcatUpperUpper(D(), squares[4 + j], squares[j]));
#else
    const V even_low = hn::ConcatLowerLower(D(), squares[8 + j], squares[j]);
    const V even_high = hn::ConcatUpperUpper(D(), squares[8 + j], squares[j]);
    const V odd_low = hn::ConcatLowerLower(D(), squares[12 + j], squares[4 + j]);
    const V odd_high = hn::ConcatUpperUpper(D(), squares[12 + j], squares[4 + j]);
    store(j, hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd_low), even_low));
    store(4 + j, hn::OddEvenBlocks(odd_low, hn::SwapAdjacentBlocks(even_low)));
    store(8 + j, hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd_high), even_high));
    store(12 + j, hn::OddEvenBlocks(odd_high, hn::SwapAdjacentBlocks(even_high)));
#endif
  });
#else
  HWY_ALIGN float row[block];
  for (std::int64_t i = 0; i < block; ++i) {
    convert_run(from + i * block, row, block);
    for (std::int64_t j = 0; j < block; ++j) to[j * block + i] = row[j];
  }
#endif
}

/// Calls body(taps) of one block with what they are.
template <class Body>
HWY_INLINE void with_taps(const BlockedKernel& shape, std::int64_t channel_block,
                          std::int64_t filter_block, const void* kernel, const Body& body) {
  const std::int64_t at = (filter_block * shape.channel_blocks + channel_block) * 9 * block_size;
  if (shape.bfloat16)
    body(static_cast<const bfloat16*>(kernel) + at);
  else
    body(static_cast<const float*>(kernel) + at);
}

void forward(const BlockedKernel& shape, const KernelRange& range, std::int64_t c, std::int64_t f,
             const void* kernel, float* matrices) {
  with_taps(shape, range.first_channel_block + c, range.first_filter_block + f, kernel,
            [&](const auto* taps) HWY_ATTR {
              transform_block(taps, place_of(range, c, f), range.matrix_step, matrices);
            });
}

void turned(const BlockedKernel& shape, const KernelRange& range, std::int64_t c, std::int64_t f,
            const void* kernel, float* matrices) {
  HWY_ALIGN float transposed[9 * block_size];
  with_taps(shape, range.first_filter_block + f, range.first_channel_block + c, kernel,
            [&](const auto* taps) HWY_ATTR {
              for (std::int64_t tap = 0; tap < 9; ++tap) {
                transpose_block(taps + (8 - tap) * block_size, transposed + tap * block_size);
              }
            });
  transform_block(transposed, place_of(range, c, f), range.matrix_step, matrices);
}

void gradient(const BlockedKernel& shape, const KernelRange& range, std::int64_t c, std::int64_t f,
              const float* matrices, float* result) {
  float* taps = result + ((range.first_filter_block + f) * shape.channel_blocks +
                          range.first_channel_block + c) *
                             9 * block_size;
  const Place place = place_of(range, c, f);
  for (std::int64_t i = 0; i < block; ++i) {
    for (std::int64_t lane = 0; lane < block; lane += step) {
      const float* from = matrices + place.offset + i * place.channel_step + lane;
      V columns[6][3];
      unrolled<6>([&](auto s) HWY_ATTR {
        V points[6];
        unrolled<6>([&](auto r) HWY_ATTR {
          points[r] = hn::Load(D(), from + (r * 6 + s) * range.matrix_step);
        });
        winograd::kernel_gradient(points, columns[s]);
      });
      unrolled<3>([&](auto y) HWY_ATTR {
        const V row[6] = {columns[0][y], columns[1][y], columns[2][y],
                          columns[3][y], columns[4][y], columns[5][y]};
        V g[3];
        winograd::kernel_gradient(row, g);
        unrolled<3>([&](auto x) HWY_ATTR {
          hn::StoreU(g[x], D(), taps + (y * 3 + x) * block_size + i * block + lane);
        });
      });
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(forward);
HWY_EXPORT(turned);
HWY_EXPORT(gradient);

void transform_kernel(const BlockedKernel& shape, const KernelRange& range, std::int64_t c,
                      std::int64_t f, const void* kernel, float* matrices) {
  HWY_DYNAMIC_DISPATCH(forward)(shape, range, c, f, kernel, matrices);
}

void transform_turned_kernel(const BlockedKernel& shape, const KernelRange& range, std::int64_t c,
                             std::int64_t f, const void* kernel, float* matrices) {
  HWY_DYNAMIC_DISPATCH(turned)(shape, range, c, f, kernel, matrices);
}

void transform_kernel_gradient(const BlockedKernel& shape, const KernelRange& range, std::int64_t c,
                               std::int64_t f, const float* matrices, float* gradient_of_kernel) {
  HWY_DYNAMIC_DISPATCH(gradient)(shape, range, c, f, matrices, gradient_of_kernel);
}

}  // namespace sloy::cpu
#endif
