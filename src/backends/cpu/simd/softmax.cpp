#include "backends/cpu/simd/softmax.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "backends/cpu/simd/math-inl.h"
#include "base/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

HWY_INLINE float row_max(const float* x, std::int64_t classes) {
  Max16 max(-math::infinity);
  max.take(x, static_cast<std::size_t>(classes), -math::infinity);
  return max.fold();
}

/// exp(x − max) to y, and its sum.
HWY_INLINE float exponentials(const float* x, std::int64_t classes, float max, float* y) {
  Sum16 sum(0.0f);
  const V shift = hn::Set(D(), max);
  const auto count = static_cast<std::size_t>(classes);
  for (std::size_t i = 0; i < count; i += lanes) {
    const std::size_t rest = count - i;
    const V e = math::exp(hn::Sub(load_first_or(x + i, rest, -math::infinity), shift));
    // Lanes beyond the row are exp(−∞) = 0, but for rows that are all −∞.
    const V inside = rest >= lanes ? e : hn::IfThenElseZero(hn::FirstN(D(), rest), e);
    sum.take(i % sum_lanes, inside);
    if (y == nullptr) continue;
    if (rest >= lanes)
      hn::StoreU(e, D(), y + i);
    else
      store_first(e, y + i, rest);
  }
  return sum.fold();
}

HWY_INLINE void divide(float* y, std::int64_t classes, float divisor) {
  const V d = hn::Set(D(), divisor);
  for_each_vector(classes, [&](std::int64_t i, auto access)
                               HWY_ATTR { access.store(hn::Div(access.load(y + i), d), y + i); });
}

void softmax_rows(const RowsShape& shape, const float* x, float* y, std::int64_t first,
                  std::int64_t last) {
  for (std::int64_t row = first; row < last; ++row) {
    const float* from = x + row * shape.classes;
    float* to = y + row * shape.classes;
    const float sum = exponentials(from, shape.classes, row_max(from, shape.classes), to);
    divide(to, shape.classes, sum);
  }
}

HWY_INLINE float log_of(float x) { return hn::GetLane(math::log(hn::Set(D(), x))); }

void cross_entropy_rows(const RowsShape& shape, const float* scores, const std::int32_t* labels,
                        float* loss, std::int64_t first, std::int64_t last) {
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = scores + row * shape.classes;
    const float max = row_max(x, shape.classes);
    const float sum = exponentials(x, shape.classes, max, nullptr);
    const bool is_class = labels[row] >= 0 && labels[row] < shape.classes;
    loss[row] = is_class ? log_of(sum) - (x[labels[row]] - max) : math::not_a_number;
  }
}

void argmax_rows(const RowsShape& shape, const float* x, std::int32_t* indices, std::int64_t first,
                 std::int64_t last) {
  for (std::int64_t row = first; row < last; ++row) {
    const float* from = x + row * shape.classes;
    const float max = row_max(from, shape.classes);
    const auto is_largest = [&](float value) { return value == max || value != value; };
    indices[row] =
        static_cast<std::int32_t>(std::find_if(from, from + shape.classes, is_largest) - from);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(softmax_rows);
HWY_EXPORT(cross_entropy_rows);
HWY_EXPORT(argmax_rows);

namespace {

/// Exponentials that make up for waking another thread.
constexpr std::int64_t elements_of_a_thread = 8192;

template <class Work>
void for_rows(const RowsShape& shape, const Work& work) {
  parallel_for(shape.rows, elements_of_a_thread / (shape.classes + 8) + 1, work);
}

}  // namespace

void softmax(const RowsShape& shape, const float* x, float* y) {
  for_rows(shape, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(softmax_rows)(shape, x, y, first, last);
  });
}

void softmax_cross_entropy(const RowsShape& shape, const float* scores, const std::int32_t* labels,
                           float* loss) {
  for_rows(shape, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(cross_entropy_rows)(shape, scores, labels, loss, first, last);
  });
}

void argmax(const RowsShape& shape, const float* x, std::int32_t* indices) {
  for_rows(shape, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(argmax_rows)(shape, x, indices, first, last);
  });
}

void one_hot(const RowsShape& shape, const std::int32_t* indices, float* y) {
  for_rows(shape, [&](std::int64_t first, std::int64_t last) {
    std::fill(y + first * shape.classes, y + last * shape.classes, 0.0f);
    for (std::int64_t row = first; row < last; ++row) {
      const bool is_class = indices[row] >= 0 && indices[row] < shape.classes;
      if (is_class) y[row * shape.classes + indices[row]] = 1.0f;
    }
  });
}

}  // namespace sloy::cpu
#endif
