/// Model files: weights as tensors, the architecture as JSON in a safetensors file.
#pragma once

#include "files/safetensors.h"
#include "nn/model_impl.h"

namespace sloy {

/// What a model's file says beside the tensors: kinds and versions, layers, class names, loss and
/// metrics.
Metadata model_metadata(const Model::Impl& model);

/// All numbers of a state that `wanted` names, by their variables' names with `prefix` before them.
/// They are read when they are written: the state must live until then.
std::vector<NamedTensor> tensors_of(const State& state, bool (*wanted)(const Variable&),
                                    const std::string& prefix = {});

}  // namespace sloy
