#include "passes/product_updates.h"

#include <algorithm>
#include <optional>

#include "graph/leaf.h"
#include "ops/product_update.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

/// Elements of the gradients that are joined, at least: 4 MB. A smaller one, with the parameter and
/// the slots, may stay in the caches between the product and the chain.
constexpr std::int64_t least_elements = 1 << 20;
/// Summands of an element, at most. With more the product takes so much longer than writing and
/// reading its result that oneDNN's, which is faster than the slabs', weighs more.
constexpr std::int64_t most_summands = 256;

class Joiner {
 public:
  Joiner(Lowered lowered, const Backend& backend)
      : lowered_(std::move(lowered)),
        graph_(*lowered_.graph),
        backend_(backend),
        readers_(readers(graph_)),
        rewrite_(graph_) {
    for (const Graph::Output& output : graph_.outputs()) keep(output.value);
    for (const Graph::Update& update : graph_.updates()) keep(update.value);
  }

  Lowered run() {
    const auto count = static_cast<std::int32_t>(graph_.nodes().size());
    std::vector<std::optional<Join>> joins;
    std::vector<bool> is_joined(graph_.nodes().size(), false);
    for (std::int32_t n = 0; n < count; ++n) {
      joins.push_back(join(n));
      if (joins.back()) is_joined[static_cast<std::size_t>(joins.back()->product)] = true;
    }
    if (std::ranges::count(is_joined, true) == 0) return std::move(lowered_);
    for (std::int32_t n = 0; n < count; ++n) {
      if (is_joined[static_cast<std::size_t>(n)]) continue;
      auto& found = joins[static_cast<std::size_t>(n)];
      if (found) {
        place(n, std::move(*found));
      } else {
        copy(n);
      }
    }
    Lowered made;
    made.graph = rewrite_.finish();
    selections_.resize(made.graph->nodes().size());
    made.selections = std::move(selections_);
    return made;
  }

 private:
  struct Join {
    std::int32_t product;
    Node node;  ///< with the old graph's operands
    Selection selection;
  };

  const Node& node(std::int32_t n) const { return graph_.nodes()[static_cast<std::size_t>(n)]; }
  const Result& result_of(Value value) const {
    return graph_.node(value).results[static_cast<std::size_t>(value.result())];
  }

  /// Something other than nodes reads the value.
  void keep(Value value) {
    readers_[static_cast<std::size_t>(value.node())][static_cast<std::size_t>(value.result())]
        .push_back(-1);
  }

  bool is_large_product(Value value) const {
    const Node& product = graph_.node(value);
    if (product.op != &matmul_op || product.inputs.size() != product_factors) return false;
    const auto& options = OpDefinition<MatmulAttributes>::as(product.attributes).options;
    if (!options.transpose_a || value.shape().size() < least_elements) return false;
    return product.inputs[0].shape().size(0) <= most_summands &&
           readers_[static_cast<std::size_t>(value.node())][0].size() == 1;
  }

  /// The chain n joined with a product that it reads.
  std::optional<Join> join(std::int32_t n) const {
    const Node& chain = node(n);
    if (chain.op != &fused_op) return {};
    for (std::size_t i = 0; i < chain.inputs.size(); ++i) {
      if (!is_large_product(chain.inputs[i])) continue;
      if (auto found = join(chain, i)) return found;
    }
    return {};
  }

  std::optional<Join> join(const Node& chain, std::size_t place) const {
    const Node& product = graph_.node(chain.inputs[place]);
    Node made = chain;
    made.op = &product_update_op;
    made.attributes = OpDefinition<ProductUpdateAttributes>::box(
        {.product = OpDefinition<MatmulAttributes>::as(product.attributes),
         .chain = OpDefinition<FusedAttributes>::as(chain.attributes),
         .place = static_cast<int>(place)});
    made.inputs.erase(made.inputs.begin() + static_cast<std::ptrdiff_t>(place));
    made.inputs.insert(made.inputs.begin(), product.inputs.begin(), product.inputs.end());

    std::vector<Layout> layouts;
    for (Value input : made.inputs) layouts.push_back(layout_of(result_of(input)));
    std::vector<Operand> operands;
    for (std::size_t i = 0; i < made.inputs.size(); ++i) {
      operands.push_back(
          {.type = &made.inputs[i].type(), .layout = &layouts[i], .bfloat16 = layouts[i].bfloat16});
    }
    Request request{made.op, made.attributes.get(), operands, {}};
    std::vector<Type> outputs;
    for (const Result& result : made.results) {
      outputs.push_back(result.type);
      request.bfloat16.push_back(layout_of(result).bfloat16);
    }
    request.outputs = outputs;
    auto selection = select(request, layouts, made.results);
    if (!selection) return {};
    return Join{chain.inputs[place].node(), std::move(made), std::move(*selection)};
  }

  /// The backend's first kernel that reads and writes everything as it lies.
  std::optional<Selection> select(const Request& request, const std::vector<Layout>& inputs,
                                  const std::vector<Result>& results) const {
    Selection selection;
    for (const Offer* offer : backend_.offers(*request.op)) {
      std::string refusal;
      auto proposal = offer->consider(request, refusal);
      if (!proposal) {
        selection.refused.emplace_back(offer->name, refusal);
        continue;
      }
      const bool leaves = std::ranges::equal(
          proposal->outputs, results,
          [](const Layout& layout, const Result& result) { return layout == layout_of(result); });
      if (proposal->inputs != inputs || !leaves) continue;
      selection.offer = offer;
      selection.proposal = std::move(*proposal);
      return selection;
    }
    return {};
  }

  void place(std::int32_t n, Join join) {
    for (Value& input : join.node.inputs) input = rewrite_(input);
    const auto results = static_cast<std::int32_t>(join.node.results.size());
    const Value first = rewrite_.to().append(std::move(join.node));
    for (std::int32_t r = 0; r < results; ++r) {
      rewrite_.map({const_cast<Graph*>(&graph_), n, r}, {&rewrite_.to(), first.node(), r});
    }
    select_for(first, std::move(join.selection));
  }

  void copy(std::int32_t n) {
    rewrite_.copy(n);
    if (node(n).op == &input_op) return;
    const Value first = rewrite_({const_cast<Graph*>(&graph_), n, 0});
    // Variables come without their form.
    rewrite_.to().node(first.node()).results[0].layout = node(n).results[0].layout;
    select_for(first, std::move(lowered_.selections[static_cast<std::size_t>(n)]));
  }

  void select_for(Value first, Selection selection) {
    selections_.resize(rewrite_.to().nodes().size());
    selections_[static_cast<std::size_t>(first.node())] = std::move(selection);
  }

  Lowered lowered_;
  const Graph& graph_;
  const Backend& backend_;
  std::vector<std::vector<std::vector<std::int32_t>>> readers_;
  Rewrite rewrite_;
  std::vector<Selection> selections_;
};

}  // namespace

Lowered join_product_updates(Lowered lowered, const Backend& backend) {
  return Joiner(std::move(lowered), backend).run();
}

}  // namespace sloy
