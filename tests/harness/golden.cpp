#include "harness/golden.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sloy::harness {

std::vector<std::int64_t> Golden::Case::integers(std::string_view key) const {
  std::vector<std::int64_t> values;
  for (const Config& value : attributes.at(key).as_list()) values.push_back(value.as_integer());
  return values;
}

Golden::Golden(std::string_view family)
    : file_(fmt::format("tests/oracle/golden/{}.safetensors", family)) {
  const Config described = parse_json(file_.metadata().at("oracle"));
  for (const Config& entry : described.at("cases").as_list()) {
    cases_.push_back({entry.at("name").as_string(), entry});
  }
}

const Golden::Case& Golden::find(std::string_view name) const {
  return *std::find_if(cases_.begin(), cases_.end(),
                       [&](const Case& candidate) { return candidate.name == name; });
}

bool Golden::has(const Case& of, std::string_view tensor) const {
  return file_.find(fmt::format("{}/{}", of.name, tensor)) != nullptr;
}

Tensor Golden::tensor(const Case& of, std::string_view tensor) const {
  return file_.read(fmt::format("{}/{}", of.name, tensor));
}

Value Computation::feed(const Tensor& tensor) {
  feeds_.push_back(tensor);
  const DType dtype = is_float(tensor.dtype()) ? DType::float32 : tensor.dtype();
  return graph_.input("x" + std::to_string(feeds_.size()), {dtype, tensor.shape()});
}

std::vector<Tensor> Computation::run(std::vector<Value> outputs, const Comparison& comparison) {
  const Program program = compile({.outputs = std::move(outputs),
                                   .backend = comparison.backend,
                                   .precision = comparison.precision});
  State state(program.variables(), {.precision = comparison.precision});
  const Results results = program.run(state, feeds_);
  return {results.begin(), results.end()};
}

double rounding_of_sum(double products) { return 4 * 0x1p-24 * std::sqrt(products); }

testing::AssertionResult close(const Tensor& actual, const Tensor& expected, double tolerance) {
  if (actual.shape() != expected.shape()) {
    return testing::AssertionFailure() << to_string(actual.shape()) << " where "
                                       << to_string(expected.shape()) << " is expected";
  }
  const Tensor ours = actual.cast(DType::float64);
  const Tensor theirs = expected.cast(DType::float64);
  const auto a = ours.values<double>();
  const auto b = theirs.values<double>();
  double largest = 0;
  for (double value : b) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double allowed = tolerance * (std::abs(b[i]) + 1e-3 * largest);
    if (std::abs(a[i] - b[i]) <= allowed) continue;
    return testing::AssertionFailure() << fmt::format("element {} of {} is {}, expected {}", i,
                                                      to_string(expected.shape()), a[i], b[i]);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult within(const Tensor& actual, const Tensor& expected,
                                const Tensor& magnitudes, double tolerance) {
  if (actual.shape() != expected.shape()) {
    return testing::AssertionFailure() << to_string(actual.shape()) << " where "
                                       << to_string(expected.shape()) << " is expected";
  }
  const Tensor ours = actual.cast(DType::float64);
  const Tensor theirs = expected.cast(DType::float64);
  const Tensor sizes = magnitudes.cast(DType::float64);
  for (std::size_t i = 0; i < ours.values<double>().size(); ++i) {
    const double a = ours.values<double>()[i];
    const double b = theirs.values<double>()[i];
    const double allowed = tolerance * std::max(std::abs(b), sizes.values<double>()[i]);
    if (std::abs(a - b) <= allowed) continue;
    return testing::AssertionFailure()
           << fmt::format("element {} of {} is {}, expected {} within {}", i,
                          to_string(expected.shape()), a, b, allowed);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult within(const Tensor& actual, const Tensor& expected, double tolerance) {
  Tensor largest = magnitudes(expected);
  const auto values = largest.mutable_values<double>();
  std::fill(values.begin(), values.end(), *std::max_element(values.begin(), values.end()));
  return within(actual, expected, largest, tolerance);
}

Tensor magnitudes(const Tensor& tensor) {
  Tensor wide = tensor.cast(DType::float64);
  for (double& value : wide.mutable_values<double>()) value = std::abs(value);
  return wide;
}

}  // namespace sloy::harness
