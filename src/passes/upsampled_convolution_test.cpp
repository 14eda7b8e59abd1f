#include "passes/upsampled_convolution.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include "graph/verify.h"
#include "harness/graphs.h"
#include "passes/simplify.h"

namespace sloy {
namespace {

using harness::count_ops;
using harness::expect_same;

/// An image that is enlarged and convolved, and the gradients of both operands.
struct Decoder {
  Shape x;
  std::vector<std::int64_t> factors;
  Shape kernel;
  ConvolutionOptions options = {};
  bool reads_enlarged = false;  ///< as an output besides
  bool reads_slope = false;     ///< the enlarged image's gradient likewise

  std::unique_ptr<Graph> graph() const {
    auto made = std::make_unique<Graph>();
    const Value image = made->input("x", {DType::float32, x});
    const Value weights = made->input("kernel", {DType::float32, kernel});
    const Value enlarged = upsample(image, factors);
    const Value y = convolution(enlarged, weights, options);
    const Value up = made->input("up", y.type());
    const auto slopes = gradient(sum(y * up), std::vector{image, weights, enlarged});
    made->output("y", y);
    made->output("dx", slopes[0]);
    made->output("dkernel", slopes[1]);
    if (reads_enlarged) made->output("enlarged", enlarged);
    if (reads_slope) made->output("slope", slopes[2]);
    return made;
  }

  /// After the pass, and what it left unread dropped. Checks that the numbers are the same.
  std::unique_ptr<Graph> folded() const {
    const auto before = graph();
    auto after = fold_upsampling(*before);
    verify(*after, "upsampled_convolution");
    expect_same(*before, *after);
    return simplify(*after);
  }
};

Window padded(std::vector<std::int64_t> low, std::vector<std::int64_t> high) {
  return {.padding_low = std::move(low), .padding_high = std::move(high)};
}

TEST(UpsampledConvolution, IsComputedOnTheSmallImage) {
  const Decoder decoders[] = {
      {{2, 6, 5, 3}, {2, 2}, {3, 3, 3, 4}, {.window = padded({1, 1}, {1, 1})}},
      {{2, 4, 5, 3}, {2, 2}, {3, 3, 3, 4}},
      {{1, 3, 4, 2}, {2, 2}, {5, 4, 2, 3}, {.window = padded({2, 1}, {2, 2})}},
      {{1, 5, 6, 2}, {3, 2}, {3, 3, 2, 3}, {.window = padded({0, 2}, {1, 0})}},
      {{1, 12, 4, 2}, {2, 1}, {3, 3, 2, 3}, {.window = padded({1, 1}, {1, 1})}},
      {{1, 2, 3, 1}, {4, 4}, {6, 7, 1, 2}, {.window = padded({5, 6}, {5, 6})}},
      {{2, 12, 2}, {2}, {3, 2, 5}, {.window = padded({1}, {1})}},
      {{1, 4, 3, 4, 2}, {2, 2, 2}, {3, 3, 3, 2, 3}, {.window = padded({1, 1, 1}, {1, 1, 1})}},
      {{2, 4, 5, 31}, {2, 2}, {3, 3, 31, 40}},
  };
  for (const Decoder& decoder : decoders) {
    SCOPED_TRACE(to_string(decoder.x) + " by " + to_string(decoder.kernel));
    const auto count = count_ops(*decoder.folded());
    EXPECT_FALSE(count.contains("upsample"));
    EXPECT_FALSE(count.contains("upsample_gradient"));
  }
}

TEST(UpsampledConvolution, HasFewerProducts) {
  const Decoder decoder{{1, 16, 16, 8}, {2, 2}, {3, 3, 8, 8}};
  const auto flops = [](const Graph& graph) {
    double total = 0;
    for (const Node& node : graph.nodes()) {
      std::vector<Type> in, out;
      for (Value input : node.inputs) in.push_back(input.type());
      for (const Result& result : node.results) out.push_back(result.type);
      total += node.op->cost(node.attributes, Operands(in), out).flops;
    }
    return total;
  };
  EXPECT_LT(flops(*decoder.folded()), 0.6 * flops(*decoder.graph()));
}

TEST(UpsampledConvolution, StaysWhereNothingIsGained) {
  const Window same_padded = padded({1, 1}, {1, 1});
  Window strided = same_padded, dilated = same_padded;
  strided.strides = {2, 1};
  dilated.dilations = {1, 2};
  const Decoder decoders[] = {
      {{1, 4, 4, 2}, {2, 2}, {3, 3, 2, 3}, {.window = strided}},
      {{1, 4, 4, 2}, {2, 2}, {3, 3, 2, 3}, {.window = dilated}},
      {{1, 4, 4, 2}, {2, 2}, {3, 3, 1, 2}, {.window = same_padded, .groups = 2}},
      {{1, 4, 4, 2}, {2, 2}, {1, 1, 2, 3}},
      {{1, 4, 4, 2}, {1, 1}, {3, 3, 2, 3}},
      {{1, 4, 4, 32}, {2, 2}, {3, 3, 32, 32}, {.window = same_padded}},
  };
  for (const Decoder& decoder : decoders) {
    SCOPED_TRACE(to_string(decoder.kernel));
    EXPECT_EQ(count_ops(*decoder.folded())["upsample"], 1);
  }
}

TEST(UpsampledConvolution, LeavesWhatElseIsRead) {
  const Decoder decoder{.x = {1, 4, 4, 2},
                        .factors = {2, 2},
                        .kernel = {3, 3, 2, 3},
                        .reads_enlarged = true,
                        .reads_slope = true};
  auto count = count_ops(*decoder.folded());
  EXPECT_EQ(count["upsample"], 1);
  EXPECT_EQ(count["upsample_gradient"], 1);
  EXPECT_EQ(count["convolution_input_gradient"], 1);
}

}  // namespace
}  // namespace sloy
