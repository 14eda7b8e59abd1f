// Convolution and pooling against PyTorch: values and every gradient.

#include <gtest/gtest.h>

#include <sloy/ops.h>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Comparison;
using harness::Computation;
using harness::Golden;

// On small-integer inputs the kernels are exact (src/ops); here they meet real numbers.
constexpr Comparison comparisons[] = {harness::exact, {BackendKind::cpu, Precision::float32, 1e-3}};

void expect_close(Computation& computation, const Golden& golden, const Golden::Case& of,
                  const std::vector<std::pair<std::string, Value>>& results) {
  std::vector<Value> values;
  for (const auto& [name, value] : results) values.push_back(value);
  for (const Comparison& comparison : comparisons) {
    const auto computed = computation.run(values, comparison);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::string& name = results[i].first;
      EXPECT_TRUE(close(computed[i], golden.tensor(of, name), comparison.tolerance))
          << of.name << ": " << name << " on "
          << enum_names(comparison.backend)[std::size_t(comparison.backend)];
    }
  }
}

Window window_of(const Golden::Case& of) {
  Window window{.strides = of.integers("strides")};
  if (of.attributes.find("dilation")) window.dilations = of.integers("dilation");
  for (const Config& pair : of.attributes.at("pads").as_list()) {
    window.padding_low.push_back(pair.as_list()[0].as_integer());
    window.padding_high.push_back(pair.as_list()[1].as_integer());
  }
  return window;
}

TEST(GoldenConvolution, ValueAndGradientsArePyTorchs) {
  const Golden golden("convolution");
  for (const Golden::Case& of : golden.cases()) {
    Computation computation;
    const Value x = computation.feed(golden.tensor(of, "x"));
    const Value kernel = computation.feed(golden.tensor(of, "kernel"));
    const Value bias = computation.feed(golden.tensor(of, "bias"));
    const Value dy = computation.feed(golden.tensor(of, "dy"));
    const ConvolutionOptions options{.window = window_of(of),
                                     .groups = of.attributes.at("groups").as_integer()};
    const Value y = convolution(x, kernel, options) + bias;
    const auto slopes = gradient(sum(y * dy), std::vector{x, kernel, bias});
    expect_close(computation, golden, of,
                 {{"y", y}, {"dx", slopes[0]}, {"dkernel", slopes[1]}, {"dbias", slopes[2]}});
  }
}

TEST(GoldenConvolution, SamePaddingIsKeras) {
  const Golden golden("convolution");
  for (const Golden::Case& of : golden.cases()) {
    const Config& padding = of.attributes.at("padding");
    if (!padding.is_string()) continue;
    const Shape kernel = golden.tensor(of, "kernel").shape();
    std::vector<std::int64_t> kernel_size;
    for (int axis = 0; axis < kernel.rank() - 2; ++axis) kernel_size.push_back(kernel.size(axis));
    const Window made =
        window(golden.tensor(of, "x").shape(), kernel_size, of.integers("strides"),
               padding.as_string() == "same" ? same : valid, of.integers("dilation"));
    const Window stored = window_of(of);
    EXPECT_EQ(made.padding_low, stored.padding_low) << of.name;
    EXPECT_EQ(made.padding_high, stored.padding_high) << of.name;
  }
}

Value pooled(const Golden::Case& of, Value x) {
  if (of.op() == "global_average_pool") return mean(x, {.axes = {1, 2}});
  if (of.op() == "global_max_pool") return max(x, {.axes = {1, 2}});
  const PoolOptions options{.pool_size = of.integers("window"), .window = window_of(of)};
  return of.op() == "max_pool" ? max_pool(x, options).values : average_pool(x, options);
}

TEST(GoldenPooling, ValueAndGradientArePyTorchs) {
  const Golden golden("pooling");
  for (const Golden::Case& of : golden.cases()) {
    Computation computation;
    const Value x = computation.feed(golden.tensor(of, "x"));
    const Value dy = computation.feed(golden.tensor(of, "dy"));
    const Value y = pooled(of, x);
    const auto slopes = gradient(sum(y * dy), std::vector{x});
    expect_close(computation, golden, of, {{"y", y}, {"dx", slopes[0]}});
  }
}

}  // namespace
}  // namespace sloy
