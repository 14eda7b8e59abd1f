/// Regularizers: penalties on weights, added to the mean loss. Names and formulas are Keras's.
///
/// One of your own is a struct with `call`, which gives a scalar:
///
///     struct TowardsOne {
///       Value call(Value weight) const { return 0.01 * sum(square(weight - 1)); }
///     };
#pragma once

#include <memory>
#include <span>

#include <sloy/described.h>
#include <sloy/graph.h>

namespace sloy {

/// l1·Σ|w|: draws weights to 0 (Tibshirani 1996).
struct SLOY_EXPORT L1 {
  double l1 = 0.01;
  Value call(Value weight) const;
  static void fields(auto&& field) { field("l1", &L1::l1); }
};
/// l2·Σw²: for plain SGD the same as a weight decay of 2·l2 (Krogh and Hertz 1992).
struct SLOY_EXPORT L2 {
  double l2 = 0.01;
  Value call(Value weight) const;
  static void fields(auto&& field) { field("l2", &L2::l2); }
};
/// l1·Σ|w| + l2·Σw² (Zou and Hastie 2005).
struct SLOY_EXPORT L1L2 {
  double l1 = 0;
  double l2 = 0;
  Value call(Value weight) const;
  static void fields(auto&& field) {
    field("l1", &L1L2::l1);
    field("l2", &L1L2::l2);
  }
};

/// One of these, a type of your own with the same `call`, or none.
class SLOY_EXPORT Regularizer {
 public:
  Regularizer() = default;
  template <class T>
  requires requires(const T& t, Value weight) { t.call(weight); }
  Regularizer(T regularizer)  // NOLINT: L2{} is a regularizer
      : held_(std::make_shared<Held<T>>(std::move(regularizer))) {}

  explicit operator bool() const { return held_ != nullptr; }
  /// The penalty, a scalar. REQUIRES: not none.
  Value operator()(Value weight) const { return held_->call(weight); }
  friend SLOY_EXPORT Config to_config(const Regularizer& regularizer);

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
SLOY_EXPORT Config to_config(const Regularizer& regularizer);
/// Throws ConfigError on a type it doesn't find here or in CustomTypes, naming the nearest.
SLOY_EXPORT void from_config(const Config& config, Regularizer& regularizer);
/// The built-in regularizers, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Regularizer>> regularizer_types();

}  // namespace sloy
