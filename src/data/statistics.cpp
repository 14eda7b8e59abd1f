#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "data/example_memory.h"
#include "data/target_statistics.h"

namespace sloy::data {
namespace {

/// How many numbers were seen of each channel, their mean, and the sum of their squared deviations
/// from it: pairs of these merge without the cancellation that sums of squares suffer from
/// (Chan, Golub and LeVeque 1983).
struct Moments {
  double count = 0;
  std::vector<double> mean;
  std::vector<double> squares;

  explicit Moments(std::size_t channels) : mean(channels), squares(channels) {}

  void merge(const Moments& other) {
    if (other.count == 0) return;
    const double total = count + other.count;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double difference = other.mean[c] - mean[c];
      squares[c] += other.squares[c] + difference * difference * count * other.count / total;
      mean[c] += difference * other.count / total;
    }
    count = total;
  }
};

/// The moments of one example: values (positions, channels).
template <class T>
void measure(std::span<const T> values, Moments& result) {
  const std::size_t channels = result.mean.size();
  result.count = static_cast<double>(values.size() / channels);
  std::fill(result.mean.begin(), result.mean.end(), 0.0);
  std::fill(result.squares.begin(), result.squares.end(), 0.0);
  for (std::size_t i = 0; i < values.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) result.mean[c] += values[i + c];
  }
  for (double& mean : result.mean) mean /= result.count;
  for (std::size_t i = 0; i < values.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double deviation = values[i + c] - result.mean[c];
      result.squares[c] += deviation * deviation;
    }
  }
}

void measure(const Tensor& features, Moments& result) {
  switch (features.dtype()) {
    case DType::float32: return measure(features.values<float>(), result);
    case DType::float64: return measure(features.values<double>(), result);
    case DType::int32: return measure(features.values<std::int32_t>(), result);
    case DType::uint8: return measure(features.values<std::uint8_t>(), result);
  }
}

/// What is measured of an example: its features, or its targets.
struct Kind {
  Types Spec::*types;
  std::vector<Tensor> Example::*tensors;
  std::string_view name;
};

/// Examples that are measured one after the other. A function of the set's size alone, so that the
/// order of additions doesn't depend on the threads.
std::int64_t run_length(std::int64_t size) { return std::max<std::int64_t>(256, size / 1024); }

Moments measure_run(const Dataset& dataset, const Kind& kind, std::size_t part,
                    std::size_t channels, std::int64_t first, std::int64_t last) {
  const ExampleMemory memory(dataset.spec());
  Moments run(channels);
  Moments example(channels);
  for (std::int64_t index = first; index < last; ++index) {
    dataset.read(index, memory.slot());
    measure((memory.tensors().*kind.tensors)[part], example);
    run.merge(example);
  }
  return run;
}

Statistics statistics(const Dataset& dataset, const Kind& kind, std::size_t part) {
  const Types& types = dataset.spec().*kind.types;
  if (dataset.empty() || part >= types.size() || types[part].shape.size() == 0) {
    throw DataError("an empty data set has no mean", {{"examples", std::to_string(dataset.size())},
                                                      {std::string(kind.name), to_string(types)}});
  }
  const Shape& shape = types[part].shape;
  const auto channels = static_cast<std::size_t>(shape.rank() == 0 ? 1 : shape.size(-1));
  const std::int64_t length = run_length(dataset.size());
  const std::int64_t num_runs = (dataset.size() + length - 1) / length;
  std::vector<Moments> runs(static_cast<std::size_t>(num_runs), Moments(channels));
  parallel_for(num_runs, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t run = first; run < last; ++run) {
      runs[run] = measure_run(dataset, kind, part, channels, run * length,
                              std::min((run + 1) * length, dataset.size()));
    }
  });

  Moments all(channels);
  for (const Moments& run : runs) all.merge(run);
  Statistics result{all.mean, all.squares};
  for (double& value : result.standard_deviation) value = std::sqrt(value / all.count);
  return result;
}

}  // namespace

Statistics statistics(const Dataset& dataset, std::size_t part) {
  return statistics(dataset, {&Spec::features, &Example::features, "features"}, part);
}

Statistics target_statistics(const Dataset& dataset, std::size_t part) {
  return statistics(dataset, {&Spec::targets, &Example::targets, "targets"}, part);
}

}  // namespace sloy::data
