/// Constraints: what a weight is turned into after each step. Names, defaults and formulas are
/// Keras's; first values are left as they are.
///
/// A layer takes one for each weight: `Dense{.units = 10, .kernel_constraint = MaxNorm{3}}`. Norms
/// are Euclidean, over the axes that lead into one unit: 0 of a Dense kernel (in, out), {0, 1, 2}
/// of a kernel (height, width, in, out). Zeros stay zeros.
///
/// One of your own is a struct with `call`, which gives the weight as it may be:
///
///     struct AtMostOne {
///       Value call(Value weight) const { return minimum(weight, 1); }
///     };
#pragma once

#include <concepts>
#include <memory>
#include <span>

#include <sloy/described.h>
#include <sloy/graph.h>
#include <sloy/one_or_many.h>

namespace sloy {

/// w·min(‖w‖, max_value) / (‖w‖ + 1e-7): no norm above max_value (Srebro and Shraibman 2005;
/// Srivastava et al. 2014).
struct SLOY_EXPORT MaxNorm {
  double max_value = 2;     ///< largest norm, above 0
  OneOrMany<int> axis = 0;  ///< one or several, over which a norm is taken
  Value call(Value weight) const;
  static void fields(auto&& field) {
    field("max_value", &MaxNorm::max_value);
    field("axis", &MaxNorm::axis);
  }
};
/// max(w, 0): no weight below 0.
struct SLOY_EXPORT NonNeg {
  Value call(Value weight) const;
  static void fields(auto&&) {}
};
/// w / (‖w‖ + 1e-7): every norm becomes 1.
struct SLOY_EXPORT UnitNorm {
  OneOrMany<int> axis = 0;  ///< one or several, over which a norm is taken
  Value call(Value weight) const;
  static void fields(auto&& field) { field("axis", &UnitNorm::axis); }
};
/// w·(rate·c + (1 − rate)·‖w‖) / (‖w‖ + 1e-7), with c = min(max(‖w‖, min_value), max_value): keeps
/// norms in a range.
struct SLOY_EXPORT MinMaxNorm {
  double min_value = 0;  ///< smallest norm, 0 or more
  double max_value = 1;  ///< largest norm, min_value or more
  double rate = 1;       ///< in (0, 1]; 1: into the range at once, less: part of the way each step
  OneOrMany<int> axis = 0;  ///< one or several, over which a norm is taken
  Value call(Value weight) const;
  static void fields(auto&& field) {
    field("min_value", &MinMaxNorm::min_value);
    field("max_value", &MinMaxNorm::max_value);
    field("rate", &MinMaxNorm::rate);
    field("axis", &MinMaxNorm::axis);
  }
};

/// One of these, a type of your own with the same `call`, or none.
class SLOY_EXPORT Constraint {
 public:
  Constraint() = default;
  template <class T>
  requires requires(const T& t, Value weight) { t.call(weight); }
  Constraint(T constraint)  // NOLINT: NonNeg{} is a constraint
      : held_(std::make_shared<Held<T>>(std::move(constraint))) {}

  explicit operator bool() const { return held_ != nullptr; }
  /// The weight as it may be. Throws ConfigError where an argument is out of its range, ShapeError
  /// where the weight has no such axis. REQUIRES: not none.
  Value operator()(Value weight) const { return held_->call(weight); }
  friend SLOY_EXPORT Config to_config(const Constraint& constraint);

 private:
  struct Interface : detail::DescribedBase {
    virtual Value call(Value weight) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    Value call(Value weight) const override { return this->value.call(weight); }
  };
  std::shared_ptr<const Interface> held_;
};

/// Null where there is none.
SLOY_EXPORT Config to_config(const Constraint& constraint);
/// Throws ConfigError on a type it doesn't find here or in CustomTypes, naming the nearest.
SLOY_EXPORT void from_config(const Config& config, Constraint& constraint);
/// The built-in constraints, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Constraint>> constraint_types();

}  // namespace sloy
