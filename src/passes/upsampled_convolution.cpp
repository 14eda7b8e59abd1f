#include "passes/upsampled_convolution.h"

#include <sloy/ops.h>

#include <algorithm>
#include <optional>

#include "ops/convolution.h"
#include "ops/upsample.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

/// What the small convolution may take of the large one's products.
constexpr double worthwhile_share = 0.75;

/// From this many channels and filters on Winograd of the large image takes 0.6 to 0.85 of the
/// time.
constexpr std::int64_t many_channels = 32;

/// One direction. Position p of the large result, p = factor · (window + first) + phase + low,
/// reads through tap u pixel window + first + ⌊(phase + u) / factor⌋ of the small image.
struct FoldedAxis {
  std::int64_t factor = 1;
  std::int64_t taps = 1;     ///< of the large kernel
  std::int64_t large = 1;    ///< positions of its result
  std::int64_t reach = 1;    ///< taps of the small kernel
  std::int64_t first = 0;    ///< pixel under the first window's first tap, 0 or less
  std::int64_t windows = 1;  ///< positions of the small result
  std::int64_t high = 0;     ///< pixels that windows stand out behind the image
  std::int64_t skipped = 0;  ///< phases of the first window that are before the large result

  FoldedAxis(const WindowAxis& axis, std::int64_t by)
      : factor(by), taps(axis.taps), large(axis.output), reach((by + axis.taps - 2) / by + 1) {
    const auto floor_div = [by](std::int64_t n) { return (n >= 0 ? n : n - by + 1) / by; };
    first = floor_div(-axis.low);
    windows = floor_div(large - 1 - axis.low) - first + 1;
    high = windows + first + reach - 1 - axis.input / by;
    skipped = -axis.low - by * first;
  }

  /// Where the large result ends among the phases of all windows.
  std::int64_t end() const { return skipped + large; }
  std::int64_t all() const { return windows * factor; }
};

/// A convolution of an enlarged image as one of the image.
class Folded {
 public:
  Folded(const Shape& enlarged, const Shape& kernel, const ConvolutionOptions& options,
         const std::vector<std::int64_t>& factors)
      : enlarged_(enlarged), kernel_(kernel) {
    const ConvolutionSizes sizes = convolution_sizes(enlarged, kernel, options);
    for (std::size_t d = 0; d < factors.size(); ++d) {
      axes_.emplace_back(sizes.axes[3 - factors.size() + d], factors[d]);
    }
    for (const FoldedAxis& axis : axes_) {
      options_.window.padding_low.push_back(-axis.first);
      options_.window.padding_high.push_back(axis.high);
    }
  }

  double share_of_products() const {
    double share = 1;
    for (const FoldedAxis& axis : axes_) {
      share *= static_cast<double>(axis.all() * axis.reach) /
               static_cast<double>(axis.large * axis.taps);
    }
    return share;
  }

  Value forward(Value x, Value kernel) const {
    return spread(convolution(x, fold(kernel), options_));
  }
  Value input_gradient(Value dy, Value kernel) const {
    Shape small = enlarged_;
    for (std::size_t d = 0; d < axes_.size(); ++d) {
      small[static_cast<int>(d) + 1] = small.size(static_cast<int>(d) + 1) / axes_[d].factor;
    }
    return convolution_input_gradient(gather(dy), fold(kernel), small, options_);
  }
  Value kernel_gradient(Value x, Value dy) const {
    return unfold(convolution_kernel_gradient(x, gather(dy), folded_kernel(), options_));
  }

 private:
  int count() const { return static_cast<int>(axes_.size()); }
  std::int64_t channels() const { return kernel_.size(-2); }
  std::int64_t filters() const { return kernel_.size(-1); }

  template <class Number>
  std::int64_t product(const Number& number) const {
    std::int64_t product = 1;
    for (const FoldedAxis& axis : axes_) product *= number(axis);
    return product;
  }
  std::int64_t phases() const {
    return product([](const FoldedAxis& a) { return a.factor; });
  }
  std::int64_t taps() const {
    return product([](const FoldedAxis& a) { return a.taps; });
  }
  std::int64_t reach() const {
    return product([](const FoldedAxis& a) { return a.reach; });
  }

