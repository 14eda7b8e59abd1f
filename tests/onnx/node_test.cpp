// ONNX's own tests of its operators: what the library computes is what ONNX says.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "onnx/node_tests.h"
#include "onnx/out_of_scope.h"

namespace sloy::from_onnx {
namespace {

using harness::Comparison;

/// How near to ONNX's numbers ours must be. Most of ONNX's were computed in float.
constexpr Comparison in_double{BackendKind::reference, NumericPrecision::float64, 1e-5};
constexpr Comparison in_float{BackendKind::cpu, NumericPrecision::float32, 1e-5};

/// NumPy's `allclose`, by which ONNX compares (there with rtol 1e-3, atol 1e-7).
testing::AssertionResult all_close(const Tensor& ours, const Tensor& theirs, double relative) {
  if (ours.shape() != theirs.shape()) {
    return testing::AssertionFailure()
           << to_string(ours.shape()) << " where " << to_string(theirs.shape()) << " is expected";
  }
  const Tensor wide_ours = ours.cast(DType::float64), wide_theirs = theirs.cast(DType::float64);
  const auto a = wide_ours.values<double>(), b = wide_theirs.values<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    if (std::abs(a[i] - b[i]) <= 1e-7 + relative * std::abs(b[i])) continue;
    return testing::AssertionFailure() << fmt::format("element {} of {} is {}, expected {}", i,
                                                      to_string(theirs.shape()), a[i], b[i]);
  }
  return testing::AssertionSuccess();
}

/// Some of ONNX's doubles are beyond float's range.
bool fits_float(const Tensor& tensor) {
  const Tensor wide = tensor.cast(DType::float64);
  return std::all_of(wide.values<double>().begin(), wide.values<double>().end(), [](double value) {
    return !std::isfinite(value) || std::abs(value) <= std::numeric_limits<float>::max();
  });
}

std::vector<NodeTest> tests_in_scope() {
  std::vector<NodeTest> found;
  for (const NodeTest& test : node_tests()) {
    if (!test.out_of_scope()) found.push_back(test);
  }
  return found;
}

class Onnx : public testing::TestWithParam<NodeTest> {};

TEST_P(Onnx, GivesWhatIsExpected) {
  const auto model = GetParam().imported();
  const auto expected = GetParam().expected();
  for (const Comparison& comparison : {in_double, in_float}) {
    const std::vector<Tensor> results = model->run(comparison);
    ASSERT_EQ(results.size(), expected.size());
    const bool wide = comparison.precision == NumericPrecision::float64;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const Tensor numbers = to_tensor(expected[i]);
      if (!wide && !fits_float(numbers)) continue;
      EXPECT_TRUE(all_close(results[i], numbers, comparison.tolerance))
          << "output " << i << " in " << (wide ? "double" : "float");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(NodeTests, Onnx, testing::ValuesIn(tests_in_scope()),
                         [](const auto& of) { return of.param.name(); });

// What isn't run is printed, each with its reason. A reason that isn't in the table fails, and so
// does an entry of the table that no test needs.
TEST(OnnxScope, WhatIsNotRunIsListedWithItsReason) {
  std::set<std::string> met;
  std::size_t all = 0, outside = 0;
  for (const NodeTest& test : node_tests()) {
    ++all;
    const auto what = test.out_of_scope();
    if (!what) continue;
    ++outside;
    met.insert(*what);
    const auto reason = reason_for(*what);
    EXPECT_TRUE(reason) << test.name() << " needs what no entry names: " << *what;
    fmt::print("unsupported: {}: {} ({})\n", test.name(), *what, reason.value_or("not listed"));
  }
  fmt::print("figure: ONNX's own tests: {} run, {} out of scope\n", all - outside, outside);
  EXPECT_GE(all, 1072u) << "libonnx-testdata 1.12 has so many";
  EXPECT_GE(all - outside, 662u) << "a listed reason is given for tests that could be run";
  for (const Scope& scope : out_of_scope()) {
    for (std::string_view name : scope.names) {
      EXPECT_TRUE(met.contains(std::string(name))) << "no test needs the entry " << name;
    }
  }
}

}  // namespace
}  // namespace sloy::from_onnx
