/// Losses of numbers that are predicted: distances between target and prediction.
#pragma once

#include <sloy/losses/prediction.h>
#include <sloy/ops.h>

namespace sloy {

/// ½·e² where |e| ≤ delta, else delta·(|e| − ½·delta), for e = target − prediction; the mean over
/// the last axis (Huber 1964): the square near 0, and outliers count as in MeanAbsoluteError.
struct SLOY_EXPORT Huber {
  double delta = 1;  ///< where the square ends; above 0

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&& field) { field("delta", &Huber::delta); }
};

/// log(cosh(prediction − target)), the mean over the last axis: about ½·e² near 0, |e| − log 2 far
/// out. Stable for any numbers.
struct SLOY_EXPORT LogCosh {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// 100·|target − prediction| / max(|target|, 1e-7), the mean over the last axis; derivative 0 at 0.
struct SLOY_EXPORT MeanAbsolutePercentageError {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// (log(1 + target) − log(1 + prediction))², the mean over the last axis. What is below 1e-7, in
/// targets or predictions, counts as that, and passes no gradient.
struct SLOY_EXPORT MeanSquaredLogarithmicError {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// −cos of the angle between target and prediction along `axis`: −1 where they point the same way,
/// 0 where they are orthogonal, and where one is 0. Either is divided by max(its length, 1e-7).
/// (batch, …, n, …) → (batch, …)
struct SLOY_EXPORT CosineSimilarity {
  int axis = -1;

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&& field) { field("axis", &CosineSimilarity::axis); }
};

/// prediction − target·log(prediction + 1e-7), the mean over the last axis: minus the log of the
/// probability of a count, but for what the target alone decides. Predictions are 0 or more.
struct SLOY_EXPORT Poisson {
  /// whether predictions are logs of the rate: exp(prediction) − target·prediction (PyTorch's
  /// default)
  bool log_input = false;

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&& field) { field("log_input", &Poisson::log_input); }
};

}  // namespace sloy
