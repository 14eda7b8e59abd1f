// Accuracy of the vector functions, through the instructions that use them.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "backends/cpu/simd/fused.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> apply(Opcode opcode, const std::vector<std::vector<float>>& operands) {
  FusedProgram program;
  std::vector<const void*> inputs;
  for (const auto& operand : operands) {
    program.loads.push_back({});
    inputs.push_back(operand.data());
  }
  program.instructions = {{.opcode = opcode, .a = 0, .b = 1}};
  program.stores = {{Result::full, static_cast<std::uint16_t>(operands.size())}};
  const auto size = static_cast<std::int64_t>(operands[0].size());
  const FusedKernel kernel(program, Space::flat(size), 1);
  std::vector<float> out(operands[0].size());
  std::vector<float> scratch(kernel.scratch_bytes() / sizeof(float));
  void* outputs[] = {out.data()};
  kernel.run(inputs.data(), outputs, scratch.data());
  return out;
}

/// The distance of `seen` from `exact` in units of the last place of a float near `exact`.
double ulps(float seen, double exact) {
  if (std::isnan(exact)) return std::isnan(seen) ? 0.0 : inf;
  if (static_cast<double>(seen) == exact) return 0.0;
  const auto nearest = static_cast<float>(exact);
  if (std::isinf(nearest) || std::isinf(seen)) {
    // Either side of the largest float is right where the exact value is within an ULP of it.
    const double top = std::numeric_limits<float>::max();
    return seen == nearest || std::abs(exact) < top * (1 + 0x1p-23) ? 0.0 : inf;
  }
  const int exponent = std::max(std::ilogb(exact), -126);
  return std::abs(static_cast<double>(seen) - exact) / std::ldexp(1.0, exponent - 23);
}

struct Function {
  Opcode opcode;
  double (*exact)(double);
  double bound;
};

double exact_sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}

const Function functions[] = {
    {Opcode::exp, [](double x) { return std::exp(x); }, 1.0},
    {Opcode::log, [](double x) { return std::log(x); }, 1.0},
    {Opcode::log1p, [](double x) { return std::log1p(x); }, 1.0},
    {Opcode::expm1, [](double x) { return std::expm1(x); }, 1.5},
    {Opcode::tanh, [](double x) { return std::tanh(x); }, 2.5},
    {Opcode::sigmoid, exact_sigmoid, 2.5},
    {Opcode::erf, [](double x) { return std::erf(x); }, 1.5},
    {Opcode::sqrt, [](double x) { return std::sqrt(x); }, 0.5001},
    {Opcode::rsqrt, [](double x) { return 1 / std::sqrt(x); }, 1.5},
    {Opcode::reciprocal, [](double x) { return 1 / x; }, 0.5001},
};

/// Floats of all signs and sizes, denormals included, at a prime stride through the bit patterns.
std::vector<float> all_sizes(std::uint32_t stride) {
  std::vector<float> values;
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += stride) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  return values;
}

/// Where networks live.
std::vector<float> usual_sizes() {
  std::vector<float> values;
  for (int i = -200000; i <= 200000; ++i) values.push_back(static_cast<float>(i) * 0.97e-4f);
  return values;
}

void check_bound(const Function& function, const std::vector<float>& x) {
  const std::vector<float> y = apply(function.opcode, {x});
  double worst = 0;
  float where = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = ulps(y[i], function.exact(static_cast<double>(x[i])));
    if (error > worst) {
      worst = error;
      where = x[i];
    }
  }
  EXPECT_LE(worst, function.bound)
      << info(function.opcode).name << '(' << std::hexfloat << where << ')';
}

TEST(Math, StaysWithinItsBounds) {
  const std::vector<float> all = all_sizes(8209);
  const std::vector<float> usual = usual_sizes();
  on_each_target([&] {
    for (const Function& function : functions) {
      check_bound(function, all);
      check_bound(function, usual);
    }
  });
}

