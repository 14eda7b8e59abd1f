/// Losses between distributions beside the cross-entropies of losses.h: divergence and focal
/// losses.
#pragma once

#include <sloy/losses/prediction.h>
#include <sloy/one_or_many.h>
#include <sloy/ops.h>

namespace sloy {

/// Σ target·log(target / prediction) over the last axis (Kullback and Leibler 1951), with 0·log 0 =
/// 0. Targets are probabilities, and so are predictions, clipped to [1e-7, 1]; what is clipped
/// passes no gradient.
/// (batch, …, classes), (batch, …, classes) → (batch, …)
struct SLOY_EXPORT KLDivergence {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::probabilities; }
  static void fields(auto&&) {}
};

/// (1 − p_t)^gamma times the binary cross-entropy, the mean over the last axis (Lin et al. 2017),
/// with p_t = target·p + (1 − target)·(1 − p), the probability of the right answer: easy examples
/// count less. Targets and clipping as BinaryCrossentropy's.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT BinaryFocalCrossentropy {
  /// whether targets of 1 weigh alpha and targets of 0 weigh 1 − alpha
  bool apply_class_balancing = false;
  double alpha = 0.25;         ///< weight of targets of 1, in [0, 1]
  double gamma = 2;            ///< focusing power, 0 or more; 0 is the cross-entropy itself
  bool from_logits = false;    ///< whether predictions are scores, before a sigmoid
  double label_smoothing = 0;  ///< s in [0, 1]: target ← target·(1 − s) + s / 2

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const {
    return from_logits ? Prediction::scores : Prediction::probabilities;
  }
  static void fields(auto&& field) {
    field("apply_class_balancing", &BinaryFocalCrossentropy::apply_class_balancing);
    field("alpha", &BinaryFocalCrossentropy::alpha);
    field("gamma", &BinaryFocalCrossentropy::gamma);
    field("from_logits", &BinaryFocalCrossentropy::from_logits);
    field("label_smoothing", &BinaryFocalCrossentropy::label_smoothing);
  }
};

/// −Σ alpha·(1 − p)^gamma·target·log p over the last axis, the classes (Lin et al. 2017). Targets
/// and clipping as CategoricalCrossentropy's.
/// (batch, …, classes), (batch, …, classes) → (batch, …)
struct SLOY_EXPORT CategoricalFocalCrossentropy {
  OneOrMany<double> alpha = 0.25;  ///< weight of all classes, or one for each; 0 or more
  double gamma = 2;                ///< focusing power, 0 or more; 0 is the weighted cross-entropy
  bool from_logits = false;        ///< whether predictions are scores, before a softmax
  double label_smoothing = 0;      ///< s in [0, 1]: target ← target·(1 − s) + s / classes

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const {
    return from_logits ? Prediction::scores : Prediction::probabilities;
  }
  static void fields(auto&& field) {
    field("alpha", &CategoricalFocalCrossentropy::alpha);
    field("gamma", &CategoricalFocalCrossentropy::gamma);
    field("from_logits", &CategoricalFocalCrossentropy::from_logits);
    field("label_smoothing", &CategoricalFocalCrossentropy::label_smoothing);
  }
};

}  // namespace sloy
