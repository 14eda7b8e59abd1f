#include <fmt/format.h>
#include <sloy/layers.h>

namespace sloy {
namespace {

void require_several(std::span<const Value> inputs) {
  if (inputs.size() >= 2) return;
  throw ConfigError("the layer joins two inputs or more, not one", {},
                    "name what it joins: inputs = [\"a\", \"b\"], in C++ layer({a, b})");
}

void require_equal_shapes(std::span<const Value> inputs) {
  require_several(inputs);
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i].shape() == inputs[0].shape()) continue;
    throw ShapeError(
        "the inputs have different shapes",
        {{"input 0", to_string(inputs[0].shape())},
         {fmt::format("input {}", i), to_string(inputs[i].shape())}},
        "give both the same shape, in a residual block by a 1×1 Conv2D on the shortcut");
  }
}

}  // namespace

Symbol Add::operator()(const std::vector<Symbol>& inputs) const { return apply(*this, inputs); }
Value Add::call(Scope&, std::span<const Value> inputs) const {
  require_equal_shapes(inputs);
  Value y = inputs[0];
  for (Value x : inputs.subspan(1)) y = y + x;
  return y;
}

Symbol Multiply::operator()(const std::vector<Symbol>& inputs) const {
  return apply(*this, inputs);
}
Value Multiply::call(Scope&, std::span<const Value> inputs) const {
  require_equal_shapes(inputs);
  Value y = inputs[0];
  for (Value x : inputs.subspan(1)) y = y * x;
  return y;
}

Symbol Concatenate::operator()(const std::vector<Symbol>& inputs) const {
  return apply(*this, inputs);
}
Value Concatenate::call(Scope&, std::span<const Value> inputs) const {
  require_several(inputs);
  return concatenate(inputs, axis);
}

}  // namespace sloy
