#include "onnx/import.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "onnx/files.h"
#include "onnx/out_of_scope.h"

namespace sloy::from_onnx {
namespace {

Rule rule_for(const std::string& op) {
  for (const auto& family :
       {elementwise_rules(), activation_rules(), product_rules(), shape_rules(), reduction_rules(),
        window_rules(), normalization_rules(), loss_rules(), training_rules()}) {
    for (const NamedRule& entry : family) {
      if (entry.op == op) return entry.rule;
    }
  }
  throw OutOfScope{op};
}

int version_of(const onnx::ModelProto& model, const std::string& domain) {
  for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
    if (set.domain() == domain) return static_cast<int>(set.version());
  }
  throw std::runtime_error("the model doesn't say which operator set it is written in");
}

void check_are_tensors(const google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>& values) {
  for (const onnx::ValueInfoProto& value : values) {
    if (!value.type().has_tensor_type()) throw OutOfScope{"sequences and optional values"};
  }
}

}  // namespace

Import::Import(const onnx::ModelProto& model, const std::vector<onnx::TensorProto>& inputs) {
  const onnx::GraphProto& graph = model.graph();
  for (const onnx::NodeProto& node : graph.node()) rule_for(node.op_type());
  check_are_tensors(graph.input());
  check_are_tensors(graph.output());

  std::set<std::string> own;
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    feed(tensor.name(), tensor);
    own.insert(tensor.name());
  }
  auto input = inputs.begin();
  for (const onnx::ValueInfoProto& value : graph.input()) {
    if (own.contains(value.name())) continue;
    if (input == inputs.end()) throw std::runtime_error("an input has no numbers");
    feed(value.name(), *input++);
  }
  for (const onnx::NodeProto& proto : graph.node()) {
    const Node node(known_, proto, version_of(model, proto.domain()));
    const Values results = rule_for(proto.op_type())(node);
    for (int i = 0; i < proto.output_size(); ++i) {
      if (proto.output(i).empty()) continue;
      if (i == static_cast<int>(results.size())) node.refuse("more results than it has");
      known_.values[proto.output(i)] = results[static_cast<std::size_t>(i)];
    }
  }
  for (const onnx::ValueInfoProto& output : graph.output()) {
    outputs_.push_back(known_.values.at(output.name()));
  }
}

void Import::feed(const std::string& name, const onnx::TensorProto& tensor) {
  if (has_no_elements(tensor)) {
    known_.values[name] = {};
    return;
  }
  const Tensor numbers = to_tensor(tensor);
  const DType dtype = is_float(numbers.dtype()) ? DType::float32 : numbers.dtype();
  known_.values[name] = known_.graph.input(name, {dtype, numbers.shape()});
  known_.feeds.push_back(numbers);
}

std::vector<Tensor> Import::run(const harness::Comparison& comparison) const {
  const Program program = compile(
      {.outputs = outputs_, .backend = comparison.backend, .precision = comparison.precision});
  State state(program.variables(), {.precision = comparison.precision});
  const Results results = program.run(state, known_.feeds);
  return {results.begin(), results.end()};
}

}  // namespace sloy::from_onnx