  Shape folded_kernel() const {
    Shape shape;
    for (const FoldedAxis& axis : axes_) shape.push_back(axis.reach);
    shape.push_back(channels());
    shape.push_back(phases() * filters());
    return shape;
  }

  /// 1 where a tap of the large kernel (column) is over what a tap of the small one reads in a
  /// phase (row: small tap, then phase), else 0.
  Tensor selection() const {
    const std::int64_t rows = reach() * phases(), columns = taps();
    std::vector<float> ones(static_cast<std::size_t>(rows * columns));
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        std::int64_t small_tap = row / phases(), phase = row % phases(), tap = column;
        bool same = true;
        for (std::size_t d = axes_.size(); d-- > 0;) {
          const FoldedAxis& axis = axes_[d];
          same = same &&
                 (phase % axis.factor + tap % axis.taps) / axis.factor == small_tap % axis.reach;
          small_tap /= axis.reach;
          phase /= axis.factor;
          tap /= axis.taps;
        }
        if (same) ones[static_cast<std::size_t>(row * columns + column)] = 1;
      }
    }
    return Tensor({rows, columns}, ones);
  }

  /// (taps…, channels, filters) → (reach…, channels, phases · filters).
  Value fold(Value kernel) const {
    const Value rows = reshape(kernel, {taps(), channels() * filters()});
    const Value sums = matmul(kernel.graph().constant(selection()), rows);
    const Value split = reshape(sums, {reach(), phases(), channels(), filters()});
    return reshape(transpose(split, {0, 2, 1, 3}), folded_kernel());
  }
  Value unfold(Value gradient) const {
    const Value split = reshape(gradient, {reach(), channels(), phases(), filters()});
    const Value rows =
        reshape(transpose(split, {0, 2, 1, 3}), {reach() * phases(), channels() * filters()});
    const Value sums = matmul(gradient.graph().constant(selection()), rows, {.transpose_a = true});
    return reshape(sums, kernel_);
  }

  /// (batch, windows…, phases · filters) → (batch, positions of the large result…, filters).
  Value spread(Value z) const {
    Shape split{z.dim(0)}, joined{z.dim(0)};
    for (const FoldedAxis& axis : axes_) split.push_back(axis.windows);
    for (const FoldedAxis& axis : axes_) split.push_back(axis.factor);
    for (const FoldedAxis& axis : axes_) joined.push_back(axis.all());
    split.push_back(filters());
    joined.push_back(filters());
    std::vector<int> order{0};
    for (int d = 1; d <= count(); ++d) order.insert(order.end(), {d, count() + d});
    order.push_back(2 * count() + 1);
    Value y = reshape(transpose(reshape(z, split), order), joined);
    for (int d = 0; d < count(); ++d) {
      const FoldedAxis& axis = axes_[static_cast<std::size_t>(d)];
      if (axis.large < axis.all()) y = slice(y, d + 1, axis.skipped, axis.end());
    }
    return y;
  }
  Value gather(Value dy) const {
    Shape split{dy.dim(0)}, joined{dy.dim(0)};
    for (int d = 0; d < count(); ++d) {
      const FoldedAxis& axis = axes_[static_cast<std::size_t>(d)];
      if (axis.large < axis.all()) dy = pad(dy, d + 1, axis.skipped, axis.all() - axis.end());
      split.push_back(axis.windows);
      split.push_back(axis.factor);
      joined.push_back(axis.windows);
    }
    split.push_back(filters());
    joined.push_back(phases() * filters());
    std::vector<int> order{0};
    for (int d = 1; d <= count(); ++d) order.push_back(2 * d - 1);
    for (int d = 1; d <= count(); ++d) order.push_back(2 * d);
    order.push_back(2 * count() + 1);
    return reshape(transpose(reshape(dy, split), order), joined);
  }

  Shape enlarged_, kernel_;
  std::vector<FoldedAxis> axes_;
  ConvolutionOptions options_;
};

