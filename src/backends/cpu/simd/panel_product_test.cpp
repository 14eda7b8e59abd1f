#include "backends/cpu/simd/panel_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
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

/// How a's numbers lie.
enum class Form { groups, rows, columns };
constexpr Form forms[] = {Form::groups, Form::rows, Form::columns};

/// Everything of a product but its sizes. a is given as (inner, rows), b as (inner, columns).
struct Case {
  Form form = Form::groups;
  std::int64_t parts = 1;  ///< of `inner`, added one after the other
  bool finishes = false;   ///< with a bias and ReLU
};

/// The product as rows of `row` numbers, those between them being -77. `bias` has s.columns
/// numbers.
Floats run(const Size& s, const Case& how, const Floats& a, const Floats& b, const Floats& bias,
           std::int64_t row) {
  Floats of_a = a;
  if (how.form == Form::groups) of_a = pieces(a, s.inner, s.rows, row_group);
  if (how.form == Form::rows) {
    for (std::int64_t r = 0; r < s.rows; ++r) {
      for (std::int64_t k = 0; k < s.inner; ++k) of_a[r * s.inner + k] = a[k * s.rows + r];
    }
  }
  const Floats of_b = pieces(b, s.inner, s.columns, panel_columns);
  Floats c(static_cast<std::size_t>(s.rows * row), -77.0f);
  const Floats other(c.size());
  const float* ahead[] = {other.data()};
  PanelProduct product{.a = nullptr,
                       .a_group = row_group,
                       .a_row = 1,
                       .a_step = s.rows,
                       .b = nullptr,
                       .inner = 0,
                       .rows = s.rows,
                       .columns = s.columns,
                       .c = c.data(),
                       .c_row = row,
                       .ahead = ahead};
  if (how.form == Form::groups) {
    product.a_group = row_group * s.inner;
    product.a_step = row_group;
  }
  if (how.form == Form::rows) {
    product.a_group = row_group * s.inner;
    product.a_row = s.inner;
    product.a_step = 1;
  }
  for (std::int64_t part = 0; part < how.parts; ++part) {
    const std::int64_t first = s.inner * part / how.parts;
    product.inner = s.inner * (part + 1) / how.parts - first;
    product.a = of_a.data() + first * product.a_step;
    product.b = of_b.data() + first * panel_columns;
    product.adds = part > 0;
    if (how.finishes && part + 1 == how.parts) {
      product.bias = bias.data();
      product.rectify = true;
    }
    multiply_panel(product);
  }
  return c;
}

std::string name_of(const Size& s) {
  return std::to_string(s.inner) + " of " + std::to_string(s.rows) + " by " +
         std::to_string(s.columns);
}

TEST(PanelProduct, IsExactOnSmallIntegersAndWritesNothingElse) {
  on_each_target([] {
    harness::Drawing draw;
    for (const Size& s : sizes()) {
      const Floats a = draw.integers(s.inner * s.rows);
      const Floats b = draw.integers(s.inner * s.columns);
      const Floats bias = draw.integers(s.columns);
      const std::int64_t row = s.columns + 3;
      for (const Form form : forms) {
        for (const Case& how : {Case{form}, Case{form, 1, true},
                                Case{form, std::min(s.inner, std::int64_t{2}), true}}) {
          const Floats c = run(s, how, a, b, bias, row);
          for (std::int64_t i = 0; i < s.rows * row; ++i) {
            const bool is_element = i % row < s.columns;
            double expected = is_element ? 0 : -77;
            for (std::int64_t k = 0; k < s.inner && is_element; ++k) {
              expected += double{a[k * s.rows + i / row]} * double{b[k * s.columns + i % row]};
            }
            if (how.finishes && is_element) {
              expected = std::max(expected + double{bias[i % row]}, 0.0);
            }
            ASSERT_EQ(c[i], expected) << name_of(s) << ", element " << i;
          }
        }
      }
    }
  });
}

TEST(PanelProduct, RectifiedKeepsNotANumber) {
  const Size s{1, 7, 3};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  on_each_target([&] {
    const Floats c =
        run(s, {Form::rows, 1, true}, Floats(7, nan), Floats(3, 1.0f), Floats(3), s.columns);
    EXPECT_TRUE(std::ranges::all_of(c, [](float value) { return std::isnan(value); }));
  });
}

TEST(PanelProduct, HasTheSameBitsHoweverItIsCutAndWithAvx2AndAvx512) {
  const Size s{40, 25, 64};
  harness::Drawing draw;
  const Floats a = draw.normals(s.inner * s.rows);
  const Floats b = draw.normals(s.inner * s.columns);
  const Floats bias = draw.normals(s.columns);
  Floats first;
  const auto expect_same = [&](const Floats& c, std::size_t from) {
    ASSERT_EQ(c.size() + from, first.size());
    for (std::size_t i = 0; i < c.size(); ++i) {
      ASSERT_EQ(std::bit_cast<int>(c[i]), std::bit_cast<int>(first[from + i]));
    }
  };
  on_each_target([&] {
    if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
    for (const Form form : forms) {
      for (std::int64_t parts : {1, 3}) {
        const Floats c = run(s, {form, parts, true}, a, b, bias, s.columns);
        if (first.empty()) first = c;
        expect_same(c, 0);
      }
    }
    // The last rows by themselves.
    const std::int64_t from = 2 * row_group;
    Floats rest;
    for (std::int64_t k = 0; k < s.inner; ++k) {
      rest.insert(rest.end(), a.begin() + k * s.rows + from, a.begin() + (k + 1) * s.rows);
    }
    const Size part{s.inner, s.rows - from, s.columns};
    expect_same(run(part, {.finishes = true}, rest, b, bias, s.columns),
                static_cast<std::size_t>(from * s.columns));
  });
}

}  // namespace
}  // namespace sloy::cpu
