#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/suspicious_labels.h>

#include <algorithm>
#include <cmath>

namespace sloy {
namespace {

void check(const Tensor& probabilities, std::span<const std::int32_t> labels) {
  const Shape& shape = probabilities.shape();
  const bool fits = shape.rank() == 2 && shape.size(0) == static_cast<std::int64_t>(labels.size());
  if (!fits) {
    throw DataError("each example needs a probability of every class",
                    {{"probabilities", to_string(probabilities.type())},
                     {"labels", std::to_string(labels.size())}});
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < shape.size(1)) continue;
    throw DataError(
        fmt::format("label {} is out of range: there are {} classes", labels[i], shape.size(1)),
        {{"example", std::to_string(i), "counted from 0"}});
  }
}

/// How probable each class is on average where it is the label: what is less is no confidence.
std::vector<double> thresholds(std::span<const float> rows, std::span<const std::int32_t> labels,
                               std::size_t classes) {
  std::vector<double> sums(classes), counts(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    sums[label] += rows[i * classes + label];
    ++counts[label];
  }
  // Where a class has no example, nothing is confidently of it.
  for (std::size_t c = 0; c < classes; ++c) sums[c] = counts[c] > 0 ? sums[c] / counts[c] : 2;
  return sums;
}

}  // namespace

std::vector<SuspiciousLabel> suspicious_labels(const Tensor& probabilities,
                                               std::span<const std::int32_t> labels) {
  check(probabilities, labels);
  const Tensor numbers = probabilities.cast(DType::float32);
  const std::span<const float> rows = numbers.values<float>();
  const auto classes = static_cast<std::size_t>(numbers.shape().size(1));
  const std::vector<double> least = thresholds(rows, labels, classes);
  std::vector<SuspiciousLabel> found;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = rows.subspan(i * classes, classes);
    if (std::ranges::any_of(row, [](float value) { return std::isnan(value); })) {
      throw DataError("a probability is no number", {{"example", std::to_string(i)}});
    }
    const auto likeliest = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    const auto label = static_cast<std::size_t>(labels[i]);
    if (likeliest == label || row[likeliest] < least[likeliest]) continue;
    found.push_back({.index = static_cast<std::int64_t>(i),
                     .label = labels[i],
                     .likelier = static_cast<std::int32_t>(likeliest),
                     .probability = row[likeliest],
                     .given = row[label]});
  }
  std::ranges::stable_sort(found, std::greater<>{}, [](const SuspiciousLabel& label) {
    return label.probability - label.given;
  });
  return found;
}

}  // namespace sloy
