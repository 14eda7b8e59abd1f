#include "backends/cpu/simd/winograd_tiles.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/winograd_tiles.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

using winograd::block;
using winograd::step;

template <class T>
HWY_ALIGN constexpr T outside[6 * block] = {};

/// Reads `size`×`size` pixels of one block of channels, zeros where they are outside.
template <std::int64_t size>
class Patch {
 public:
  /// Pixels from (row, column) of an image on.
  void place(const TiledImages& images, std::int64_t image, std::int64_t row, std::int64_t column) {
    inside_ = column >= 0 && column + size <= images.width;
    const std::int64_t first = std::clamp<std::int64_t>(column, 0, images.width - 1);
    for (std::int64_t r = 0; r < size; ++r) {
      const bool seen = row + r >= 0 && row + r < images.height;
      rows_[r] =
          seen ? ((image * images.blocks * images.height + row + r) * images.width + first) * block
               : -1;
    }
    for (std::int64_t c = 0; c < size; ++c) {
      const std::int64_t at = std::clamp<std::int64_t>(column + c, 0, images.width - 1);
      columns_[c] = (at - first) * block;
      seen_[c] = at == column + c ? lanes : 0;
    }
  }
  bool is_inside() const { return inside_; }

  template <class T>
  HWY_INLINE const T* row(const T* first_plane, std::int64_t r) const {
    return rows_[r] >= 0 ? first_plane + rows_[r] : outside<T>;
  }
  /// Of a pixel outside, the nearest that can be read is read.
  template <class T>
  HWY_INLINE V load(const T* from, std::int64_t c) const {
    return hn::IfThenElseZero(hn::FirstN(D(), seen_[c]), load_all(from + columns_[c]));
  }

 private:
  std::int64_t rows_[size];     ///< from the first pixel seen, or -1
  std::int64_t columns_[size];  ///< from the first column seen
  std::size_t seen_[size];      ///< lanes of a column
  bool inside_;
};

/// A patch's pixels in the block of channels whose first image begins at a plane.
template <std::int64_t size, bool inside, class T>
class Pixels {
 public:
  HWY_INLINE Pixels(const Patch<size>& patch, const T* plane) : patch_(patch) {
    for (std::int64_t r = 0; r < size; ++r) rows_[r] = patch.row(plane, r);
  }
  HWY_INLINE V operator()(std::int64_t r, std::int64_t c, std::int64_t lane) const {
    if constexpr (inside) return load_all(rows_[r] + c * block + lane);
    return patch_.load(rows_[r] + lane, c);
  }

 private:
  const Patch<size>& patch_;
  const T* rows_[size];
};

/// Three rows of points: along each column first, then along the three rows.
template <bool high, class Load>
HWY_INLINE void transform_half_patch(const Load& load, std::int64_t lane, float* out,
                                     std::int64_t matrix_step) {
  V columns[6][3];
  unrolled<6>([&](auto c) HWY_ATTR {
    const V d1 = load(1, c, lane), d2 = load(2, c, lane);
    const V d3 = load(3, c, lane), d4 = load(4, c, lane);
    if constexpr (high)
      winograd::patch_high(d1, d2, d3, d4, load(5, c, lane), columns[c]);
    else
      winograd::patch_low(load(0, c, lane), d1, d2, d3, d4, columns[c]);
  });
  out += (high ? 18 : 0) * matrix_step + lane;
  unrolled<3>([&](auto r) HWY_ATTR {
    V low[3], up[3];
    winograd::patch_low(columns[0][r], columns[1][r], columns[2][r], columns[3][r], columns[4][r],
                        low);
    winograd::patch_high(columns[1][r], columns[2][r], columns[3][r], columns[4][r], columns[5][r],
                         up);
    unrolled<3>([&](auto s) HWY_ATTR {
      hn::Store(low[s], D(), out + (r * 6 + s) * matrix_step);
      hn::Store(up[s], D(), out + (r * 6 + s + 3) * matrix_step);
    });
  });
}

