/// Losses of numbers that are predicted: distances between target and prediction.
#pragma once

#include <sloy/losses/prediction.h>
#include <sloy/ops.h>

namespace sloy {

/// ½·e² where |e| ≤ delta, else delta·(|e| − ½·delta), for e = target − prediction; the mean over
/// the last axis (Huber 1964). A square near 0, and outliers count as in MeanAbsoluteError. The
/// derivative for the prediction is −e, at most delta in size.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT Huber {
  double delta = 1;  ///< where the square ends; above 0

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&& field) { field("delta", &Huber::delta); }
};

/// log(cosh(prediction − target)), the mean over the last axis: about ½·e² near 0, |e| − log 2 far
/// out, with derivative tanh(prediction − target). Stable for any numbers.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT LogCosh {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// 100·|target − prediction| / max(|target|, 1e-7), the mean over the last axis, with derivative 0
/// at 0.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT MeanAbsolutePercentageError {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// (log(1 + target) − log(1 + prediction))², the mean over the last axis. Targets and predictions
/// below 1e-7 count as 1e-7 and pass no gradient.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT MeanSquaredLogarithmicError {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// −cos of the angle between target and prediction along `axis`: −1 where they point the same way,
/// 0 where they are orthogonal or one of them is 0. Each is divided by max(its length, 1e-7).
/// (batch, …, n, …), (batch, …, n, …) → (batch, …)
struct SLOY_EXPORT CosineSimilarity {
  int axis = -1;  ///< of the vectors, counted with the batch as 0; negative ones from the end

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&& field) { field("axis", &CosineSimilarity::axis); }
};

/// prediction − target·log(prediction + 1e-7), the mean over the last axis: minus the log
/// probability of a count, without the terms that depend on the target alone. Predictions are
/// rates, 0 or more.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT Poisson {
  /// whether predictions are logs of the rate: exp(prediction) − target·prediction, PyTorch's
  /// default
  bool log_input = false;

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&& field) { field("log_input", &Poisson::log_input); }
};

}  // namespace sloy
