/// Merging layers: one result of several inputs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <sloy/layer.h>

namespace sloy {

/// The sum of two or more inputs: shortcuts are added by it (He et al. 2016).
/// (batch, …), (batch, …), … → (batch, …)
struct SLOY_EXPORT Add {
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) { field("name", &Add::name); }
};

/// The product of two or more inputs, element by element.
/// (batch, …), (batch, …), … → (batch, …)
struct SLOY_EXPORT Multiply {
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) { field("name", &Multiply::name); }
};

/// Inputs one after the other along `axis` (as in Szegedy et al. 2015); their other sizes are
/// equal.
/// (batch, …, a), (batch, …, b), … → (batch, …, a + b + …)
struct SLOY_EXPORT Concatenate {
  int axis = -1;  ///< counted with the batch as 0; negative ones from the end
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) {
    field("axis", &Concatenate::axis);
    field("name", &Concatenate::name);
  }
};

}  // namespace sloy