class Folder {
 public:
  explicit Folder(const Graph& graph) : graph_(graph), rewrite_(graph), uses_(graph) {}

  std::unique_ptr<Graph> run() {
    return rewrite_live(rewrite_, uses_, [this](std::int32_t n) { rewrite(n); });
  }

 private:
  void rewrite(std::int32_t n) {
    const Node& node = graph_.nodes()[static_cast<std::size_t>(n)];
    Graph::Section path = Graph::Section::at(rewrite_.to(), node.path);
    Graph::Section phase(rewrite_.to(), node.phase);
    if (const Value made = folded(node)) {
      rewrite_.map({const_cast<Graph*>(&graph_), n, 0}, made);
    } else {
      rewrite_.copy(n);
    }
  }

  /// What takes the node's place, or null.
  Value folded(const Node& node) {
    if (node.op == &convolution_op) {
      const auto& options = OpDefinition<ConvolutionAttributes>::as(node.attributes).options;
      const auto fold = fold_of(node.inputs[0], node.inputs[1].shape(), options);
      if (!fold) return {};
      return fold->forward(small(node.inputs[0]), rewrite_(node.inputs[1]));
    }
    if (node.op == &convolution_kernel_gradient_op) {
      const auto& a = OpDefinition<ConvolutionKernelGradientAttributes>::as(node.attributes);
      const auto fold = fold_of(node.inputs[0], a.kernel, a.options);
      if (!fold) return {};
      return fold->kernel_gradient(small(node.inputs[0]), rewrite_(node.inputs[1]));
    }
    if (node.op != &upsample_gradient_op) return {};
    const Value dx = node.inputs[0];
    const Node& convolution = graph_.node(dx);
    if (convolution.op != &convolution_input_gradient_op || !read_once(dx)) return {};
    const auto& a = OpDefinition<ConvolutionInputGradientAttributes>::as(convolution.attributes);
    const auto fold = fold_of(a.input, convolution.inputs[1].shape(), a.options, factors_of(node));
    if (!fold) return {};
    return fold->input_gradient(rewrite_(convolution.inputs[0]), rewrite_(convolution.inputs[1]));
  }

  static const std::vector<std::int64_t>& factors_of(const Node& node) {
    return OpDefinition<UpsampleAttributes>::as(node.attributes).factors;
  }
  /// The image before it was enlarged.
  Value small(Value enlarged) const { return rewrite_(graph_.node(enlarged).inputs[0]); }

  std::optional<Folded> fold_of(Value x, const Shape& kernel,
                                const ConvolutionOptions& options) const {
    const Node& node = graph_.node(x);
    if (node.op != &upsample_op) return {};
    return fold_of(x.shape(), kernel, options, factors_of(node));
  }
  static std::optional<Folded> fold_of(const Shape& enlarged, const Shape& kernel,
                                       const ConvolutionOptions& options,
                                       const std::vector<std::int64_t>& factors) {
    const auto is_one = [](std::int64_t n) { return n == 1; };
    const Window& window = options.window;
    if (options.groups != 1 || !std::ranges::all_of(window.strides, is_one) ||
        !std::ranges::all_of(window.dilations, is_one)) {
      return {};
    }
    if (std::min(kernel.size(-2), kernel.size(-1)) >= many_channels) return {};
    Folded fold(enlarged, kernel, options, factors);
    if (fold.share_of_products() > worthwhile_share) return {};
    return fold;
  }

  bool read_once(Value value) const {
    return uses_.readers(value).size() == 1 && !uses_.is_kept(value);
  }

  const Graph& graph_;
  Rewrite rewrite_;
  Uses uses_;
};

}  // namespace

std::unique_ptr<Graph> fold_upsampling(const Graph& graph) { return Folder(graph).run(); }

}  // namespace sloy