struct TransformPatch {
  static constexpr std::int64_t size = 6;
  template <class Load>
  HWY_INLINE void operator()(const Load& load, float* out, std::int64_t matrix_step) const {
    for (std::int64_t lane = 0; lane < block; lane += step) {
      transform_half_patch<false>(load, lane, out, matrix_step);
      transform_half_patch<true>(load, lane, out, matrix_step);
    }
  }
};

struct TransformResultGradient {
  static constexpr std::int64_t size = 4;
  template <class Load>
  HWY_INLINE void operator()(const Load& load, float* out, std::int64_t matrix_step) const {
    for (std::int64_t lane = 0; lane < block; lane += step) {
      V columns[4][6];
      unrolled<4>([&](auto c) HWY_ATTR {
        const V pixels[4] = {load(0, c, lane), load(1, c, lane), load(2, c, lane),
                             load(3, c, lane)};
        winograd::result_gradient(pixels, columns[c]);
      });
      unrolled<6>([&](auto r) HWY_ATTR {
        const V row[4] = {columns[0][r], columns[1][r], columns[2][r], columns[3][r]};
        V points[6];
        winograd::result_gradient(row, points);
        unrolled<6>([&](auto s) HWY_ATTR {
          hn::Store(points[s], D(), out + (r * 6 + s) * matrix_step + lane);
        });
      });
    }
  }
};

/// Calls body(image, row of tiles, column of tiles, tile of the range).
template <class Body>
HWY_INLINE void for_each_tile(const TiledImages& images, const TileRange& range, const Body& body) {
  const std::int64_t inside = range.first % images.tiles();
  std::int64_t image = range.first / images.tiles();
  std::int64_t i = inside / images.across, j = inside % images.across;
  for (std::int64_t t = 0; t < range.count; ++t) {
    body(image, i, j, t);
    if (++j < images.across) continue;
    j = 0;
    if (++i < images.down) continue;
    i = 0;
    ++image;
  }
}

/// Block by block, or each tile would touch matrices on many more pages.
template <class Transform, class T>
HWY_INLINE void transform(const TiledImages& images, const TileRange& range, const T* source,
                          float* matrices) {
  const Transform transform_one;
  constexpr std::int64_t size = Transform::size;
  Patch<size> patches[most_winograd_tiles];
  for_each_tile(images, range,
                [&](std::int64_t image, std::int64_t i, std::int64_t j, std::int64_t t) HWY_ATTR {
                  patches[t].place(images, image, 4 * i - images.low_height,
                                   4 * j - images.low_width);
                });
  for (std::int64_t b = 0; b < range.blocks; ++b) {
    const T* plane = source + (range.first_block + b) * images.height * images.width * block;
    for (std::int64_t t = 0; t < range.count; ++t) {
      float* out = matrices + (b * range.count + t) * block;
      if (patches[t].is_inside())
        transform_one(Pixels<size, true, T>(patches[t], plane), out, range.matrix_step);
      else
        transform_one(Pixels<size, false, T>(patches[t], plane), out, range.matrix_step);
    }
  }
}

template <class Transform>
void transform_any(const TiledImages& images, const TileRange& range, const void* source,
                   float* matrices) {
  if (images.bfloat16)
    transform<Transform>(images, range, static_cast<const bfloat16*>(source), matrices);
  else
    transform<Transform>(images, range, static_cast<const float*>(source), matrices);
}

void patches(const TiledImages& images, const TileRange& range, const void* source,
             float* matrices) {
  transform_any<TransformPatch>(images, range, source, matrices);
}

void result_gradients(const TiledImages& images, const TileRange& range, const void* source,
                      float* matrices) {
  transform_any<TransformResultGradient>(images, range, source, matrices);
}

/// Where a tile's results go: `rows` by `columns` of its pixels are inside.
struct Target {
  std::int64_t first;  ///< pixel, from the block's first image on
  std::int64_t rows, columns;
};

