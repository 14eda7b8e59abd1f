/// Node: an operator of an ONNX graph, as it is written as ops.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/ops.h>

namespace onnx {
class AttributeProto;
class NodeProto;
class OpSchema;
}  // namespace onnx

namespace sloy::from_onnx {

using Values = std::vector<Value>;

/// The values of an ONNX graph by their names, and the numbers fed to it.
struct Known {
  Graph graph;
  std::vector<Tensor> feeds;
  /// A tensor without elements is an empty Value: only lists of axes may be one.
  std::map<std::string, Value> values;
};

class Node {
 public:
  /// `version` is that of the operator set the model is written in.
  Node(Known& known, const onnx::NodeProto& proto, int version);

  Graph& graph() const { return known_.graph; }
  /// A name that no other node of the graph has.
  const std::string& path() const;
  /// The operator set in which the operator got the meaning that holds here.
  int since() const;

  int num_inputs() const;
  int num_outputs() const;
  /// Whether the input is given: the last ones may be missing, others empty.
  bool has(int input) const;
  /// Throws OutOfScope where it has no elements.
  Value operator[](int input) const;
  /// All inputs, from the first.
  Values inputs() const;
  /// An input's numbers, which are computed at once: for what a graph must know when it is built.
  Tensor numbers(int input) const;
  std::vector<std::int64_t> integers(int input) const;

  /// An attribute; where the node hasn't it, ONNX's default. `has` says whether there is either.
  bool has(std::string_view attribute) const;
  double number(std::string_view attribute) const;
  std::int64_t integer(std::string_view attribute) const;
  const std::string& text(std::string_view attribute) const;
  std::vector<std::int64_t> integers(std::string_view attribute) const;
  Tensor tensor(std::string_view attribute) const;
  /// Of an attribute that names an element type: "FLOAT".
  const std::string& element_type(std::string_view attribute) const;
  /// Of an attribute that names values of the graph: one, or several.
  Value named(std::string_view attribute) const;
  Values all_named(std::string_view attribute) const;

  /// Throws OutOfScope: the operator in this form.
  [[noreturn]] void refuse(std::string_view form) const;

 private:
  const onnx::AttributeProto* find(std::string_view attribute) const;
  const onnx::AttributeProto& attribute_of(std::string_view attribute) const;

  Known& known_;
  const onnx::NodeProto& proto_;
  const onnx::OpSchema* schema_;
};

/// How an operator is written as ops.
using Rule = Values (*)(const Node& node);
struct NamedRule {
  std::string_view op;
  Rule rule;
};
// By family.
std::span<const NamedRule> elementwise_rules();
std::span<const NamedRule> activation_rules();
std::span<const NamedRule> product_rules();
std::span<const NamedRule> shape_rules();
std::span<const NamedRule> reduction_rules();
std::span<const NamedRule> window_rules();
std::span<const NamedRule> normalization_rules();
std::span<const NamedRule> loss_rules();
std::span<const NamedRule> training_rules();

/// An axis counted from 0.
int axis_of(std::int64_t axis, int rank);
/// The permutation that takes `axis` to the end, and the one that takes it back.
std::vector<int> axis_to_end(int axis, int rank);
std::vector<int> axis_from_end(int axis, int rank);
/// x (batch, channels, spatial…) with the channels last, and back.
Value channels_last(Value x);
Value channels_second(Value x);
/// A constant in the node's graph, of float32 or int32.
Value constant(const Node& node, double number);
Value integer_constant(const Node& node, std::int64_t number);

}  // namespace sloy::from_onnx
