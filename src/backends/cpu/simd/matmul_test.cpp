#include "backends/cpu/simd/matmul.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

std::vector<double> exact(const MatmulShape& s, const Floats& a, const Floats& b,
                          const Floats& bias) {
  std::vector<double> c;
  for (std::int64_t i = 0; i < s.m; ++i) {
    for (std::int64_t j = 0; j < s.n; ++j) {
      double sum = bias.empty() ? 0 : double(bias[j]);
      for (std::int64_t k = 0; k < s.k; ++k) {
        sum += double(a[s.transpose_a ? k * s.m + i : i * s.k + k]) *
               double(b[s.transpose_b ? j * s.k + k : k * s.n + j]);
      }
      c.push_back(s.rectify ? std::max(sum, 0.0) : sum);
    }
  }
  return c;
}

Floats run(const MatmulShape& s, const Floats& a, const Floats& b, const Floats& bias) {
  Floats c(s.m * s.n + 8, -77.0f);
  matmul(s, a.data(), b.data(), bias.empty() ? nullptr : bias.data(), c.data());
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(c.back(), -77.0f);
    c.pop_back();
  }
  return c;
}

template <class Draw>
Floats draws(std::int64_t size, Draw draw) {
  Floats values(size);
  for (float& value : values) value = draw();
  return values;
}

std::vector<MatmulShape> shapes() {
  std::vector<MatmulShape> all;
  const auto add = [&](std::int64_t m, std::int64_t n, std::int64_t k) {
    for (int form = 0; form < 4; ++form) {
      all.push_back({m, n, k, (form & 1) != 0, (form & 2) != 0, (m + n + k + form) % 3 == 0});
    }
  };
  for (std::int64_t m : {1, 2, 3, 8, 17, 33}) {
    for (std::int64_t n : {1, 2, 3, 8, 15, 16, 17, 33, 64}) {
      for (std::int64_t k : {1, 2, 8, 17, 100}) add(m, n, k);
    }
  }
  add(32, 8, 2);
  add(100, 100, 1000);
  add(65, 130, 300);
  add(300, 1, 2000);
  add(1, 300, 700);
  return all;
}

TEST(Matmul, IsExactOnSmallIntegers) {
  on_each_target([] {
    std::mt19937 generator(1);
    const auto draw = [&] { return static_cast<float>(static_cast<int>(generator() % 9) - 4); };
    for (const MatmulShape& s : shapes()) {
      const Floats a = draws(s.m * s.k, draw);
      const Floats b = draws(s.k * s.n, draw);
      const Floats bias = draws((s.m + s.n) % 2 == 0 ? s.n : 0, draw);
      const Floats seen = run(s, a, b, bias);
      const std::vector<double> expected = exact(s, a, b, bias);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(seen[i], expected[i])
            << s.m << ' ' << s.n << ' ' << s.k << ' ' << s.transpose_a << s.transpose_b;
      }
    }
  });
}

TEST(Matmul, IsAccurate) {
  on_each_target([] {
    std::mt19937 generator(2);
    std::normal_distribution<float> normal;
    const auto draw = [&] { return normal(generator); };
    for (const MatmulShape& s : shapes()) {
      const Floats a = draws(s.m * s.k, draw);
      const Floats b = draws(s.k * s.n, draw);
      const Floats seen = run(s, a, b, {});
      const std::vector<double> expected = exact(s, a, b, {});
      const double bound = 3e-7 * std::sqrt(double(s.k)) * std::sqrt(double(s.k) + 8);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_NEAR(seen[i], expected[i], bound) << s.m << ' ' << s.n << ' ' << s.k;
      }
    }
  });
}

TEST(Matmul, GivesTheSameBitsOnAvx2AndAvx512) {
  std::mt19937 generator(3);
  std::normal_distribution<float> normal;
  const auto draw = [&] { return normal(generator); };
  for (const MatmulShape& s : shapes()) {
    const Floats a = draws(s.m * s.k, draw);
    const Floats b = draws(s.k * s.n, draw);
    Floats first;
    on_each_target([&] {
      if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
      const Floats seen = run(s, a, b, {});
      if (first.empty()) first = seen;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(std::bit_cast<int>(seen[i]), std::bit_cast<int>(first[i]));
      }
    });
  }
}

}  // namespace
}  // namespace sloy::cpu
