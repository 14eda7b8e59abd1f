#include "backends/cpu/simd/slab_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "harness/drawing.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

struct Size {
  std::int64_t inner, rows, columns;
};

/// Around groups of rows, panels of columns and vectors.
std::vector<Size> sizes() {
  std::vector<Size> all;
  for (std::int64_t rows : {1, 5, 6, 7, 48}) {
    for (std::int64_t columns : {1, 15, 16, 17, 63, 64}) {
      for (std::int64_t inner : {1, 2, 33}) all.push_back({inner, rows, columns});
    }
  }
  return all;
}

Floats pieces(const Floats& from, std::int64_t inner, std::int64_t columns, std::int64_t width) {
  const std::int64_t count = (columns + width - 1) / width;
  Floats to(static_cast<std::size_t>(count * inner * width), -77.0f);
  // In two runs, as two threads make them.
  pack_columns(from.data(), inner, columns, width, 0, count / 2, to.data());
  pack_columns(from.data(), inner, columns, width, count / 2, count, to.data());
  return to;
}

/// The product as rows of `row` numbers, those between them being -77.
Floats run(const Size& s, const Floats& a, const Floats& b, std::int64_t row) {
  const Floats of_a = pieces(a, s.inner, s.rows, slab_group);
  const Floats of_b = pieces(b, s.inner, s.columns, slab_panel);
  Floats c(static_cast<std::size_t>(s.rows * row), -77.0f);
  const Floats other(c.size());
  const float* ahead[] = {other.data()};
  multiply_slab({.a = of_a.data(),
                 .b = of_b.data(),
                 .inner = s.inner,
                 .rows = s.rows,
                 .columns = s.columns,
                 .c = c.data(),
                 .c_row = row,
                 .ahead = ahead});
  return c;
}

std::string name_of(const Size& s) {
  return std::to_string(s.inner) + " of " + std::to_string(s.rows) + " by " +
         std::to_string(s.columns);
}

TEST(SlabProduct, IsExactOnSmallIntegersAndWritesNothingElse) {
  on_each_target([] {
    harness::Drawing draw;
    for (const Size& s : sizes()) {
      const Floats a = draw.integers(s.inner * s.rows);
      const Floats b = draw.integers(s.inner * s.columns);
      const std::int64_t row = s.columns + 3;
      const Floats c = run(s, a, b, row);
      for (std::int64_t i = 0; i < s.rows * row; ++i) {
        double expected = i % row < s.columns ? 0 : -77;
        for (std::int64_t k = 0; k < s.inner && i % row < s.columns; ++k) {
          expected += double{a[k * s.rows + i / row]} * double{b[k * s.columns + i % row]};
        }
        ASSERT_EQ(c[i], expected) << name_of(s) << ", element " << i;
      }
    }
  });
}

TEST(SlabProduct, HasTheSameBitsHoweverItsRowsAreCutAndWithAvx2AndAvx512) {
  const Size s{40, 25, 64};
  harness::Drawing draw;
  const Floats a = draw.normals(s.inner * s.rows);
  const Floats b = draw.normals(s.inner * s.columns);
  Floats first;
  on_each_target([&] {
    if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
    const Floats c = run(s, a, b, s.columns);
    if (first.empty()) first = c;
    // The last rows by themselves.
    const std::int64_t from = 2 * slab_group;
    Floats rest;
    for (std::int64_t k = 0; k < s.inner; ++k) {
      rest.insert(rest.end(), a.begin() + k * s.rows + from, a.begin() + (k + 1) * s.rows);
    }
    const Floats part = run({s.inner, s.rows - from, s.columns}, rest, b, s.columns);
    for (std::size_t i = 0; i < c.size(); ++i) {
      ASSERT_EQ(std::bit_cast<int>(c[i]), std::bit_cast<int>(first[i]));
      if (i >= static_cast<std::size_t>(from * s.columns)) {
        ASSERT_EQ(std::bit_cast<int>(c[i]),
                  std::bit_cast<int>(part[i - static_cast<std::size_t>(from * s.columns)]));
      }
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
