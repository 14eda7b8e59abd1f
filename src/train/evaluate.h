/// Evaluation of a model on a data set, as often as wanted.
#pragma once

#include <optional>

#include "data/loader.h"
#include "train/checks.h"
#include "train/step_graph.h"

namespace sloy {

/// Everything is compiled and allocated by the constructor. REQUIRES: a compiled loss, a built
/// model, examples.
class Evaluating {
 public:
  Evaluating(Model::Impl& model, const data::Dataset& dataset, std::int64_t batch_size, int workers,
             bool confusion);

  /// One pass over the data. Valid until the next.
  const Figures& run();
  const std::optional<Tensor>& confusion() const { return confusion_; }

 private:
  void add_confusion(const Executable& step);

  Model::Impl& model_;
  NumericPrecision precision_;
  std::int64_t batch_size_;  ///< of all batches but the last
  CompiledStep step_;
  data::Loader loader_;
  BatchFeeds feeds_;
  TargetCheck check_;
  Figures figures_;
  std::optional<Tensor> confusion_;
};

}  // namespace sloy
