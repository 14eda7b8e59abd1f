/// Where numbers come from that training can't work with: not-a-numbers and infinities.
#pragma once

#include <sloy/data.h>
#include <sloy/error.h>
#include <sloy/program.h>

#include <optional>
#include <string>

#include "data/loader.h"

namespace sloy {

/// The first number of a batch that is not finite, in features, targets or weights, as an error
/// that says which it is. Nothing where all are finite.
std::optional<NumericError> not_finite_in(const data::Spec& spec, const data::Batch& given);

/// What an example has for a model: what it is fed, and what it learns to give.
enum class ExampleKind : std::uint8_t { features, targets };

/// The same of one part of a whole set's features or targets. Reads every example up to it.
std::optional<NumericError> not_finite_in(const data::Dataset& dataset, ExampleKind kind,
                                          std::size_t part);

/// The first variable that holds a number that is not finite, among those of which `is_asked` is
/// true; empty where there is none.
std::string not_finite_in(const State& state, bool (*is_asked)(const Variable&));

}  // namespace sloy
