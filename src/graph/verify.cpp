#include "graph/verify.h"

#include <sloy/op.h>

#include <set>
#include <stdexcept>
#include <string>

namespace sloy {
namespace {

class Verifier {
 public:
  Verifier(const Graph& graph, std::string_view after) : graph_(graph), after_(after) {}

  void run() const {
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) check_node(n);
    for (const Graph::Output& output : graph_.outputs()) check_reference(output.value, "an output");
    for (Value input : graph_.inputs()) check_reference(input, "an input");
    check_updates();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::logic_error("after " + std::string(after_) + ": " + what);
  }

  void check_reference(Value value, const std::string& who, std::size_t before = SIZE_MAX) const {
    if (!value) fail(who + " is empty");
    if (&value.graph() != &graph_) fail(who + " belongs to another graph");
    auto node = static_cast<std::size_t>(value.node());
    if (node >= graph_.nodes().size()) fail(who + " refers to a node that is not there");
    if (node >= before) fail(who + " does not precede its node");
    if (static_cast<std::size_t>(value.result()) >= graph_.nodes()[node].results.size()) {
      fail(who + " refers to a result that is not there");
    }
  }

  void check_node(std::size_t n) const {
    const Node& node = graph_.nodes()[n];
    std::string who = "%" + std::to_string(n) + " = " + std::string(node.op->name());
    std::vector<Type> types;
    for (Value input : node.inputs) {
      check_reference(input, who, n);
      types.push_back(input.type());
    }
    std::vector<Type> inferred = node.op->infer(node.attributes, Operands(types));
    if (inferred.size() != node.results.size()) fail(who + ": number of results");
    for (std::size_t r = 0; r < inferred.size(); ++r) {
      if (inferred[r] != node.results[r].type) {
        fail(who + ": the shape rule says " + to_string(inferred[r]) + ", the node " +
             to_string(node.results[r].type));
      }
    }
  }

  void check_updates() const {
    std::set<VariableId> seen;
    for (const Graph::Update& update : graph_.updates()) {
      const Variable& variable = graph_.variables()[update.variable];
      check_reference(update.value, "the update of " + variable.name);
      if (!seen.insert(update.variable).second) fail(variable.name + " has two updates");
      if (update.value.type() != variable.type) fail("the type of the update of " + variable.name);
    }
  }

  const Graph& graph_;
  std::string_view after_;
};

}  // namespace

void verify(const Graph& graph, std::string_view after) { Verifier(graph, after).run(); }

}  // namespace sloy
