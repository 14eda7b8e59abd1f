/// Which outputs of a model are trained and measured, and by what.
#pragma once

#include <string>
#include <vector>

#include <sloy/model.h>

#include "nn/model_graph.h"

namespace sloy {

/// An output that has a loss. The n-th of them has the n-th target of a data set.
struct TrainedOutput {
  std::size_t output = 0;  ///< which of the model's
  std::string name;
  const Loss* loss = nullptr;
  double loss_weight = 1;
  std::vector<const Metric*> metrics;
  std::vector<const Metric*> weighted_metrics;
};

/// The names that losses and metrics go by: those of the layers, told apart by a number where two
/// are the same.
std::vector<std::string> output_names(const ModelGraph& graph);

/// In the order of the model's outputs. It points into `options`. Throws ConfigError where losses,
/// their weights or metrics don't say which outputs they are of.
std::vector<TrainedOutput> trained_outputs(const CompileOptions& options, const ModelGraph& graph);

}  // namespace sloy