TEST(Math, KeepsTheEdges) {
  struct Edge {
    Opcode opcode;
    float x, y;
  };
  const Edge edges[] = {
      {Opcode::exp, 0, 1},          {Opcode::exp, -inf, 0},       {Opcode::exp, inf, inf},
      {Opcode::exp, 1000, inf},     {Opcode::exp, -1000, 0},      {Opcode::exp, nan, nan},
      {Opcode::log, 0, -inf},       {Opcode::log, -0.0f, -inf},   {Opcode::log, 1, 0},
      {Opcode::log, inf, inf},      {Opcode::log, -1, nan},       {Opcode::log, nan, nan},
      {Opcode::log, -inf, nan},     {Opcode::log1p, 0, 0},        {Opcode::log1p, -0.0f, -0.0f},
      {Opcode::log1p, -1, -inf},    {Opcode::log1p, inf, inf},    {Opcode::log1p, -2, nan},
      {Opcode::log1p, nan, nan},    {Opcode::expm1, 0, 0},        {Opcode::expm1, -0.0f, -0.0f},
      {Opcode::expm1, -inf, -1},    {Opcode::expm1, inf, inf},    {Opcode::expm1, nan, nan},
      {Opcode::tanh, 0, 0},         {Opcode::tanh, -0.0f, -0.0f}, {Opcode::tanh, inf, 1},
      {Opcode::tanh, -inf, -1},     {Opcode::tanh, nan, nan},     {Opcode::sigmoid, 0, 0.5f},
      {Opcode::sigmoid, inf, 1},    {Opcode::sigmoid, -inf, 0},   {Opcode::sigmoid, nan, nan},
      {Opcode::erf, 0, 0},          {Opcode::erf, -0.0f, -0.0f},  {Opcode::erf, inf, 1},
      {Opcode::erf, -inf, -1},      {Opcode::erf, nan, nan},      {Opcode::erf, 4, 1},
      {Opcode::rectify, nan, nan},  {Opcode::rectify, -0.0f, 0},  {Opcode::rectify, -inf, 0},
      {Opcode::rectify, inf, inf},  {Opcode::sign, -0.0f, -0.0f}, {Opcode::sign, -1e-40f, -1},
      {Opcode::sign, nan, nan},     {Opcode::floor, -0.5f, -1},   {Opcode::floor, -inf, -inf},
      {Opcode::floor, 1e9f, 1e9f},  {Opcode::floor, nan, nan},    {Opcode::sqrt, -1, nan},
      {Opcode::reciprocal, 0, inf}, {Opcode::reciprocal, inf, 0},
  };
  on_each_target([&] {
    for (const Edge& edge : edges) {
      // Once as part of a vector and once in the tail.
      for (float seen : apply(edge.opcode, {std::vector<float>(17, edge.x)})) {
        if (std::isnan(edge.y)) {
          EXPECT_TRUE(std::isnan(seen)) << info(edge.opcode).name << '(' << edge.x << ')';
        } else {
          EXPECT_EQ(std::bit_cast<std::uint32_t>(seen), std::bit_cast<std::uint32_t>(edge.y))
              << info(edge.opcode).name << '(' << edge.x << ") = " << seen;
        }
      }
    }
  });
}

TEST(Math, MaximumAndMinimumPassNaNOn) {
  const std::vector<float> a = {1, 2, nan, 1, inf, -inf};
  const std::vector<float> b = {2, 1, 1, nan, 1, 1};
  on_each_target([&] {
    const std::vector<float> max = apply(Opcode::maximum, {a, b});
    const std::vector<float> min = apply(Opcode::minimum, {a, b});
    const std::vector<float> expected_max = {2, 2, nan, nan, inf, 1};
    const std::vector<float> expected_min = {1, 1, nan, nan, 1, -inf};
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(ulps(max[i], static_cast<double>(expected_max[i])), 0) << i;
      EXPECT_EQ(ulps(min[i], static_cast<double>(expected_min[i])), 0) << i;
    }
  });
}

TEST(Math, PowerIsAlmostRounded) {
  std::vector<float> x, y;
  // Bases and exponents whose powers fill float's range, and then anything at all.
  for (int i = 0; i < 300000; ++i) {
    const auto bits = static_cast<std::uint32_t>(i) * 2654435761u;
    x.push_back(std::ldexp(1.0f + static_cast<float>(bits & 0x7fffff) * 0x1p-23f,
                           static_cast<int>(bits >> 25) - 64));
    const float log2 = std::log2(x.back());
    const float target = static_cast<float>(i % 300) - 150.0f + 0.37f;
    y.push_back(target / (std::abs(log2) < 0.01f ? 0.01f : log2));
  }
  const std::vector<float> any = all_sizes(8209);
  for (std::size_t i = 0; i < any.size(); ++i) {
    x.push_back(any[i]);
    y.push_back(any[i * 48271 % any.size()]);
  }
  const float specials[] = {0,   -0.0f, 1,   -1,     2,    -2,   3,     -3,          0.5f,   -0.5f,
                            inf, -inf,  nan, 1e-45f, 2.5f, 1e9f, 1e30f, 16777217.0f, -1e-45f};
  for (float a : specials) {
    for (float b : specials) {
      x.push_back(a);
      y.push_back(b);
    }
  }
  on_each_target([&] {
    const std::vector<float> z = apply(Opcode::power, {x, y});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::pow(static_cast<double>(x[i]), static_cast<double>(y[i]));
      ASSERT_LE(ulps(z[i], exact), 1.0)
          << std::hexfloat << x[i] << " to " << y[i] << " gave " << z[i] << ", not " << exact;
      if (exact != 0) continue;
      ASSERT_EQ(std::signbit(z[i]), std::signbit(exact)) << x[i] << ' ' << y[i];
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
