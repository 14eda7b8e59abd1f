/// Everything that can be known to be wrong before the first step.
#pragma once

#include <sloy/data.h>
#include <sloy/losses.h>
#include <sloy/model.h>

#include "data/loader.h"
#include "nn/model_graph.h"

namespace sloy {

/// Throws where the examples are not what the model takes, or the model isn't one that data sets,
/// which have one input and one target, can train.
void check_model_and_data(const ModelGraph& graph, const data::Spec& spec);

/// Throws where targets and predictions don't fit the loss: shapes, labels against one-hot rows,
/// the number of classes, an activation the loss has no use for.
void check_loss(const Loss& loss, const data::Spec& spec, const Type& target, Value prediction);

/// Whether its targets are class labels.
bool takes_labels(const Loss& loss);

/// The targets of a batch, of which the data set's spec says too little: class labels against the
/// number of classes predicted, and numbers against metrics that take them for classes. Throws
/// DataError with the example's row.
class TargetCheck {
 public:
  /// `confusion` says that a confusion matrix is asked for.
  TargetCheck(const CompileOptions& options, const data::Spec& spec, const Type& prediction,
              bool confusion);
  void operator()(const data::Batch& given) const;

 private:
  template <class T>
  void check_labels(const data::Batch& given) const;
  void check_shares(const data::Batch& given) const;

  std::int64_t classes_;  ///< 1 where there is one prediction an example
  DType label_dtype_;
  bool has_labels_;
  /// What takes numbers for classes; empty where nothing does.
  std::string_view classifier_;
};

}  // namespace sloy
