#include "graph/interpreter.h"

#include <cassert>

#include "graph/leaf.h"

namespace sloy {
namespace {

class Interpreter {
 public:
  Interpreter(const Graph& graph, const std::vector<Tensor>& feeds,
              const std::function<Tensor(VariableId)>& variable, NumericPrecision precision)
      : graph_(graph),
        feeds_(feeds),
        variable_(variable),
        float_(precision == NumericPrecision::float64 ? DType::float64 : DType::float32) {}

  Interpretation run() {
    for (const Node& node : graph_.nodes()) values_.push_back(results(node));
    Interpretation interpretation;
    for (const Graph::Output& output : graph_.outputs()) {
      interpretation.outputs.push_back(value(output.value));
    }
    for (const Graph::Update& update : graph_.updates()) {
      interpretation.updates.emplace_back(update.variable, value(update.value));
    }
    return interpretation;
  }

 private:
  Tensor held(const Tensor& tensor, DType dtype) const {
    return tensor.cast(dtype == DType::float32 ? float_ : dtype);
  }
  const Tensor& value(Value value) const {
    return values_[static_cast<std::size_t>(value.node())]
                  [static_cast<std::size_t>(value.result())];
  }

  std::vector<Tensor> results(const Node& node) {
    const Type& type = node.results[0].type;
    if (node.op == &input_op) return {held(feeds_[next_feed_++], type.dtype)};
    if (node.op == &constant_op) {
      return {held(OpDefinition<ConstantAttributes>::as(node.attributes).value, type.dtype)};
    }
    if (node.op == &variable_op) {
      return {
          held(variable_(OpDefinition<VariableAttributes>::as(node.attributes).id), type.dtype)};
    }
    return compute(node);
  }

  std::vector<Tensor> compute(const Node& node) const {
    std::vector<Buffer> inputs;
    for (Value input : node.inputs) {
      // Kernels read through a pointer that is not const for writers' sake alone.
      auto* data = const_cast<std::byte*>(value(input).data());
      inputs.push_back({input.dtype(), input.shape(), data});
    }
    std::vector<Tensor> tensors;
    std::vector<Buffer> outputs;
    for (const Result& result : node.results) {
      DType dtype = result.type.dtype == DType::float32 ? float_ : result.type.dtype;
      tensors.emplace_back(dtype, result.type.shape);
      outputs.push_back({result.type.dtype, result.type.shape, tensors.back().mutable_data()});
    }
    node.op->reference(node.attributes, {.inputs = inputs, .outputs = outputs},
                       float_ == DType::float64);
    return tensors;
  }

  const Graph& graph_;
  const std::vector<Tensor>& feeds_;
  const std::function<Tensor(VariableId)>& variable_;
  DType float_;
  std::size_t next_feed_ = 0;
  std::vector<std::vector<Tensor>> values_;
};

}  // namespace

Interpretation interpret(const Graph& graph, const std::vector<Tensor>& feeds,
                         const std::function<Tensor(VariableId)>& variable,
                         NumericPrecision precision) {
  assert(feeds.size() == graph.inputs().size());
  return Interpreter(graph, feeds, variable, precision).run();
}

}  // namespace sloy
