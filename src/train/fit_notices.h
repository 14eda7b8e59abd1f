/// What a person should know before a fit's first step, though nothing of it is an error.
#pragma once

#include <sloy/callbacks.h>
#include <sloy/model.h>

#include <vector>

#include "nn/model_impl.h"

namespace sloy {

/// Of a fit of so many examples: a batch larger than they are, a BatchNormalization that sees one
/// value of each channel, classes that all weigh nothing, a metric that is always 1. REQUIRES: a
/// compiled loss, a built model.
std::vector<Notice> notices_before(const Model::Impl& model, const FitOptions& options,
                                   std::int64_t examples);

}  // namespace sloy
