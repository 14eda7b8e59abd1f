/// Everything that can be known to be wrong before the first step.
#pragma once

#include <sloy/data.h>
#include <sloy/losses.h>

#include "data/loader.h"
#include "nn/model_graph.h"

namespace sloy {

/// Throws where the examples are not what the model takes, or the model isn't one that data sets,
/// which have one input and one target, can train.
void check_model_and_data(const ModelGraph& graph, const data::Spec& spec);

/// Throws where targets and predictions don't fit the loss: shapes, labels against one-hot rows,
/// the number of classes, an activation the loss has no use for.
void check_loss(const Loss& loss, const data::Spec& spec, const Type& target, Value prediction);

/// Class labels of a batch against the number of classes predicted: for data sets that don't know
/// their labels beforehand. Throws DataError with the example's row.
class LabelCheck {
 public:
  /// Does nothing where targets are no labels.
  LabelCheck(const Loss& loss, const data::Spec& spec, std::int64_t classes);
  void operator()(const data::Batch& given) const;

 private:
  std::int64_t classes_ = 0;
};

}  // namespace sloy
