// ONNX's arithmetic and comparisons, element by element.

#include "onnx/node.h"

namespace sloy::from_onnx {
namespace {

template <Value (*function)(Value)>
Values unary(const Node& node) {
  return {function(node[0])};
}

/// The second operand. Before operator set 7 its dimensions are those of the first from `axis` on.
Value second(const Node& node) {
  const Value a = node[0], b = node[1];
  if (node.since() >= 7 || !node.has("axis")) return b;
  Shape shape = b.shape();
  while (shape.rank() + axis_of(node.integer("axis"), a.rank()) < a.rank()) shape.push_back(1);
  return reshape(b, shape);
}

template <Value (*function)(Value, Value)>
Values binary(const Node& node) {
  return {function(node[0], second(node))};
}

template <Value (*function)(Value, Value)>
Values folded(const Node& node) {
  Value result = node[0];
  for (int i = 1; i < node.num_inputs(); ++i) result = function(result, node[i]);
  return {result};
}

Values mean_of_inputs(const Node& node) {
  return {folded<add>(node).front() / static_cast<double>(node.num_inputs())};
}

Values power_of(const Node& node) {
  if (node[0].dtype() == DType::int32) node.refuse("an integer base");
  return {power(node[0], cast(second(node), DType::float32))};
}

Value ceiling(Value x) { return -floor(-x); }
Value itself(Value x) { return x; }
Value is_nan(Value x) { return not_equal(x, x); }
Value logical_not(Value x) { return 1 - x; }
Value logical_xor(Value a, Value b) { return not_equal(a, b); }

Values clip(const Node& node) {
  Value x = node[0];
  if (node.since() < 11) return {minimum(maximum(x, node.number("min")), node.number("max"))};
  if (node.has(1)) x = maximum(x, node[1]);
  if (node.has(2)) x = minimum(x, node[2]);
  return {x};
}

Values chosen(const Node& node) {
  if (node[1].dtype() == DType::int32) node.refuse("of integers");
  return {where(node[0], node[1], node[2])};
}

Values negated(const Node& node) {
  const Value x = node[0];
  return {x.dtype() == DType::int32 ? integer_constant(node, 0) - x : -x};
}

Values converted(const Node& node) {
  const std::string& type = node.element_type("to");
  if (type == "FLOAT" || type == "DOUBLE") return {cast(node[0], DType::float32)};
  if (type == "INT32" || type == "INT64") return {cast(node[0], DType::int32)};
  if (type == "BOOL") return {not_equal(node[0], 0)};
  node.refuse("to an element type the library hasn't");
}

constexpr NamedRule rules[] = {
    {"Abs", unary<absolute>},
    {"Add", binary<add>},
    {"And", binary<multiply>},
    {"Cast", converted},
    {"Ceil", unary<ceiling>},
    {"Clip", clip},
    {"Div", binary<divide>},
    {"Equal", binary<equal>},
    {"Exp", unary<exp>},
    {"Floor", unary<floor>},
    {"Greater", binary<greater>},
    {"GreaterOrEqual", binary<greater_equal>},
    {"Identity", unary<itself>},
    {"IsNaN", unary<is_nan>},
    {"Less", binary<less>},
    {"LessOrEqual", binary<less_equal>},
    {"Log", unary<log>},
    {"Max", folded<maximum>},
    {"Mean", mean_of_inputs},
    {"Min", folded<minimum>},
    {"Mul", binary<multiply>},
    {"Neg", negated},
    {"Not", unary<logical_not>},
    {"Or", binary<maximum>},
    {"Pow", power_of},
    {"Reciprocal", unary<reciprocal>},
    {"Sign", unary<sign>},
    {"Sqrt", unary<sqrt>},
    {"Sub", binary<subtract>},
    {"Sum", folded<add>},
    {"Where", chosen},
    {"Xor", binary<logical_xor>},
};

}  // namespace

std::span<const NamedRule> elementwise_rules() { return rules; }

}  // namespace sloy::from_onnx
