#include "passes/precision.h"

#include <sloy/op.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/leaf.h"
#include "ops/convolution.h"
#include "ops/fused.h"
#include "ops/matmul.h"
#include "ops/moments.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/reorder.h"
#include "ops/upsample.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

using Key = std::pair<std::int32_t, std::int32_t>;  // node and result

Key key(Value value) { return {value.node(), value.result()}; }

bool is_product(const Op* op) {
  return op == &matmul_op || op == &convolution_op || op == &convolution_input_gradient_op ||
         op == &convolution_kernel_gradient_op;
}

/// The multiplied operands; a third is a bias, which is added in float32.
constexpr std::size_t factors = 2;

bool moves_images(const Op* op) {
  return op == &max_pool_op || op == &max_pool_gradient_op || op == &average_pool_op ||
         op == &average_pool_gradient_op || op == &upsample_op || op == &upsample_gradient_op;
}

bool sums_over_batch(const Node& node) {
  if (node.op != &sum_op && node.op != &max_op && node.op != &moments_op) return false;
  const auto& options = OpDefinition<ReduceOptions>::as(node.attributes);
  const std::vector<int> axes = canonical(options, node.inputs[0].shape()).axes;
  return !axes.empty() && axes.front() == 0;
}

class PrecisionPass {
 public:
  explicit PrecisionPass(const Graph& graph)
      : graph_(graph), readers_(readers(graph)), rewrite_(graph) {
    for (const Graph::Output& output : graph.outputs()) kept_.insert(key(output.value));
    for (const Graph::Update& update : graph.updates()) kept_.insert(key(update.value));
  }

