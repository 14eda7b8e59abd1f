/// Data sets held in memory.
#pragma once

#include <sloy/data.h>

namespace sloy::data {

/// from_tensors for class labels that were read from `file`, which messages name.
Dataset labelled(Tensor features, Tensor labels, std::vector<std::string> class_names,
                 const std::string& file);

}  // namespace sloy::data
