#include "passes/layout.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include <algorithm>
#include <numeric>

#include "graph/form.h"
#include "graph/leaf.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/reorder.h"

namespace sloy {
namespace {

/// Matrices in blocks of 4 × 4, as a product's kernel may want its weights.
const Layout packed{.order = {1, 0}, .blocks = {{0, 4}, {1, 4}}};

/// y = Σ x over the whole of x's memory: right as long as padding is zero.
class SumOfMemory final : public Kernel {
 public:
  explicit SumOfMemory(std::int64_t elements) : elements_(elements) {}
  void run(const Pointers& pointers) const override {
    const auto* x = static_cast<const float*>(pointers.inputs[0]);
    *static_cast<float*>(pointers.outputs[0]) = std::accumulate(x, x + elements_, 0.0f);
  }

 private:
  std::int64_t elements_;
};

/// y = x + b for a number b, over the whole of x's memory: padding becomes b.
class AddToMemory final : public Kernel {
 public:
  explicit AddToMemory(std::int64_t elements) : elements_(elements) {}
  void run(const Pointers& pointers) const override {
    const auto* x = static_cast<const float*>(pointers.inputs[0]);
    const float b = *static_cast<const float*>(pointers.inputs[1]);
    auto* y = static_cast<float*>(pointers.outputs[0]);
    for (std::int64_t i = 0; i < elements_; ++i) y[i] = x[i] + b;
  }

 private:
  std::int64_t elements_;
};

std::optional<Proposal> sum_packed(const Request& request, std::string&) {
  const std::int64_t elements = packed.elements(request.inputs[0].type->shape);
  return Proposal{
      .inputs = {packed}, .outputs = {{}}, .kernel = std::make_shared<SumOfMemory>(elements)};
}

std::optional<Proposal> add_in_any_form(const Request& request, std::string&) {
  const Layout form = *request.inputs[0].layout;
  const std::int64_t elements = form.elements(request.inputs[0].type->shape);
  return Proposal{
      .inputs = {form, {}}, .outputs = {form}, .kernel = std::make_shared<AddToMemory>(elements)};
}

constexpr Offer all_offers[] = {{&sum_op, "sum packed", sum_packed},
                                {&add_op, "add in any form", add_in_any_form}};

/// Sums packed matrices alone, and adds numbers to matrices as they lie.
class PackingBackend final : public Backend {
 public:
  std::string_view name() const override { return "packing"; }
  std::vector<const Offer*> offers(const Op& op) const override {
    std::vector<const Offer*> found;
    for (const Offer& offer : all_offers) {
      if (offer.op == &op) found.push_back(&offer);
    }
    return found;
  }
  int block_width() const override { return 4; }
  bool fuses() const override { return false; }
};

/// A step that sums a variable w and adds 1 to each of its elements.
struct Step {
  explicit Step(const Shape& shape) : w(graph.variables().add({"w", {DType::float32, shape}})) {
    Value value = graph.variable(w);
    graph.output("sum", sum(value));
    graph.set_update(w, value + graph.constant(1.0));
    lowered = choose_layouts(graph, PackingBackend(), {});
  }

  Layout form() const { return graph.variables().form().layout(w).value(); }
  int reorders() const {
    const auto is_reorder = [](const Node& node) { return node.op == &reorder_op; };
    const std::vector<Node>& nodes = lowered.graph->nodes();
    return static_cast<int>(std::count_if(nodes.begin(), nodes.end(), is_reorder));
  }

  /// One run; `state` is w in its form. The sum.
  float run(std::vector<float>& state) const {
    const Graph& lowered_graph = *lowered.graph;
    std::vector<std::vector<float>> values;
    for (std::size_t n = 0; n < lowered_graph.nodes().size(); ++n) {
      const Node& node = lowered_graph.nodes()[n];
      const Layout layout = node.results[0].layout ? *node.results[0].layout : Layout{};
      auto& value = values.emplace_back(layout.elements(node.results[0].type.shape));
      if (node.op == &variable_op) value = state;
      if (node.op == &constant_op) value = {1};
      if (node.op->kind() == Kind::leaf) continue;
      std::vector<const void*> inputs;
      for (Value input : node.inputs) {
        inputs.push_back(values[static_cast<std::size_t>(input.node())].data());
      }
      void* output = value.data();
      lowered.selections[n].proposal.kernel->run({inputs.data(), &output, nullptr});
    }
    state = values[static_cast<std::size_t>(lowered_graph.updates()[0].value.node())];
    return values[static_cast<std::size_t>(lowered_graph.outputs()[0].value.node())][0];
  }

  Graph graph;
  VariableId w;
  Lowered lowered;
};

TEST(ChooseLayouts, AVariableTakesTheFormItsKernelWants) {
  const Step step({8, 4});
  EXPECT_EQ(step.form(), packed);
  EXPECT_EQ(step.reorders(), 0);
  std::vector<float> state(32, 0.0f);
  EXPECT_EQ(step.run(state), 0.0f);
  EXPECT_EQ(step.run(state), 32.0f);
}

/// The kernel gets its form, zeros in the padding, by a reorder in every step: in the variable's
/// own memory the update would leave other numbers there.
TEST(ChooseLayouts, AVariableStaysPlainWhereTheFormWouldPadIt) {
  const Step step({3, 5});
  EXPECT_TRUE(step.form().is_plain());
  EXPECT_EQ(step.reorders(), 1);
  std::vector<float> state(static_cast<std::size_t>(step.form().elements({3, 5})), 0.0f);
  EXPECT_EQ(step.run(state), 0.0f);
  EXPECT_EQ(step.run(state), 15.0f);
  EXPECT_EQ(step.run(state), 30.0f);
}

}  // namespace
}  // namespace sloy
