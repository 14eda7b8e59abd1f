#include "harness/op_gradients.h"

#include <fmt/format.h>
#include <sloy/ops.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "graph/interpreter.h"
#include "harness/op_values.h"
#include "passes/bind.h"

namespace sloy {
namespace {

/// Operands and results together: above this a Jacobian takes too long.
constexpr std::int64_t most_elements = 300;

Shape bound(const Shape& shape) { return shape.bind(row_batch_size); }

bool takes_gradient(const Type& type) { return type.dtype == DType::float32; }

/// An input of the graph and the number of its feed.
struct Leaf {
  Value value;
  std::size_t feed;
};

/// A computation in a graph, whose operands and, for each float result, a cotangent are inputs. The
/// pullback's gradients are those of Σ cotangent · result.
class Pullback {
 public:
  explicit Pullback(const Differentiated& at) {
    const std::vector<Tensor> operands = widened(at.operands);
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Leaf leaf = input(at.types[i], operands[i]);
      inputs.push_back(leaf.value);
      if (takes_gradient(at.types[i])) leaves_.push_back(leaf);
    }
    for (Value result : at.computation(graph_, inputs)) {
      if (!takes_gradient(result.type())) continue;
      results_.push_back(result);
      cotangents_.push_back(input(result.type(), Tensor(DType::float64, bound(result.shape()))));
    }
    Value total;
    for (std::size_t r = 0; r < results_.size(); ++r) {
      Value term = sum(cotangents_[r].value * results_[r]);
      total = total ? total + term : term;
    }
    gradients_ = gradient(total, values_of(leaves_));
  }

  /// Adds an input fed with `number`.
  Leaf input(const Type& type, Tensor number) {
    feeds_.push_back(std::move(number));
    return {graph_.input(fmt::format("x{}", feeds_.size()), type), feeds_.size() - 1};
  }

  const std::vector<Value>& results() const { return results_; }
  const std::vector<Leaf>& leaves() const { return leaves_; }
  const std::vector<Leaf>& cotangents() const { return cotangents_; }
  const std::vector<Value>& gradients() const { return gradients_; }
  std::vector<Tensor>& feeds() { return feeds_; }
  const Graph& graph() const { return graph_; }

  static std::vector<Value> values_of(const std::vector<Leaf>& leaves) {
    std::vector<Value> values;
    for (const Leaf& leaf : leaves) values.push_back(leaf.value);
    return values;
  }

 private:
  Graph graph_;
  std::vector<Tensor> feeds_;
  std::vector<Leaf> leaves_;
  std::vector<Leaf> cotangents_;
  std::vector<Value> results_;
  std::vector<Value> gradients_;
};

/// Values of a graph as a function of its feeds, in double.
class Function {
 public:
  Function(const Graph& graph, const std::vector<Value>& results)
      : graph_(bind_batch(graph, results, {}, row_batch_size)) {}

  std::vector<Tensor> operator()(const std::vector<Tensor>& feeds) const {
    return interpret(*graph_, feeds, {}, NumericPrecision::float64).outputs;
  }
  /// (f(x + h) − f(x − h)) / 2h along one element of one feed, for every element of every result.
  std::vector<Tensor> difference(std::vector<Tensor> feeds, std::size_t feed,
                                 std::size_t element) const {
    const double at = feeds[feed].values<double>()[element];
    const double step = 1e-5 * std::max(1.0, std::abs(at));
    feeds[feed].mutable_values<double>()[element] = at + step;
    std::vector<Tensor> above = (*this)(feeds);
    feeds[feed].mutable_values<double>()[element] = at - step;
    const std::vector<Tensor> below = (*this)(feeds);
    for (std::size_t r = 0; r < above.size(); ++r) {
      auto high = above[r].mutable_values<double>();
      auto low = below[r].values<double>();
      for (std::size_t i = 0; i < high.size(); ++i) high[i] = (high[i] - low[i]) / (2 * step);
    }
    return above;
  }

 private:
  std::unique_ptr<Graph> graph_;
};

bool near(double a, double b) {
  return std::abs(a - b) <= 2e-7 * (1 + std::abs(a) + std::abs(b));  // NaN is not near
}

Differentiated differentiated(const OpCase& row) {
  const auto computation = [&row](Graph& graph, const std::vector<Value>& inputs) {
    return graph.apply(*row.op, row.attributes, inputs);
  };
  return {computation, row.operands, operands(row, Numbers::random)};
}

}  // namespace

