/// Specs in files.
#pragma once

#include <sloy/config.h>
#include <sloy/data.h>

namespace sloy::data {

/// All that a spec says.
Config to_config(const Spec& spec);

/// Throws ConfigError on what isn't one, DataError as check does.
void from_config(const Config& config, Spec& spec);

/// Throws DataError where no data can be so: more elements or classes than `limits` allow, a form
/// of images or rows that isn't that of the features, weights that are no float32.
void check(const Spec& spec);

}  // namespace sloy::data
