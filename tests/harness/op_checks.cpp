#include "harness/op_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "harness/op_offers.h"
#include "harness/op_values.h"
#include "ops/reorder.h"
#include "tensor/bfloat16.h"

namespace sloy {
namespace {

std::string mistrusted(const std::vector<Tensor>& results) {
  for (const Tensor& result : results) {
    const Tensor wide = result.cast(DType::float64);
    auto values = wide.values<double>();
    if (values.size() < 4) continue;
    const auto zeros = std::count(values.begin(), values.end(), 0.0);
    if (zeros * 10 > static_cast<std::ptrdiff_t>(values.size()) * 7) return "mostly zeros";
    if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; })) {
      return "all alike";
    }
  }
  return {};
}

std::string unexpected(const OpCase& row, const std::vector<Tensor>& results) {
  for (std::size_t r = 0; r < row.expect.size(); ++r) {
    const Tensor wide = results[r].cast(DType::float64);
    auto values = wide.values<double>();
    if (values.size() != row.expect[r].size()) {
      return fmt::format("result {} has {} elements, {} are expected", r, values.size(),
                         row.expect[r].size());
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double wanted = row.expect[r][i];
      if (values[i] == wanted || (std::isnan(values[i]) && std::isnan(wanted))) continue;
      if (std::abs(values[i] - wanted) <= 1e-6 * std::abs(wanted)) continue;
      return fmt::format("result {} element {}: {}, expected {}", r, i, values[i], wanted);
    }
  }
  return {};
}

/// The row as a graph of one node.
std::vector<Value> build(Graph& graph, const OpCase& row) {
  std::vector<Value> inputs;
  for (const Type& type : row.operands) {
    inputs.push_back(graph.input(fmt::format("x{}", inputs.size()), type));
  }
  return graph.apply(*row.op, row.attributes, inputs);
}

struct Accepted {
  const Offer* offer;  ///< null: the reference kernel
  Stand stand;
  Proposal proposal;
};

/// One proposal for all stands that an offer takes in the same forms; the reference kernel last, as
/// in every backend's list.
std::vector<Accepted> accepted_by(const Backend& backend, const BoundCase& bound) {
  std::vector<Accepted> accepted;
  for (const Offer* offer : backend.offers(*bound.op)) {
    for (Stand stand : all_stands) {
      std::string refusal;
      auto proposal = consider(*offer, bound, stand, backend.block_width(), refusal);
      if (!proposal && refusal.empty()) {
        throw std::runtime_error(std::string(offer->name) + " refuses without a reason");
      }
      const auto is_same = [&](const Accepted& other) {
        return other.offer == offer && other.proposal.inputs == proposal->inputs &&
               other.proposal.outputs == proposal->outputs &&
               other.proposal.implementation == proposal->implementation;
      };
      if (!proposal || std::any_of(accepted.begin(), accepted.end(), is_same)) continue;
      accepted.push_back({offer, stand, std::move(*proposal)});
    }
  }
  accepted.push_back({nullptr, Stand::plain, reference_of(bound)});
  if (bound.op != &reorder_op) {
    accepted.push_back({nullptr, Stand::bfloat16, reference_of(bound, true)});
  }
  return accepted;
}

/// What is left of floats in forms that are bfloat16.
std::vector<Tensor> stored(std::vector<Tensor> tensors, const std::vector<Layout>& layouts) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!layouts[i].bfloat16) continue;
    for (float& x : tensors[i].mutable_values<float>()) x = rounded_to_bfloat16(x);
  }
  return tensors;
}

/// The bounds on results some of which are rounded to bfloat16. Where sums are exact, as of small
/// integers, nothing is allowed; of others half a unit of the last place, and once more as an error
/// before may turn the rounding.
Bounds stored(Bounds bounds, const std::vector<Layout>& layouts, bool exact_sums) {
  for (std::size_t r = 0; r < layouts.size(); ++r) {
    if (!layouts[r].bfloat16) continue;
    bounds.exact[r] = bounds.exact[r].cast(DType::float64);
    const std::span<double> exact = bounds.exact[r].mutable_values<double>();
    const std::span<double> allowed = bounds.allowed[r].mutable_values<double>();
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const double rounded = rounded_to_bfloat16(static_cast<float>(exact[i]));
      if (!std::isfinite(rounded) || (exact_sums && allowed[i] == 0)) {
        exact[i] = rounded;
      } else {
        allowed[i] += std::abs(exact[i]) / 128 + std::numeric_limits<float>::min();
      }
    }
  }
  return bounds;
}

}  // namespace

