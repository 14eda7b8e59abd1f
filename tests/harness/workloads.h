/// The benchmark workloads as Sloy models, equal to those of bench/peers/nets.py.
#pragma once

#include <string_view>

#include <sloy/model.h>

namespace sloy::harness {

/// Layers are named as in tests/oracle/golden/training.json: conv2d_1, conv2d_2, …. Dropout is left
/// out, for its random numbers are each library's own. Throws ConfigError on an unknown name.
Model workload(std::string_view name);

}  // namespace sloy::harness
