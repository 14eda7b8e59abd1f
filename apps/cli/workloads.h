/// Workloads: the trainings that `sloy bench` times, the same that bench/peers builds in PyTorch:
/// nets, losses and optimisers are its, first weights are Keras's.
#pragma once

#include <sloy/sloy.h>

#include <string_view>
#include <vector>

namespace sloy::cli {

struct Workload {
  std::string_view name;
  std::string_view description;
  std::int64_t batch_size;
  Model (*net)(double dropout);
  CompileOptions (*compile_options)();
  data::Spec (*spec)();

  Model make(double dropout = 0.5) const { return net(dropout); }
};

/// W1 … W9, in order.
std::span<const Workload> workloads();
/// Throws ConfigError on a name that is none.
const Workload& find_workload(std::string_view name);

/// A batch of random features in [0, 1) with targets that fit the workload, as feeds.
std::vector<Tensor> random_batch(const Workload& workload, std::int64_t batch_size,
                                 std::uint64_t seed);

}  // namespace sloy::cli