std::string check_refusal(const OpCase& row) {
  try {
    row.op->infer(row.attributes, Operands(row.operands));
  } catch (const ShapeError& error) {
    if (error.sentence() == row.error) return {};
    return fmt::format("it says '{}', not '{}'", error.sentence(), row.error);
  }
  return fmt::format("it accepts, instead of saying '{}'", row.error);
}

std::string check_values(const OpCase& row) {
  const BoundCase bound(row);
  const std::vector<Tensor> tensors = operands(row, Numbers::random);
  const std::vector<Tensor> results = run_reference(bound, widened(tensors));
  if (row.expect.empty()) {
    const std::string doubt = mistrusted(results);
    return doubt.empty() || row.mostly_constant ? "" : "the results are " + doubt;
  }
  if (std::string wrong = unexpected(row, results); !wrong.empty()) return "in double: " + wrong;
  if (std::string wrong = unexpected(row, run_reference(bound, tensors)); !wrong.empty()) {
    return "in float: " + wrong;
  }
  return {};
}

std::string check_float(const OpCase& row) {
  const BoundCase bound(row);
  for (Numbers numbers : {Numbers::random, Numbers::small_integers}) {
    const std::vector<Tensor> tensors = operands(row, numbers);
    const Bounds limits = bounds(row, bound, tensors, numbers);
    if (std::string wrong = difference(limits, run_reference(bound, tensors)); !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

std::string check_text(const OpCase& row) {
  const std::string attributes = to_json(row.op->to_config(row.attributes));
  if (!row.op->equal(row.op->parse(parse_json(attributes)), row.attributes)) {
    return "the attributes change when read back: " + attributes;
  }
  Graph graph;
  graph.output("y", build(graph, row).front());
  const std::string text = to_text(graph);
  const std::string again = to_text(*parse_graph(text));
  return again == text ? "" : "the graph\n" + text + "changes when read back\n" + again;
}

std::string check_binding(const OpCase& row) {
  Graph graph;
  const std::vector<Value> open = build(graph, row);
  const BoundCase bound(row);
  for (std::size_t r = 0; r < open.size(); ++r) {
    const Shape shape = open[r].shape().bind(row_batch_size);
    if (shape != bound.results[r].shape) {
      return fmt::format("result {}: open, then bound {}; bound at once {}", r, to_string(shape),
                         to_string(bound.results[r].shape));
    }
  }
  return {};
}

std::string check_offers(const OpCase& row, const Backend& backend) {
  const BoundCase bound(row);
  const std::vector<Accepted> accepted = accepted_by(backend, bound);
  for (Numbers numbers : {Numbers::small_integers, Numbers::random}) {
    const std::vector<Tensor> given = operands(row, numbers);
    const Bounds of_given = bounds(row, bound, given, numbers);
    for (const auto& [offer, stand, proposal] : accepted) {
      const std::vector<Tensor> tensors = stored(given, proposal.inputs);
      const bool exact_sums =
          numbers == Numbers::small_integers && !(offer && offer->integer_tolerance > 0);
      const Bounds limits =
          stored(tensors == given ? of_given : bounds(row, bound, tensors, numbers),
                 proposal.outputs, exact_sums);
      const std::string wrong = difference(limits, run_proposal(proposal, bound, tensors),
                                           offer ? offer->integer_tolerance : 0);
      if (wrong.empty()) continue;
      return fmt::format("{} ({}), {}, {}: {}", offer ? offer->name : "reference",
                         proposal.implementation,
                         numbers == Numbers::random ? "random numbers" : "small integers",
                         enum_names(stand)[static_cast<std::size_t>(stand)], wrong);
    }
  }
  return {};
}

void find_use(const OpCase& row, const Backend& backend, BackendUse& use) {
  const BoundCase bound(row);
  const auto add = [&](const Type& type, const Layout& layout) {
    auto of_type = std::find_if(use.forms.begin(), use.forms.end(),
                                [&](const BackendUse::Forms& forms) { return forms.type == type; });
    if (of_type == use.forms.end()) of_type = use.forms.insert(of_type, {type, {}});
    std::vector<Layout>& layouts = of_type->layouts;
    const bool known = std::find(layouts.begin(), layouts.end(), layout) != layouts.end();
    if (!known) layouts.push_back(layout);
  };
  for (const auto& [offer, stand, proposal] : accepted_by(backend, bound)) {
    if (offer) use.offers.insert(offer);
    for (std::size_t i = 0; i < proposal.inputs.size(); ++i) {
      add(bound.operands[i], proposal.inputs[i]);
    }
    for (std::size_t r = 0; r < proposal.outputs.size(); ++r) {
      add(bound.results[r], proposal.outputs[r]);
    }
  }
}

}  // namespace sloy