/// What becomes of results.
struct Finish {
  const float* bias;
  bool rectify;
  bool stream;
};

template <class T>
HWY_INLINE void transform_result(const float* in, std::int64_t matrix_step, const Finish& finish,
                                 const Target& target, T* plane, std::int64_t row_step) {
  for (std::int64_t lane = 0; lane < block; lane += step) {
    V columns[6][4];
    unrolled<6>([&](auto s) HWY_ATTR {
      V points[6];
      unrolled<6>([&](auto r) HWY_ATTR {
        points[r] = hn::Load(D(), in + (r * 6 + s) * matrix_step + lane);
      });
      winograd::result(points, columns[s]);
    });
    const V bias = finish.bias == nullptr ? hn::Zero(D()) : hn::LoadU(D(), finish.bias + lane);
    unrolled<4>([&](auto r) HWY_ATTR {
      const V row[6] = {columns[0][r], columns[1][r], columns[2][r],
                        columns[3][r], columns[4][r], columns[5][r]};
      V y[4];
      winograd::result(row, y);
      if (r >= target.rows) return;
      T* to = plane + target.first * block + r * row_step + lane;
      unrolled<4>([&](auto c) HWY_ATTR {
        if (c >= target.columns) return;
        if (finish.bias != nullptr) y[c] = hn::Add(y[c], bias);
        if (finish.rectify) y[c] = rectify(y[c]);
        if (finish.stream)
          stream_all(y[c], to + c * block);
        else
          store_all(y[c], to + c * block);
      });
    });
  }
}

template <class T>
HWY_INLINE void transform_all_results(const TiledImages& images, const TileRange& range,
                                      const float* matrices, const float* bias, bool rectify,
                                      bool stream, T* target) {
  Target targets[most_winograd_tiles];
  for_each_tile(
      images, range, [&](std::int64_t image, std::int64_t i, std::int64_t j, std::int64_t t) {
        targets[t] = {(image * images.blocks * images.height + 4 * i) * images.width + 4 * j,
                      std::min<std::int64_t>(4, images.height - 4 * i),
                      std::min<std::int64_t>(4, images.width - 4 * j)};
      });
  for (std::int64_t b = 0; b < range.blocks; ++b) {
    const std::int64_t at = range.first_block + b;
    T* plane = target + at * images.height * images.width * block;
    const Finish finish = {bias == nullptr ? nullptr : bias + at * block, rectify, stream};
    for (std::int64_t t = 0; t < range.count; ++t) {
      transform_result(matrices + (b * range.count + t) * block, range.matrix_step, finish,
                       targets[t], plane, images.width * block);
    }
  }
  if (stream) hwy::FlushStream();
}

void results(const TiledImages& images, const TileRange& range, const float* matrices,
             const float* bias, bool rectify, bool stream, void* target) {
  if (images.bfloat16)
    transform_all_results(images, range, matrices, bias, rectify, stream,
                          static_cast<bfloat16*>(target));
  else
    transform_all_results(images, range, matrices, bias, rectify, stream,
                          static_cast<float*>(target));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(patches);
HWY_EXPORT(result_gradients);
HWY_EXPORT(results);

void transform_patches(const TiledImages& images, const TileRange& range, const void* source,
                       float* matrices) {
  HWY_DYNAMIC_DISPATCH(patches)(images, range, source, matrices);
}

void transform_result_gradients(const TiledImages& images, const TileRange& range,
                                const void* source, float* matrices) {
  HWY_DYNAMIC_DISPATCH(result_gradients)(images, range, source, matrices);
}

void transform_results(const TiledImages& images, const TileRange& range, const float* matrices,
                       const float* bias, bool rectify, bool stream, void* target) {
  HWY_DYNAMIC_DISPATCH(results)(images, range, matrices, bias, rectify, stream, target);
}

}  // namespace sloy::cpu
#endif
