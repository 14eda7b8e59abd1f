/// What `sloy data show --suspicious-labels` says.
#pragma once

#include <sloy/config.h>
#include <sloy/sloy.h>

#include <string>

namespace sloy::cli {

/// The event of labels that a model's predictions contradict or, without one, those of nets that
/// learn from the rest of the part, by the seed. Throws DataError where there are no classes.
Config describe_labels(const std::string& part, const data::Dataset& dataset, Model* model,
                       std::uint64_t seed);
/// The same for people: the first 20.
void print_labels(const Config& event);

}  // namespace sloy::cli
