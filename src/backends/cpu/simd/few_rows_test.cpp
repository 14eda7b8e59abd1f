#include "backends/cpu/simd/few_rows.h"

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

/// All numbers of rows, columns around vectors, panels and strips, and depths around what is summed
/// in a row.
std::vector<FewRows> shapes() {
  std::vector<FewRows> all;
  for (std::int64_t rows = 1; rows <= most_few_rows; ++rows) {
    for (std::int64_t columns : {1, 15, 16, 17, 64, 100, 128, 1000, 1025, 2112}) {
      for (std::int64_t inner : {1, 3, 4, 50}) {
        all.push_back({rows, columns, inner, false, (columns + inner) % 2 == 0});
      }
    }
    for (std::int64_t inner : {511, 512, 513, 1600}) {
      all.push_back({rows, 192, inner, false, inner % 2 == 0});
    }
  }
  return all;
}

std::string name_of(const FewRows& s) {
  return std::to_string(s.rows) + " by " + std::to_string(s.inner) + " by " +
         std::to_string(s.columns);
}

std::vector<double> exact(const FewRows& s, const Floats& a, const Floats& b, const Floats& bias) {
  std::vector<double> c;
  for (std::int64_t i = 0; i < s.rows; ++i) {
    for (std::int64_t j = 0; j < s.columns; ++j) {
      double sum = bias.empty() ? 0 : double(bias[j]);
      for (std::int64_t k = 0; k < s.inner; ++k) {
        sum += double(a[i * s.inner + k]) * double(b[k * s.columns + j]);
      }
      c.push_back(s.rectify ? std::max(sum, 0.0) : sum);
    }
  }
  return c;
}

/// (columns / 64, inner, 64).
Floats packed(const FewRows& s, const Floats& b) {
  Floats panels;
  for (std::int64_t column = 0; column < s.columns; column += panel_columns) {
    for (std::int64_t k = 0; k < s.inner; ++k) {
      const auto row = b.begin() + k * s.columns + column;
      panels.insert(panels.end(), row, row + panel_columns);
    }
  }
  return panels;
}

Floats run(FewRows s, const Floats& a, const Floats& b, const Floats& bias, bool is_packed) {
  s.packed = is_packed;
  Floats c(s.rows * s.columns + 8, -77.0f);
  const Floats& matrix = is_packed ? packed(s, b) : b;
  multiply_few_rows(s, a.data(), matrix.data(), bias.empty() ? nullptr : bias.data(), c.data());
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(c.back(), -77.0f);
    c.pop_back();
  }
  return c;
}

/// Calls check(shape, whether packed) for both forms where there are both.
template <class Check>
void on_each_form(const Check& check) {
  for (const FewRows& s : shapes()) {
    check(s, false);
    if (s.columns % panel_columns == 0) check(s, true);
  }
}

TEST(FewRows, AreExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    on_each_form([&](const FewRows& s, bool is_packed) {
      const Floats a = draw.integers(s.rows * s.inner);
      const Floats b = draw.integers(s.inner * s.columns);
      const Floats bias = draw.integers((s.rows + s.inner) % 2 == 0 ? s.columns : 0);
      const Floats seen = run(s, a, b, bias, is_packed);
      const std::vector<double> expected = exact(s, a, b, bias);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(seen[i], expected[i]) << name_of(s) << (is_packed ? " packed" : "");
      }
    });
  });
}

TEST(FewRows, AreAccurate) {
  on_each_target([] {
    harness::Drawing draw;
    for (const std::int64_t inner : {100, 5000}) {
      const FewRows s{2, 128, inner};
      const Floats a = draw.normals(s.rows * s.inner);
      const Floats b = draw.normals(s.inner * s.columns);
      const Floats seen = run(s, a, b, {}, false);
      const std::vector<double> expected = exact(s, a, b, {});
      double error = 0, size = 0;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        error += (seen[i] - expected[i]) * (seen[i] - expected[i]);
        size += expected[i] * expected[i];
      }
      EXPECT_LT(std::sqrt(error / size), 6e-7) << name_of(s);
    }
  });
}

TEST(FewRows, HaveTheSameBitsInBothFormsAndWithAvx2AndAvx512) {
  for (const FewRows& s : shapes()) {
    harness::Drawing draw;
    const Floats a = draw.normals(s.rows * s.inner);
    const Floats b = draw.normals(s.inner * s.columns);
    Floats first;
    on_each_target([&] {
      if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
      for (const bool is_packed : {false, true}) {
        if (is_packed && s.columns % panel_columns != 0) continue;
        const Floats seen = run(s, a, b, {}, is_packed);
        if (first.empty()) first = seen;
        for (std::size_t i = 0; i < seen.size(); ++i) {
          ASSERT_EQ(std::bit_cast<int>(seen[i]), std::bit_cast<int>(first[i])) << name_of(s);
        }
      }
    });
  }
}

TEST(FewRows, KeepNotANumberThroughReLU) {
  on_each_target([] {
    const FewRows s{1, 64, 2, false, true};
    Floats b(128, -1.0f);
    b[5] = std::numeric_limits<float>::quiet_NaN();
    for (const bool is_packed : {false, true}) {
      const Floats c = run(s, {1, 1}, b, {}, is_packed);
      EXPECT_TRUE(std::isnan(c[5]));
      EXPECT_EQ(c[6], 0.0f);
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
