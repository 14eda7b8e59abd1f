// ONNX's training operators (ai.onnx.preview.training), by the library's gradients and optimizers.

#include <sloy/optimizers.h>

#include <cmath>

#include <fmt/format.h>

#include "onnx/node.h"
#include "onnx/weights.h"

namespace sloy::from_onnx {
namespace {

Values gradients(const Node& node) {
  if (node.has("zs")) node.refuse("with numbers that are held");
  return gradient(node.named("y"), node.all_named("xs"));
}

double rate(const Node& node) { return node.numbers(0).item(); }
bool is_first_step(const Node& node) { return node.numbers(1).item() == 0; }

/// ONNX adds norm_coefficient · w to the gradient.
Optimizer with_decay(const Node& node, const Optimizer& optimizer) {
  return {optimizer,
          {.weight_decay = node.number("norm_coefficient"),
           .weight_decay_form = WeightDecayForm::coupled}};
}

/// A step of `optimizer` on the node's n weights. After the rate and the step's number come the
/// weights, their gradients, and n of each slot in turn; out come the weights, and the slots.
Values stepped(const Node& node, const Optimizer& optimizer,
               const std::vector<std::string>& slots) {
  const int n = (node.num_inputs() - 2) / (2 + static_cast<int>(slots.size()));
  Graph& graph = node.graph();
  Variables& variables = graph.variables();
  const auto given = [&](int kind, int i) { return 2 + kind * n + i; };
  const auto always = [](const Tensor& numbers) {
    return [numbers](std::uint64_t) { return numbers; };
  };
  const auto name = [&](int i) { return fmt::format("{}/{}", node.path(), i); };

  // The loss whose gradients are those given.
  Value loss = constant(node, 0);
  for (int i = 0; i < n; ++i) {
    const Tensor weight = node.numbers(given(0, i));
    const VariableId id =
        variables.add({.name = name(i), .type = weight.type(), .initial = always(weight)});
    loss = loss + sum(graph.variable(id) * node[given(1, i)]);
  }
  optimizer.minimize(loss);

  Values results;
  for (int i = 0; i < n; ++i) results.push_back(after_step(graph, name(i)));
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    for (int i = 0; i < n; ++i) {
      const std::string path = fmt::format("optimizer/{}/{}", name(i), slots[slot]);
      variables[variables.find(path)].initial =
          always(node.numbers(given(2 + static_cast<int>(slot), i)));
      results.push_back(after_step(graph, path));
    }
  }
  return results;
}

/// h ← h + g², w ← w − r·g / (√h + ε) with r = R / (1 + decay_factor · T).
Values adagrad(const Node& node) {
  const double decay = 1 + node.number("decay_factor") * node.numbers(1).item();
  const Adagrad optimizer{.learning_rate = rate(node) / decay,
                          .epsilon = node.number("epsilon"),
                          .epsilon_place = EpsilonPlace::outside_root};
  return stepped(node, with_decay(node, optimizer), {"accumulator"});
}

/// w ← w − r·v / (√h + ε), where r is R in step 0 and R·√(1 − βᵀ) / (1 − αᵀ) after it.
Values adam(const Node& node) {
  if (!is_first_step(node)) node.refuse("after the first step");
  if (node.number("norm_coefficient_post") != 0) node.refuse("with a decay after the step");
  const double alpha = node.number("alpha"), beta = node.number("beta");
  // Adam counts from 1 and corrects its first step too: the rate takes that back.
  const Adam optimizer{.learning_rate = rate(node) * (1 - alpha) / std::sqrt(1 - beta),
                       .beta_1 = alpha,
                       .beta_2 = beta,
                       .epsilon = node.number("epsilon")};
  return stepped(node, with_decay(node, optimizer), {"momentum", "velocity"});
}

/// v ← α·v + g in step 0 and α·v + β·g after it; w ← w − R·v, or w − R·(g + α·v).
Values momentum(const Node& node) {
  if (!is_first_step(node) && node.number("beta") != 1) node.refuse("that dampens the gradient");
  const SGD optimizer{.learning_rate = rate(node),
                      .momentum = node.number("alpha"),
                      .nesterov = node.text("mode") == "nesterov",
                      .momentum_form = MomentumForm::heavy_ball};
  return stepped(node, with_decay(node, optimizer), {"momentum"});
}

constexpr NamedRule rules[] = {
    {"Adagrad", adagrad},
    {"Adam", adam},
    {"Gradient", gradients},
    {"Momentum", momentum},
};

}  // namespace

std::span<const NamedRule> training_rules() { return rules; }

}  // namespace sloy::from_onnx
