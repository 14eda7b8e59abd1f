/// How the numbers of examples vary together.
#pragma once

#include <sloy/data.h>

#include <vector>

namespace sloy::data {

struct Covariance {
  std::vector<double> mean;
  /// Row by row, of the set, not its estimate for a larger one.
  std::vector<double> matrix;
};

/// Of the features' raw values, taken as rows of `length` numbers each: a channel's where that is
/// their last size, all of an example's where it is their number. Reads every example once,
/// accumulates in double and in a fixed order, so the result doesn't depend on the number of
/// threads. Throws DataError on an empty set. REQUIRES: `length` divides the features' number,
/// which isn't 0.
Covariance covariance(const Dataset& dataset, std::size_t part, std::size_t length);

}  // namespace sloy::data
