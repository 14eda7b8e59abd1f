/// How a generated set is divided into training and test data.
#pragma once

#include <sloy/data.h>

#include <cstdint>

namespace sloy::data {

struct Division {
  Generated train;
  Generated test;          ///< of one example at least, which has the spec of any
  std::int64_t tests = 0;  ///< so many of them are taken
};

/// A fifth are test data, of a seed of their own: were they cut off the same sequence, which a
/// larger set goes on with, then its training part would hold a smaller set's test data.
Division divided(const Generated& options);

}  // namespace sloy::data
