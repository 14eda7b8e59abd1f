/// Everything that can be known to be wrong before the first step.
#pragma once

#include <limits>

#include <sloy/data.h>
#include <sloy/losses.h>
#include <sloy/model.h>

#include "data/loader.h"
#include "nn/model_impl.h"
#include "train/trained_outputs.h"

namespace sloy {

/// The type of an example's features, the first where there are several. Throws DataError where
/// there are none.
const Type& first_features(const data::Spec& spec);

/// Throws where features of these types are not what the model's inputs take.
void check_features(const ModelGraph& graph, const data::Types& features);

/// Throws where the examples are not what the model's inputs take, or don't have the targets and
/// weights that `outputs` need.
void check_model_and_data(const ModelGraph& graph, const data::Spec& spec,
                          const std::vector<TrainedOutput>& outputs);

/// Throws where augmentations don't fit the examples, or give them another shape than those that a
/// model is measured on.
void check_augmentation(const data::Spec& spec,
                        const std::vector<data::Augmentation>& augmentations);

/// Throws where targets and predictions don't fit the loss: shapes, labels against one-hot rows,
/// the number of classes of the data (0: not known), an activation the loss has no use for.
void check_loss(const Loss& loss, int num_classes, const Type& target, Value prediction);

/// Whether its targets are class labels.
bool takes_labels(const Loss& loss);

/// The targets of a batch, of which the data set's spec says too little: class labels against the
/// number of classes predicted, numbers against the range that the loss takes and against metrics
/// that take them for classes. Throws
/// DataError with the example's row.
class TargetCheck {
 public:
  /// `confusion` says that a confusion matrix is asked for.
  TargetCheck(const Model::Impl& model, const data::Spec& spec, bool confusion);
  void operator()(const data::Batch& given) const;

 private:
  struct Part {
    std::size_t target = 0;    ///< which of the batch's
    std::int64_t classes = 1;  ///< 1 where there is one prediction an example
    /// Whether the data say that the target is a class, which then may be mixed of several.
    bool are_classes = false;
    DType dtype = DType::float32;
    bool has_labels = false;
    std::optional<int> ignored = {};
    /// What takes numbers for classes; empty where nothing does.
    std::string_view classifier = {};
    /// The loss, and between what its targets are.
    std::string_view loss = {};
    float lowest = -std::numeric_limits<float>::infinity();
    float highest = std::numeric_limits<float>::infinity();
  };
  static Part part(const TrainedOutput& output, const Type& target, const Type& prediction,
                   bool confusion);
  template <class T>
  void check_labels(const Part& part, std::span<const std::byte> target,
                    const data::Batch& given) const;
  template <class T>
  void check_range(const Part& part, std::span<const std::byte> target,
                   const data::Batch& given) const;
  void check_shares(const Part& part, std::span<const std::byte> target,
                    const data::Batch& given) const;

  std::vector<Part> parts_;
};

}  // namespace sloy
