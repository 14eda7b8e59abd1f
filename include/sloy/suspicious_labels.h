/// Suspicious labels: examples whose class is probably another than their label says.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <sloy/data.h>
#include <sloy/export.h>

namespace sloy {

/// An example whose label a prediction contradicts.
struct SuspiciousLabel {
  std::int64_t index = 0;     ///< of the example
  std::int32_t label = 0;     ///< what the data say
  std::int32_t likelier = 0;  ///< what is predicted
  double probability = 0;     ///< predicted, of the likelier class
  double given = 0;           ///< predicted, of the label
};

/// Labels that confident predictions contradict, the most certain first: by probability − given.
/// Confident learning (Northcutt, Jiang and Chuang 2021): class j is confidently predicted where
/// its probability is at least t_j, the mean of it over the examples labelled j; an example is
/// suspicious where the likeliest class is confidently predicted and isn't its label. So a lower
/// probability suffices for a class that is hard to tell. `probabilities` (examples, classes) must
/// be of a model that has not learned from these labels, which else it may know by heart. Throws
/// DataError where numbers of examples differ, a label is out of range or a probability no number.
SLOY_EXPORT std::vector<SuspiciousLabel> suspicious_labels(const Tensor& probabilities,
                                                           std::span<const std::int32_t> labels);

struct CrossValidationOptions {
  int folds = 5;  ///< parts of the data, each predicted by a net that learned from the others
  /// images become smaller than that before they are learned from, pixels of the longer side
  int image_side = 28;
  std::uint64_t seed = 0;  ///< of the parts, first weights and orders
};

/// Predictions of examples by nets that have not seen them.
struct SLOY_EXPORT CrossValidation {
  Tensor probabilities;              ///< (examples, classes)
  std::vector<std::int32_t> labels;  ///< of the data

  /// Share of examples whose likeliest class is their label; 0 without examples.
  double accuracy() const;
};

/// Predicts every example by a net that learned from the others alone: one hidden layer of 128
/// units with dropout on normalised features, trained by AdamW for about 600 steps, and three
/// epochs at least, for each of the parts. Made for labels to be looked at, not for the best
/// predictions: accuracy() says how much those are worth. Images are made smaller first. Throws
/// DataError where the examples have no classes, more than one part of features, or are fewer than
/// the folds.
///
///     data::Dataset train = data::gaussians();
///     CrossValidation nets = cross_validate(train);
///     std::vector<SuspiciousLabel> wrong = suspicious_labels(nets.probabilities, nets.labels);
SLOY_EXPORT CrossValidation cross_validate(const data::Dataset& dataset,
                                           const CrossValidationOptions& options = {});

}  // namespace sloy
