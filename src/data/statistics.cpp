#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/data_view.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/parallel.h"
#include "data/example_memory.h"
#include "data/target_statistics.h"

namespace sloy::data {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How many numbers were seen of each channel, their mean, and the sum of their squared deviations
/// from it: pairs of these merge without the cancellation that sums of squares suffer from
/// (Chan, Golub and LeVeque 1983). And their range.
struct Moments {
  double count = 0;
  std::vector<double> mean;
  std::vector<double> squares;
  std::vector<double> lowest;
  std::vector<double> highest;
  std::vector<std::int64_t> not_finite;

  explicit Moments(std::size_t channels)
      : mean(channels),
        squares(channels),
        lowest(channels, infinity),
        highest(channels, -infinity),
        not_finite(channels) {}

  void merge(const Moments& other) {
    for (std::size_t c = 0; c < mean.size(); ++c) {
      lowest[c] = std::min(lowest[c], other.lowest[c]);
      highest[c] = std::max(highest[c], other.highest[c]);
      not_finite[c] += other.not_finite[c];
    }
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

/// Adds the numbers of one example to the range.
template <class T>
void measure_range(std::span<const T> values, Moments& result) {
  const std::size_t channels = result.mean.size();
  for (std::size_t i = 0; i < values.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const auto value = static_cast<double>(values[i + c]);
      if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) ++result.not_finite[c];
        if (std::isnan(value)) continue;
      }
      result.lowest[c] = std::min(result.lowest[c], value);
      result.highest[c] = std::max(result.highest[c], value);
    }
  }
}

/// The moments of one example: values (positions, channels).
template <class T>
void measure_moments(std::span<const T> values, Moments& result) {
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

/// Calls `work` with the numbers of a tensor.
template <class Work>
void with_values(const Tensor& numbers, const Work& work) {
  switch (numbers.dtype()) {
    case DType::float32: return work(numbers.values<float>());
    case DType::float64: return work(numbers.values<double>());
    case DType::int32: return work(numbers.values<std::int32_t>());
    case DType::uint8: return work(numbers.values<std::uint8_t>());
  }
}

/// Examples that are measured one after the other. A function of the set's size alone, so that the
/// order of additions doesn't depend on the threads.
std::int64_t run_length(std::int64_t size) { return std::max<std::int64_t>(256, size / 1024); }

/// What is measured of every example.
struct Measured {
  bool is_target = false;
  std::size_t part = 0;
  bool with_range = false;

  const Types& types(const Spec& spec) const { return is_target ? spec.targets : spec.features; }
  const Tensor& of(const Example& example) const {
    return is_target ? example.targets[part] : example.features[part];
  }
};

Moments measure_run(const Dataset& dataset, const Measured& measured, std::size_t channels,
                    std::int64_t first, std::int64_t last) {
  const ExampleMemory memory(dataset.spec());
  Moments run(channels);
  Moments example(channels);
  for (std::int64_t index = first; index < last; ++index) {
    dataset.read(index, memory.slot());
    with_values(measured.of(memory.tensors()), [&](auto values) {
      measure_moments(values, example);
      if (measured.with_range) measure_range(values, run);
    });
    run.merge(example);
  }
  return run;
}

/// Of all examples. Throws DataError where there is nothing to measure.
Moments measure(const Dataset& dataset, const Measured& measured) {
  const Types& types = measured.types(dataset.spec());
  if (dataset.empty() || measured.part >= types.size() || types[measured.part].shape.size() == 0) {
    throw DataError("an empty data set has no mean",
                    {{"examples", std::to_string(dataset.size())},
                     {measured.is_target ? "targets" : "features", to_string(types)}});
  }
  const Shape& shape = types[measured.part].shape;
  const auto channels = static_cast<std::size_t>(shape.rank() == 0 ? 1 : shape.size(-1));
  const std::int64_t length = run_length(dataset.size());
  const std::int64_t num_runs = (dataset.size() + length - 1) / length;
  std::vector<Moments> runs(static_cast<std::size_t>(num_runs), Moments(channels));
  parallel_for(num_runs, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t run = first; run < last; ++run) {
      runs[run] = measure_run(dataset, measured, channels, run * length,
                              std::min((run + 1) * length, dataset.size()));
    }
  });

  Moments all(channels);
  for (const Moments& run : runs) all.merge(run);
  return all;
}

std::vector<double> deviations(const Moments& moments) {
  std::vector<double> result = moments.squares;
  for (double& value : result) value = std::sqrt(value / moments.count);
  return result;
}

std::vector<NumberSummary> summarize(const Dataset& dataset, const Measured& measured) {
  const Moments moments = measure(dataset, measured);
  const std::vector<double> deviation = deviations(moments);
  std::vector<NumberSummary> summaries;
  for (std::size_t c = 0; c < deviation.size(); ++c) {
    summaries.push_back({.mean = moments.mean[c],
                         .standard_deviation = deviation[c],
                         .lowest = moments.lowest[c],
                         .highest = moments.highest[c],
                         .not_finite = moments.not_finite[c]});
  }
  return summaries;
}

}  // namespace

Statistics statistics(const Dataset& dataset, std::size_t part) {
  const Moments moments = measure(dataset, {.part = part});
  return {moments.mean, deviations(moments)};
}

Statistics target_statistics(const Dataset& dataset, std::size_t part) {
  const Moments moments = measure(dataset, {.is_target = true, .part = part});
  return {moments.mean, deviations(moments)};
}

std::vector<NumberSummary> summarize_features(const Dataset& dataset, std::size_t part) {
  return summarize(dataset, {.part = part, .with_range = true});
}

std::vector<NumberSummary> summarize_targets(const Dataset& dataset, std::size_t part) {
  return summarize(dataset, {.is_target = true, .part = part, .with_range = true});
}

}  // namespace sloy::data
