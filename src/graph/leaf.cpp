#include "graph/leaf.h"

namespace sloy {
namespace {

template <class A>
void no_kernel(const A&, const Buffers&) {
  assert(false && "a leaf is placed by the plan, not computed");
}

std::vector<Type> infer_input(const InputAttributes& a, Operands) { return {{a.dtype, a.shape}}; }
std::vector<Type> infer_variable(const VariableAttributes& a, Operands) {
  return {{a.dtype, a.shape}};
}
std::vector<Type> infer_constant(const ConstantAttributes& a, Operands) {
  DType dtype = a.value.dtype() == DType::float64 ? DType::float32 : a.value.dtype();
  return {{dtype, a.value.shape()}};
}

template <class A>
std::vector<Value> no_inputs(const A&, const Backward&) {
  return {};
}

template <class A>
constexpr typename OpRules<A>::References no_kernels{no_kernel<A>, no_kernel<A>};

}  // namespace

constinit const OpDefinition<InputAttributes> input_op{{
    .name = "input",
    .infer = infer_input,
    .gradient = no_inputs<InputAttributes>,
    .reference = no_kernels<InputAttributes>,
    .kind = Kind::leaf,
    .formula = "a value fed at every run",
}};

constinit const OpDefinition<VariableAttributes> variable_op{{
    .name = "variable",
    .infer = infer_variable,
    .gradient = no_inputs<VariableAttributes>,
    .reference = no_kernels<VariableAttributes>,
    .kind = Kind::leaf,
    .formula = "a variable as it was before the step",
}};

constinit const OpDefinition<ConstantAttributes> constant_op{{
    .name = "constant",
    .infer = infer_constant,
    .gradient = no_inputs<ConstantAttributes>,
    .reference = no_kernels<ConstantAttributes>,
    .kind = Kind::leaf,
    .onnx = "Constant",
    .formula = "numbers known when the graph is built",
}};

const Tensor* constant_of(const Graph& graph, Value value) {
  const Node& node = graph.node(value);
  if (node.op != &constant_op) return nullptr;
  return &OpDefinition<ConstantAttributes>::as(node.attributes).value;
}

std::optional<double> uniform_constant_of(const Graph& graph, Value value) {
  const Tensor* tensor = constant_of(graph, value);
  if (!tensor || tensor->size() == 0) return {};
  if (tensor->size() == 1) return tensor->item();
  Tensor wide = tensor->cast(DType::float64);
  auto values = wide.values<double>();
  for (double other : values) {
    if (other != values[0]) return {};
  }
  return values[0];
}

}  // namespace sloy
