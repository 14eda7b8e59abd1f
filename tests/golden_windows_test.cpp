// Convolution and pooling against PyTorch: values and every gradient.

#include <gtest/gtest.h>

#include <sloy/ops.h>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Computation;
using harness::exact;
using harness::Golden;
using harness::in_float;
using harness::magnitudes;
using harness::rounding_of_sum;
using harness::within;

/// A result by its name in the golden, and of how many products each of its numbers is a sum at
/// most.
struct Named {
  std::string name;
  Value value;
  double products;
};

/// `sizes` is the same computation over the magnitudes of what is added.
void expect_close(Computation& computation, Computation& sizes, const Golden& golden,
                  const Golden::Case& of, const std::vector<Named>& results,
                  const std::vector<Value>& size_values) {
  std::vector<Value> values;
  for (const Named& result : results) values.push_back(result.value);
  const auto exactly = computation.run(values, exact);
  const auto in_floats = computation.run(values, in_float);
  const auto size_numbers = sizes.run(size_values, exact);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Tensor expected = golden.tensor(of, results[i].name);
    EXPECT_TRUE(close(exactly[i], expected, exact.tolerance))
        << of.name << ": " << results[i].name << " in double";
    EXPECT_TRUE(
        within(in_floats[i], expected, size_numbers[i], rounding_of_sum(results[i].products)))
        << of.name << ": " << results[i].name << " in float";
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

/// y, dx, dkernel and dbias of a golden convolution.
std::vector<Value> convolved(const Golden::Case& of, Computation& computation, const Tensor& x,
                             const Tensor& kernel, const Tensor& bias, const Tensor& dy) {
  const Value reads[] = {computation.feed(x), computation.feed(kernel), computation.feed(bias)};
  const ConvolutionOptions options{.window = window_of(of),
                                   .groups = of.attributes.at("groups").as_integer()};
  const Value y = convolution(reads[0], reads[1], options) + reads[2];
  std::vector<Value> results = gradient(sum(y * computation.feed(dy)), reads);
  results.insert(results.begin(), y);
  return results;
}

TEST(GoldenConvolution, ValueAndGradientsArePyTorchs) {
  const Golden golden("convolution");
  for (const Golden::Case& of : golden.cases()) {
    const Tensor x = golden.tensor(of, "x"), kernel = golden.tensor(of, "kernel");
    const Tensor bias = golden.tensor(of, "bias"), dy = golden.tensor(of, "dy");
    Computation computation, sizes;
    const auto values = convolved(of, computation, x, kernel, bias, dy);
    const auto size_values =
        convolved(of, sizes, magnitudes(x), magnitudes(kernel), magnitudes(bias), magnitudes(dy));
    const auto filters = static_cast<double>(bias.size());
    const double positions = static_cast<double>(dy.size()) / filters;
    const auto weights = static_cast<double>(kernel.size());
    expect_close(computation, sizes, golden, of,
                 {{"y", values[0], weights / filters + 1},
                  {"dx", values[1], weights / static_cast<double>(kernel.shape().size(-2))},
                  {"dkernel", values[2], positions},
                  {"dbias", values[3], positions}},
                 size_values);
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
    const Tensor x = golden.tensor(of, "x"), dy = golden.tensor(of, "dy");
    const bool adds = of.op().find("average") != std::string_view::npos;
    Computation computation, sizes;
    const auto pool = [&](Computation& made, const Tensor& from, const Tensor& slope) {
      const Value in = made.feed(from);
      const Value y = pooled(of, in);
      return std::vector{y, gradient(sum(y * made.feed(slope)), std::vector{in})[0]};
    };
    const auto values = pool(computation, x, dy);
    const auto size_values = pool(sizes, adds ? magnitudes(x) : x, magnitudes(dy));
    // at most a whole image is added up
    const auto products = static_cast<double>(x.size() / x.shape().size(0) / x.shape().size(-1));
    expect_close(computation, sizes, golden, of,
                 {{"y", values[0], products}, {"dx", values[1], products}}, size_values);
  }
}

}  // namespace
}  // namespace sloy
