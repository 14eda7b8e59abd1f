#include "backends/cpu/simd/winograd_tiles.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/winograd_tiles.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr auto step = static_cast<std::int64_t>(lanes);
constexpr std::int64_t block = step == 16 ? 16 : 8;

/// Reads `size`×`size` pixels of one block of channels, zeros where they are outside.
template <std::int64_t size>
class Patch {
 public:
  /// Pixels from (row, column) on, whatever the image.
  void place(const TiledImages& images, std::int64_t row, std::int64_t column) {
    row_ = row;
    inside_ = column >= 0 && column + size <= images.width;
    const std::int64_t first = std::clamp<std::int64_t>(column, 0, images.width - 1);
    first_column_ = first * block;
    for (std::int64_t c = 0; c < size; ++c) {
      const std::int64_t at = std::clamp<std::int64_t>(column + c, 0, images.width - 1);
      columns_[c] = (at - first) * block;
      seen_[c] = at == column + c;
    }
  }
  /// The image's block at `plane`.
  void look_at(const TiledImages& images, const float* plane) {
    for (std::int64_t r = 0; r < size; ++r) {
      const std::int64_t row = row_ + r;
      rows_[r] = row >= 0 && row < images.height
                     ? plane + row * images.width * block + first_column_
                     : zeros_;
    }
  }
  bool is_inside() const { return inside_; }

  /// Pixels of whole rows.
  struct Inside {
    const Patch& patch;
    HWY_INLINE V operator()(std::int64_t r, std::int64_t c, std::int64_t lane) const {
      return hn::LoadU(D(), patch.rows_[r] + c * block + lane);
    }
  };
  struct Cut {
    const Patch& patch;
    HWY_INLINE V operator()(std::int64_t r, std::int64_t c, std::int64_t lane) const {
      const auto mask = hn::FirstN(D(), patch.seen_[c] ? lanes : 0);
      return hn::MaskedLoad(mask, D(), patch.rows_[r] + patch.columns_[c] + lane);
    }
  };

 private:
  HWY_ALIGN float zeros_[size * block] = {};
  const float* rows_[size] = {};
  std::int64_t columns_[size] = {};
  bool seen_[size] = {};
  std::int64_t row_ = 0;
  std::int64_t first_column_ = 0;
  bool inside_ = false;
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

template <class Transform>
HWY_INLINE void transform(const TiledImages& images, const TileRange& range, const float* source,
                          float* matrices) {
  const Transform transform_one;
  const std::int64_t plane = images.height * images.width * block;
  Patch<Transform::size> patch;
  for_each_tile(
      images, range,
      [&](std::int64_t image, std::int64_t i, std::int64_t j, std::int64_t t) HWY_ATTR {
        patch.place(images, 4 * i - images.low_height, 4 * j - images.low_width);
        for (std::int64_t b = 0; b < range.blocks; ++b) {
          patch.look_at(images, source + (image * images.blocks + range.first_block + b) * plane);
          float* out = matrices + (b * range.count + t) * block;
          if (patch.is_inside())
            transform_one(typename Patch<Transform::size>::Inside{patch}, out, range.matrix_step);
          else
            transform_one(typename Patch<Transform::size>::Cut{patch}, out, range.matrix_step);
        }
      });
}

void patches(const TiledImages& images, const TileRange& range, const float* source,
             float* matrices) {
  transform<TransformPatch>(images, range, source, matrices);
}

void result_gradients(const TiledImages& images, const TileRange& range, const float* source,
                      float* matrices) {
  transform<TransformResultGradient>(images, range, source, matrices);
}

/// One tile of one block: `rows` by `columns` of its pixels are inside.
struct Pixels {
  float* first;
  std::int64_t row_step;
  std::int64_t rows, columns;
};

HWY_INLINE void transform_result(const float* in, std::int64_t matrix_step, const float* bias,
                                 bool rectify, bool stream, const Pixels& pixels) {
  for (std::int64_t lane = 0; lane < block; lane += step) {
    V columns[6][4];
    unrolled<6>([&](auto s) HWY_ATTR {
      V points[6];
      unrolled<6>([&](auto r) HWY_ATTR {
        points[r] = hn::Load(D(), in + (r * 6 + s) * matrix_step + lane);
      });
      winograd::result(points, columns[s]);
    });
    const V add = bias == nullptr ? hn::Zero(D()) : hn::LoadU(D(), bias + lane);
    unrolled<4>([&](auto r) HWY_ATTR {
      const V row[6] = {columns[0][r], columns[1][r], columns[2][r],
                        columns[3][r], columns[4][r], columns[5][r]};
      V y[4];
      winograd::result(row, y);
      if (r >= pixels.rows) return;
      float* to = pixels.first + r * pixels.row_step + lane;
      unrolled<4>([&](auto c) HWY_ATTR {
        if (bias != nullptr) y[c] = hn::Add(y[c], add);
        if (rectify) y[c] = hn::IfThenZeroElse(hn::Le(y[c], hn::Zero(D())), y[c]);
        if (c >= pixels.columns) return;
        if (stream)
          hn::Stream(y[c], D(), to + c * block);
        else
          hn::StoreU(y[c], D(), to + c * block);
      });
    });
  }
}

void results(const TiledImages& images, const TileRange& range, const float* matrices,
             const float* bias, bool rectify, bool stream, float* target) {
  for_each_tile(
      images, range,
      [&](std::int64_t image, std::int64_t i, std::int64_t j, std::int64_t t) HWY_ATTR {
        Pixels pixels = {.first = nullptr,
                         .row_step = images.width * block,
                         .rows = std::min<std::int64_t>(4, images.height - 4 * i),
                         .columns = std::min<std::int64_t>(4, images.width - 4 * j)};
        for (std::int64_t b = 0; b < range.blocks; ++b) {
          const std::int64_t at = range.first_block + b;
          pixels.first =
              target +
              (((image * images.blocks + at) * images.height + 4 * i) * images.width + 4 * j) *
                  block;
          transform_result(matrices + (b * range.count + t) * block, range.matrix_step,
                           bias == nullptr ? nullptr : bias + at * block, rectify, stream, pixels);
        }
      });
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

void transform_patches(const TiledImages& images, const TileRange& range, const float* source,
                       float* matrices) {
  HWY_DYNAMIC_DISPATCH(patches)(images, range, source, matrices);
}

void transform_result_gradients(const TiledImages& images, const TileRange& range,
                                const float* source, float* matrices) {
  HWY_DYNAMIC_DISPATCH(result_gradients)(images, range, source, matrices);
}

void transform_results(const TiledImages& images, const TileRange& range, const float* matrices,
                       const float* bias, bool rectify, bool stream, float* target) {
  HWY_DYNAMIC_DISPATCH(results)(images, range, matrices, bias, rectify, stream, target);
}

}  // namespace sloy::cpu
#endif
