/// Statistics of layers that are those of the whole training set (Scope::measure).
#pragma once

#include <sloy/data.h>

#include "nn/model_impl.h"

namespace sloy {

/// Sets them all, by one pass over the data for each, in the order of the layers: a layer sees what
/// those before it give with their own. Does nothing where no layer asks for any.
void measure_training_set(Model::Impl& model, const data::Dataset& train, std::int64_t batch_size,
                          int workers);

}  // namespace sloy
