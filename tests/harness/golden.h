/// Goldens: numbers made by PyTorch (tests/oracle), for the library's to be compared with.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <sloy/config.h>
#include <sloy/graph.h>
#include <sloy/program.h>

#include "files/safetensors.h"

namespace sloy::harness {

/// One file of tests/oracle/golden. Tests run in the repository's root.
class Golden {
 public:
  struct Case {
    std::string name;
    Config attributes;
    std::string_view op() const { return attributes.at("op").as_string(); }
    double number(std::string_view key) const { return attributes.at(key).as_number(); }
    std::vector<std::int64_t> integers(std::string_view key) const;
  };

  /// `family` is the file's name without its ending.
  explicit Golden(std::string_view family);

  const std::vector<Case>& cases() const { return cases_; }
  const Case& find(std::string_view name) const;
  bool has(const Case& of, std::string_view tensor) const;
  Tensor tensor(const Case& of, std::string_view tensor) const;

 private:
  SafetensorsReader file_;
  std::vector<Case> cases_;
};

/// How the library's numbers are made, and how near to PyTorch's they have to be.
struct Comparison {
  BackendKind backend;
  NumericPrecision precision;
  double tolerance;
};
/// The reference kernels, in doubles.
inline constexpr Comparison exact{BackendKind::reference, NumericPrecision::float64, 1e-9};

/// The CPU's kernels, in floats; how near is derived from what they add: rounding_of_sum.
inline constexpr Comparison in_float{BackendKind::cpu, NumericPrecision::float32, 0};

/// What a float sum of `products` may be off by, of the sum of their magnitudes; as in the tests of
/// ops.
double rounding_of_sum(double products);

/// A graph over given numbers, and its results.
class Computation {
 public:
  /// An input that is fed `tensor`; doubles become float32 inputs, which float64 programs widen.
  Value feed(const Tensor& tensor);
  Graph& graph() { return graph_; }
  std::vector<Tensor> run(std::vector<Value> outputs, const Comparison& comparison);

 private:
  Graph graph_;
  std::vector<Tensor> feeds_;
};

/// Whether each element is within `tolerance` of what is expected, relative to it, or within a
/// thousandth of that relative to the largest: sums that cancel keep the error of their terms.
testing::AssertionResult close(const Tensor& actual, const Tensor& expected, double tolerance);

/// Whether each element is within `tolerance` of what is expected, relative to the magnitude given
/// for it: of a sum, what the same sum gives for the magnitudes of its terms.
testing::AssertionResult within(const Tensor& actual, const Tensor& expected,
                                const Tensor& magnitudes, double tolerance);
/// The same relative to the largest expected, where each element is made of them all.
testing::AssertionResult within(const Tensor& actual, const Tensor& expected, double tolerance);

Tensor magnitudes(const Tensor& tensor);

}  // namespace sloy::harness
