#include "passes/epilogue.h"

#include <algorithm>
#include <optional>

#include "ops/convolution.h"
#include "ops/elementwise.h"
#include "ops/matmul.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

class Absorber {
 public:
  explicit Absorber(const Graph& graph) : graph_(graph), readers_(readers(graph)), rewrite_(graph) {
    for (const Graph::Output& output : graph.outputs()) keep(output.value);
    for (const Graph::Update& update : graph.updates()) keep(update.value);
  }

  std::unique_ptr<Graph> run() {
    const auto count = static_cast<std::int32_t>(graph_.nodes().size());
    std::vector<std::optional<Match>> matches;
    std::vector<bool> absorbed(graph_.nodes().size(), false);
    for (std::int32_t n = 0; n < count; ++n) {
      matches.push_back(match(n));
      if (!matches.back()) continue;
      absorbed[static_cast<std::size_t>(matches.back()->product.node())] = true;
      if (matches.back()->relu) absorbed[static_cast<std::size_t>(node(n).inputs[0].node())] = true;
    }
    for (std::int32_t n = 0; n < count; ++n) {
      const auto& found = matches[static_cast<std::size_t>(n)];
      if (absorbed[static_cast<std::size_t>(n)]) continue;
      if (found) {
        merge(n, *found);
      } else {
        rewrite_.copy(n);
      }
    }
    return rewrite_.finish();
  }

 private:
  struct Match {
    Value product;
    Value bias;
    bool relu = false;
  };

  const Node& node(std::int32_t n) const { return graph_.nodes()[static_cast<std::size_t>(n)]; }

  /// Something other than nodes reads the value.
  void keep(Value value) {
    readers_[static_cast<std::size_t>(value.node())][static_cast<std::size_t>(value.result())]
        .push_back(-1);
  }
  bool read_once(Value value) const {
    return readers_[static_cast<std::size_t>(value.node())]
                   [static_cast<std::size_t>(value.result())]
                       .size() == 1;
  }

  static bool takes_epilogue(const Node& node) {
    if (node.inputs.size() != 2) return false;
    if (node.op == &convolution_op) return true;
    if (node.op != &matmul_op) return false;
    const auto& attributes = OpDefinition<MatmulAttributes>::as(node.attributes);
    return !attributes.options.transpose_a && !attributes.options.transpose_b;
  }

  template <class A>
  static std::shared_ptr<const void> with_relu(const Node& product) {
    A attributes = OpDefinition<A>::as(product.attributes);
    attributes.relu = true;
    return OpDefinition<A>::box(std::move(attributes));
  }

  /// product + bias, in either order.
  std::optional<Match> match_addition(std::int32_t n) const {
    const Node& add = node(n);
    if (add.op != &add_op) return {};
    for (std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      Value product = add.inputs[side];
      Value bias = add.inputs[1 - side];
      bool fits = takes_epilogue(graph_.node(product)) && read_once(product) && bias.rank() == 1 &&
                  bias.dim(0) == product.dim(-1) && add.results[0].type == product.type();
      if (fits) return Match{product, bias};
    }
    return {};
  }

  std::optional<Match> match(std::int32_t n) const {
    const Node& last = node(n);
    if (last.op != &rectify_op) return match_addition(n);
    if (!read_once(last.inputs[0])) return {};
    auto found = match_addition(last.inputs[0].node());
    if (found) found->relu = true;
    return found;
  }

  void merge(std::int32_t n, const Match& found) {
    Node merged = graph_.node(found.product);
    for (Value& input : merged.inputs) input = rewrite_(input);
    merged.inputs.push_back(rewrite_(found.bias));
    if (found.relu) {
      merged.attributes = merged.op == &matmul_op ? with_relu<MatmulAttributes>(merged)
                                                  : with_relu<ConvolutionAttributes>(merged);
    }
    Value result = rewrite_.to().append(std::move(merged));
    rewrite_.map({const_cast<Graph*>(&graph_), n, 0}, result);
  }

  const Graph& graph_;
  std::vector<std::vector<std::vector<std::int32_t>>> readers_;
  Rewrite rewrite_;
};

}  // namespace

std::unique_ptr<Graph> absorb_epilogues(const Graph& graph) { return Absorber(graph).run(); }

}  // namespace sloy
