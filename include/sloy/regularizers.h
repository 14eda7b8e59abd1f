/// Regularizers: penalties on weights, added to the mean loss. Names and formulas are Keras's.
///
/// One of your own is a struct with `call`, which gives a scalar:
///
///     struct TowardsOne {
///       Value call(Value weight) const { return 0.01 * sum(square(weight - 1)); }
///     };
///
/// With `Value proximal_step(Value weight, Value learning_rate) const` too it is a proximal one:
/// each step of an optimizer then ends with what that gives, for the weight as the step left it.
/// Its penalty counts in the loss; `stop_gradient` keeps it out of the gradient.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <sloy/described.h>
#include <sloy/graph.h>

namespace sloy {

/// l1·Σ|w|: draws weights to 0 (Tibshirani 1996). Followed by its gradient, which is 0 at 0, they
/// hover near it. The proximal form has no gradient and ends each step with w ← sign(w)·max(|w| −
/// η·l1, 0), η the learning rate: weights become exactly 0 (Daubechies, Defrise and De Mol 2004).
/// Keras has the gradient alone.
struct SLOY_EXPORT L1 {
  double l1 = 0.01;       ///< factor of Σ|w|, 0 or more
  bool proximal = false;  ///< true: a soft threshold after each step takes the gradient's place
  Value call(Value weight) const;
  Value proximal_step(Value weight, Value learning_rate) const;
  static void fields(auto&& field) {
    field("l1", &L1::l1);
    field("proximal", &L1::proximal);
  }
};
/// l2·Σw² (Krogh and Hertz 1992): for plain SGD the same as a weight decay of 2·l2.
struct SLOY_EXPORT L2 {
  double l2 = 0.01;  ///< factor of Σw², 0 or more
  Value call(Value weight) const;
  static void fields(auto&& field) { field("l2", &L2::l2); }
};
/// l1·Σ|w| + l2·Σw² (Zou and Hastie 2005). The proximal form concerns the first part.
struct SLOY_EXPORT L1L2 {
  double l1 = 0;          ///< factor of Σ|w|, 0 or more
  double l2 = 0;          ///< factor of Σw², 0 or more
  bool proximal = false;  ///< true: a soft threshold after each step takes the gradient's place
  Value call(Value weight) const;
  Value proximal_step(Value weight, Value learning_rate) const;
  static void fields(auto&& field) {
    field("l1", &L1L2::l1);
    field("l2", &L1L2::l2);
    field("proximal", &L1L2::proximal);
  }
};

/// Which vectors of a matrix are pushed towards right angles.
enum class OrthogonalMode : std::uint8_t {
  rows,    ///< each row
  columns  ///< each column
};
constexpr std::array<std::string_view, 2> enum_names(OrthogonalMode) { return {"rows", "columns"}; }

/// factor·mean |cos| of the angles between every two rows, or columns, of a matrix: pushes them
/// towards right angles. Columns of a Dense kernel (in, out) are its units. A vector of zeros has
/// no gradient.
struct SLOY_EXPORT OrthogonalRegularizer {
  double factor = 0.01;                        ///< 0 or more
  OrthogonalMode mode = OrthogonalMode::rows;  ///< rows or columns of the matrix
  Value call(Value weight) const;
  static void fields(auto&& field) {
    field("factor", &OrthogonalRegularizer::factor);
    field("mode", &OrthogonalRegularizer::mode);
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
  /// The penalty, a scalar. REQUIRES: not none, as below.
  Value operator()(Value weight) const { return held_->call(weight); }
  /// What a step of an optimizer ends with: the weight itself where the penalty isn't proximal.
  Value proximal_step(Value weight, Value learning_rate) const {
    return held_->proximal_step(weight, learning_rate);
  }
  friend SLOY_EXPORT Config to_config(const Regularizer& regularizer);

 private:
  struct Interface : detail::DescribedBase {
    virtual Value call(Value weight) const = 0;
    virtual Value proximal_step(Value weight, Value learning_rate) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    Value call(Value weight) const override { return this->value.call(weight); }
    Value proximal_step(Value weight, Value learning_rate) const override {
      if constexpr (requires { this->value.proximal_step(weight, learning_rate); }) {
        return this->value.proximal_step(weight, learning_rate);
      }
      return weight;
    }
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