Differentiated differentiated(Computation computation, std::vector<Tensor> operands) {
  std::vector<Type> types;
  for (const Tensor& operand : operands) {
    types.push_back(
        {is_float(operand.dtype()) ? DType::float32 : operand.dtype(), operand.shape()});
  }
  return {std::move(computation), std::move(types), std::move(operands)};
}

std::string check_gradient(const Differentiated& at) {
  Pullback pullback(at);
  const Function value(pullback.graph(), pullback.results());
  const Function pulled_back(pullback.graph(), pullback.gradients());
  // changes[leaf][element][result]: how the results change with one element of one operand.
  std::vector<std::vector<std::vector<Tensor>>> changes;
  for (const Leaf& leaf : pullback.leaves()) {
    auto& of_leaf = changes.emplace_back();
    for (std::int64_t i = 0; i < bound(leaf.value.shape()).size(); ++i) {
      of_leaf.push_back(value.difference(pullback.feeds(), leaf.feed, static_cast<std::size_t>(i)));
    }
  }
  for (std::size_t r = 0; r < pullback.results().size(); ++r) {
    const auto size = static_cast<std::size_t>(bound(pullback.results()[r].shape()).size());
    for (std::size_t j = 0; j < size; ++j) {
      std::vector<Tensor> feeds = pullback.feeds();
      feeds[pullback.cotangents()[r].feed].mutable_values<double>()[j] = 1;
      const std::vector<Tensor> row = pulled_back(feeds);
      for (std::size_t leaf = 0; leaf < row.size(); ++leaf) {
        auto analytic = row[leaf].values<double>();
        for (std::size_t i = 0; i < analytic.size(); ++i) {
          const double numeric = changes[leaf][i][r].values<double>()[j];
          if (near(analytic[i], numeric)) continue;
          return fmt::format("d result {}[{}] / d operand {}[{}]: the rule says {}, differences {}",
                             r, j, leaf, i, analytic[i], numeric);
        }
      }
    }
  }
  return {};
}

std::string check_second_gradient(const Differentiated& at) {
  Pullback pullback(at);
  std::mt19937_64 random(1);
  const auto draw = [&](const Shape& shape) {
    Tensor numbers(DType::float64, shape);
    for (double& x : numbers.mutable_values<double>()) {
      x = std::uniform_real_distribution(-1.0, 1.0)(random);
    }
    return numbers;
  };
  // z = Σ direction · gradient, as a function of the operands and the cotangents.
  std::vector<Leaf> inputs = pullback.leaves();
  for (const Leaf& cotangent : pullback.cotangents()) {
    pullback.feeds()[cotangent.feed] = draw(bound(cotangent.value.shape()));
    inputs.push_back(cotangent);
  }
  Value z;
  for (Value of : pullback.gradients()) {
    Value term = sum(pullback.input(of.type(), draw(bound(of.shape()))).value * of);
    z = z ? z + term : term;
  }
  const std::vector<Value> second = gradient(z, Pullback::values_of(inputs));
  const Function value(pullback.graph(), {z});
  const std::vector<Tensor> analytic = Function(pullback.graph(), second)(pullback.feeds());
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    auto of_input = analytic[k].values<double>();
    for (std::size_t i = 0; i < of_input.size(); ++i) {
      const double numeric = value.difference(pullback.feeds(), inputs[k].feed, i)[0].item();
      if (near(of_input[i], numeric)) continue;
      return fmt::format("d z / d {}[{}]: the rules say {}, differences {}",
                         k < pullback.leaves().size() ? "operand" : "cotangent", i, of_input[i],
                         numeric);
    }
  }
  return {};
}

bool has_gradient(const OpCase& row) {
  if (!row.op->differentiable() || !row.differentiate || !row.expect.empty()) return false;
  const BoundCase known(row);
  std::int64_t from = 0;
  std::int64_t to = 0;
  for (const Type& type : known.operands) from += takes_gradient(type) ? type.shape.size() : 0;
  for (const Type& type : known.results) to += takes_gradient(type) ? type.shape.size() : 0;
  return from > 0 && to > 0 && from + to <= most_elements;
}

std::string check_gradient(const OpCase& row) { return check_gradient(differentiated(row)); }

std::string check_second_gradient(const OpCase& row) {
  return check_second_gradient(differentiated(row));
}

}  // namespace sloy
