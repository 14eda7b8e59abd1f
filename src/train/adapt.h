/// Layers that measure the training data: Normalization, Whitening.
#pragma once

#include <sloy/model.h>

#include "nn/model_impl.h"

namespace sloy {

/// Measures for the layers that still have the numbers they began with.
void adapt_unmeasured(Model& model, const Model::Impl& impl, const data::Dataset& train);

/// Throws ConfigError where such a layer, of a model within the model too, has still the numbers it
/// began with.
void require_measured(Model::Impl& model, std::string_view purpose);

}  // namespace sloy
