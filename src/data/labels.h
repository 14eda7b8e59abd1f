/// Class labels.
#pragma once

#include <sloy/data.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sloy::data {

/// Whether the first target of such examples is the number of their class.
bool is_label(const Spec& spec);

/// Throws ConfigError where class_names has a name twice.
void check_class_names(const std::vector<std::string>& names);

/// Throws DataError where no class has the label.
void check_label(std::int32_t label, int num_classes);

}  // namespace sloy::data
