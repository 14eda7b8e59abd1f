#include "onnx/node.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <sloy/program.h>

#include <algorithm>
#include <numeric>

#include "onnx/files.h"
#include "onnx/out_of_scope.h"

namespace sloy::from_onnx {

Node::Node(Known& known, const onnx::NodeProto& proto, int version)
    : known_(known),
      proto_(proto),
      schema_(onnx::OpSchemaRegistry::Schema(proto.op_type(), version, proto.domain())) {
  if (!schema_) throw std::runtime_error(fmt::format("ONNX has no {}", proto.op_type()));
}

const std::string& Node::path() const { return proto_.output(0); }
int Node::since() const { return schema_->since_version(); }
int Node::num_inputs() const { return proto_.input_size(); }
int Node::num_outputs() const { return proto_.output_size(); }

bool Node::has(int input) const { return input < num_inputs() && !proto_.input(input).empty(); }

Value Node::operator[](int input) const {
  const Value value = known_.values.at(proto_.input(input));
  if (!value) throw OutOfScope{"a tensor without elements"};
  return value;
}

Values Node::inputs() const {
  Values values;
  for (int i = 0; i < num_inputs(); ++i) values.push_back((*this)[i]);
  return values;
}

Tensor Node::numbers(int input) const { return evaluate((*this)[input], known_.feeds); }

std::vector<std::int64_t> Node::integers(int input) const {
  if (!known_.values.at(proto_.input(input))) return {};
  const Tensor wide = numbers(input).cast(DType::float64);
  const auto values = wide.values<double>();
  return {values.begin(), values.end()};
}

const onnx::AttributeProto* Node::find(std::string_view attribute) const {
  for (const onnx::AttributeProto& given : proto_.attribute()) {
    if (given.name() == attribute) return &given;
  }
  const auto& defined = schema_->attributes();
  const auto found = defined.find(std::string(attribute));
  if (found == defined.end() || !found->second.default_value.has_type()) return nullptr;
  return &found->second.default_value;
}

bool Node::has(std::string_view attribute) const { return find(attribute) != nullptr; }

const onnx::AttributeProto& Node::attribute_of(std::string_view attribute) const {
  const onnx::AttributeProto* found = find(attribute);
  if (!found)
    throw std::runtime_error(fmt::format("{} needs its attribute {}", proto_.op_type(), attribute));
  return *found;
}

std::vector<std::int64_t> Node::integers(std::string_view attribute) const {
  const auto& list = attribute_of(attribute).ints();
  return {list.begin(), list.end()};
}

double Node::number(std::string_view attribute) const { return attribute_of(attribute).f(); }
std::int64_t Node::integer(std::string_view attribute) const { return attribute_of(attribute).i(); }
const std::string& Node::text(std::string_view attribute) const {
  return attribute_of(attribute).s();
}
Tensor Node::tensor(std::string_view attribute) const {
  return to_tensor(attribute_of(attribute).t());
}

const std::string& Node::element_type(std::string_view attribute) const {
  return onnx::TensorProto::DataType_Name(
      static_cast<onnx::TensorProto::DataType>(integer(attribute)));
}

Value Node::named(std::string_view attribute) const { return known_.values.at(text(attribute)); }
Values Node::all_named(std::string_view attribute) const {
  Values values;
  for (const std::string& name : attribute_of(attribute).strings()) {
    values.push_back(known_.values.at(name));
  }
  return values;
}

void Node::refuse(std::string_view form) const {
  throw OutOfScope{fmt::format("{}: {}", proto_.op_type(), form)};
}

int axis_of(std::int64_t axis, int rank) { return static_cast<int>(axis < 0 ? axis + rank : axis); }

std::vector<int> axis_to_end(int axis, int rank) {
  std::vector<int> permutation(static_cast<std::size_t>(rank));
  std::iota(permutation.begin(), permutation.end(), 0);
  std::rotate(permutation.begin() + axis, permutation.begin() + axis + 1, permutation.end());
  return permutation;
}

std::vector<int> axis_from_end(int axis, int rank) {
  std::vector<int> permutation(static_cast<std::size_t>(rank));
  std::iota(permutation.begin(), permutation.end(), 0);
  std::rotate(permutation.begin() + axis, permutation.end() - 1, permutation.end());
  return permutation;
}

Value channels_last(Value x) { return transpose(x, axis_to_end(1, x.rank())); }
Value channels_second(Value x) { return transpose(x, axis_from_end(1, x.rank())); }

Value constant(const Node& node, double number) { return node.graph().constant(number); }
Value integer_constant(const Node& node, std::int64_t number) {
  return node.graph().constant(Tensor({}, std::vector<std::int64_t>{number}));
}

}  // namespace sloy::from_onnx