  std::unique_ptr<Graph> run() {
    find_activations();
    choose();
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) emit(static_cast<std::int32_t>(n));
    return rewrite_.finish();
  }

 private:
  const Node& node(std::int32_t n) const { return graph_.nodes()[static_cast<std::size_t>(n)]; }
  bool is_activation(Value value) const { return activations_.count(key(value)) > 0; }

  /// Values with a part for each example: what is computed of inputs, until it is summed over them.
  void find_activations() {
    for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph_.nodes().size()); ++n) {
      for (std::int32_t r = 0; r < static_cast<std::int32_t>(node(n).results.size()); ++r) {
        if (has_examples(node(n), r)) activations_.insert({n, r});
      }
    }
  }
  bool has_examples(const Node& node, std::int32_t result) const {
    const auto operand = [&](std::size_t i) { return is_activation(node.inputs[i]); };
    if (node.op == &input_op) return node.results[0].type.shape.rank() > 0;
    if (node.op == &convolution_kernel_gradient_op || sums_over_batch(node)) return false;
    if (node.op == &convolution_op || node.op == &convolution_input_gradient_op) return operand(0);
    if (node.op == &matmul_op) {
      const auto& options = OpDefinition<MatmulAttributes>::as(node.attributes).options;
      return (operand(0) && !options.transpose_a) || (operand(1) && options.transpose_b);
    }
    if (node.op == &fused_op) {
      const auto& chain = OpDefinition<FusedAttributes>::as(node.attributes);
      const FusedReduction reduction = chain.results[static_cast<std::size_t>(result)].reduction;
      if (reduction == FusedReduction::rows || reduction == FusedReduction::total) return false;
    }
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](Value input) { return is_activation(input); });
  }

  /// From the last node to the first, as a view takes what its readers take.
  void choose() {
    for (auto n = static_cast<std::int32_t>(graph_.nodes().size()); n-- > 0;) {
      for (std::int32_t r = 0; r < static_cast<std::int32_t>(node(n).results.size()); ++r) {
        if (can_be_stored({n, r})) stored_.insert({n, r});
      }
    }
  }

  bool can_be_stored(Key value) const {
    const auto [n, r] = value;
    const auto result = static_cast<std::size_t>(r);
    const Type& type = node(n).results[result].type;
    if (type.dtype != DType::float32 || kept_.count(value) || !activations_.count(value)) {
      return false;
    }
    if (!gives_bfloat16(node(n), result)) return false;
    const auto& all = readers_[static_cast<std::size_t>(n)][result];
    return !all.empty() && std::all_of(all.begin(), all.end(),
                                       [&](std::int32_t reader) { return takes(reader, value); });
  }

  static bool gives_bfloat16(const Node& node, std::size_t result) {
    if (node.op == &fused_op) {
      const auto& chain = OpDefinition<FusedAttributes>::as(node.attributes);
      return chain.results[result].reduction == FusedReduction::none;
    }
    const Kind kind = node.op->kind();
    return kind == Kind::view || kind == Kind::element_wise || moves_images(node.op) ||
           is_product(node.op);
  }

  bool takes(std::int32_t reader, Key value) const {
    const Node& node = this->node(reader);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (key(node.inputs[i]) == value && !takes_operand(reader, node, i)) return false;
    }
    return true;
  }
  bool takes_operand(std::int32_t reader, const Node& node, std::size_t operand) const {
    if (is_product(node.op)) return operand < factors;
    if (node.op == &moments_op) return true;
    if (moves_images(node.op)) return operand == 0;
    if (node.op->kind() == Kind::view) return stored_.count({reader, 0}) > 0;
    const Shape& shape = node.inputs[operand].shape();
    if (node.op->kind() == Kind::element_wise) return shape == node.results[0].type.shape;
    if (node.op != &fused_op) return false;
    const auto& chain = OpDefinition<FusedAttributes>::as(node.attributes);
    return shape == chain.space &&
           std::all_of(chain.results.begin(), chain.results.end(), [](const FusedResult& result) {
             return result.reduction == FusedReduction::none ||
                    result.reduction == FusedReduction::rows;
           });
  }

  static bool is_bfloat16(const Graph& graph, Value value) {
    const auto& layout = graph.node(value).results[static_cast<std::size_t>(value.result())].layout;
    return layout && layout->bfloat16;
  }

  void emit(std::int32_t n) {
    const Node& old = node(n);
    if (old.op->kind() == Kind::leaf) return rewrite_.copy(n);
    Node now = old;
    for (std::size_t i = 0; i < now.inputs.size(); ++i) {
      now.inputs[i] = rewrite_(old.inputs[i]);
      if (is_product(old.op) && i < factors) now.inputs[i] = rounded(now.inputs[i], old);
    }
    // A view is the bytes of what it views.
    const bool of_other =
        old.op->kind() == Kind::view && !is_bfloat16(rewrite_.to(), now.inputs[0]);
    for (std::size_t r = 0; r < now.results.size(); ++r) {
      const bool stored = stored_.count({n, static_cast<std::int32_t>(r)}) > 0 && !of_other;
      if (stored) now.results[r].layout = bfloat16_form();
    }
    const Value first = rewrite_.to().append(std::move(now));
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(old.results.size()); ++r) {
      rewrite_.map({const_cast<Graph*>(&graph_), n, r}, {&rewrite_.to(), first.node(), r});
    }
  }

  static std::shared_ptr<const Layout> bfloat16_form() {
    return std::make_shared<const Layout>(Layout{}.stored(true));
  }

  /// The value itself where it is bfloat16, else rounded to that, once for all that read it so.
  Value rounded(Value value, const Node& reader) {
    if (is_bfloat16(rewrite_.to(), value)) return value;
    Value& made = rounded_[key(value)];
    if (made) return made;
    Node node{.op = &reorder_op,
              .attributes = OpDefinition<ReorderAttributes>::box({{}, Layout{}.stored(true)}),
              .inputs = {value},
              .results = {{value.type(), bfloat16_form()}},
              .path = reader.path,
              .phase = reader.phase};
    return made = rewrite_.to().append(std::move(node));
  }

  const Graph& graph_;
  std::vector<std::vector<std::vector<std::int32_t>>> readers_;
  Rewrite rewrite_;
  std::set<Key> kept_;  ///< outputs and updates
  std::set<Key> activations_;
  std::set<Key> stored_;
  std::map<Key, Value> rounded_;
};

}  // namespace

std::unique_ptr<Graph> store_as_bfloat16(const Graph& graph) { return PrecisionPass(graph).run(); }

}  // namespace sloy
