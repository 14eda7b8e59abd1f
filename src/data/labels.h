/// Class labels.
#pragma once

#include <sloy/data.h>

#include <cstdint>

namespace sloy::data {

/// Whether the first target of such examples is the number of their class.
bool is_label(const Spec& spec);

/// Throws DataError where no class has the label.
void check_label(std::int32_t label, int num_classes);

}  // namespace sloy::data
