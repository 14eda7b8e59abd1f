/// Losses that are 0 once a decision is right by a margin of 1. Predictions are scores of any size.
///
/// Targets are −1 or 1; 0 counts as −1. Labels (batch) fit predictions (batch, 1).
#pragma once

#include <sloy/losses/prediction.h>
#include <sloy/ops.h>

namespace sloy {

/// max(1 − target·prediction, 0), the mean over the last axis (Cortes and Vapnik 1995). Targets are
/// −1 or 1; 0 counts as −1, and labels (batch) fit predictions (batch, 1). At a margin of exactly 1
/// the derivative is 0.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT Hinge {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// max(1 − target·prediction, 0)², the mean over the last axis (Lee and Mangasarian 2001). Targets
/// as Hinge's.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT SquaredHinge {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// max(0, 1 + max_k((1 − target_k)·score_k) − Σ target_k·score_k) over the last axis, the classes
/// (Crammer and Singer 2001). Targets are one-hot. The inner maximum, as Keras has it, is at least
/// 0, the right class's own term. At a margin of 1 the derivative is 0; among equals the first has
/// it.
/// (batch, …, classes), (batch, …, classes) → (batch, …)
struct SLOY_EXPORT CategoricalHinge {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

}  // namespace sloy
