/// Leaf ops: where values come from that no kernel computes.
#pragma once

#include <sloy/op.h>

namespace sloy {

struct InputAttributes {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
  bool operator==(const InputAttributes&) const = default;
  static void fields(auto&& field) {
    field("name", &InputAttributes::name);
    field("dtype", &InputAttributes::dtype);
    field("shape", &InputAttributes::shape);
  }
};

struct VariableAttributes {
  VariableId id = -1;
  DType dtype = DType::float32;
  Shape shape;
  bool operator==(const VariableAttributes&) const = default;
  static void fields(auto&& field) {
    field("id", &VariableAttributes::id);
    field("dtype", &VariableAttributes::dtype);
    field("shape", &VariableAttributes::shape);
  }
};

/// Numbers known when the graph is built. Held in double where they were given so; the value's type
/// is float32 all the same.
struct ConstantAttributes {
  Tensor value;
  bool operator==(const ConstantAttributes&) const = default;
  static void fields(auto&& field) { field("value", &ConstantAttributes::value); }
};

extern const OpDefinition<InputAttributes> input_op;
extern const OpDefinition<VariableAttributes> variable_op;
extern const OpDefinition<ConstantAttributes> constant_op;

/// The constant's tensor where `value` is a constant, else nullptr.
const Tensor* constant_of(const Graph& graph, Value value);
/// The number of a constant all of whose elements are equal, else nothing.
std::optional<double> uniform_constant_of(const Graph& graph, Value value);

}  // namespace sloy
