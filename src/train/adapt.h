/// Normalization layers that measure the training data.
#pragma once

#include <sloy/model.h>

#include "nn/model_graph.h"

namespace sloy {

/// Measures for the layers that still have the numbers they began with.
void adapt_untouched(Model& model, const ModelGraph& graph, const data::Dataset& train);

}  // namespace sloy
