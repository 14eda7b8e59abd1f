#include "data/view/groups.h"

#include <sloy/data_view.h>

#include <algorithm>

#include "data/example_memory.h"

namespace sloy::data {
namespace {

std::int32_t class_of(const Tensor& target) {
  if (target.size() == 1) return static_cast<std::int32_t>(target.item());
  const std::span<const float> row = target.values<float>();
  return static_cast<std::int32_t>(std::ranges::max_element(row) - row.begin());
}

}  // namespace

std::vector<std::int32_t> class_labels(const Dataset& dataset) {
  const Spec& spec = dataset.spec();
  if (spec.num_classes == 0 || spec.targets.empty()) return {};
  const Type& target = spec.targets[0];
  const std::int64_t numbers = target.shape.size();
  if (!is_float(target.dtype)) return numbers == 1 ? dataset.labels() : std::vector<std::int32_t>();
  const bool is_binary = numbers == 1 && spec.num_classes == 2;
  const bool is_row = numbers == spec.num_classes && target.dtype == DType::float32;
  if (!is_binary && !is_row) return {};
  std::vector<std::int32_t> labels;
  const ExampleMemory memory(spec);
  for (std::int64_t index = 0; index < dataset.size(); ++index) {
    dataset.read(index, memory.slot());
    labels.push_back(class_of(memory.tensors().targets[0]));
  }
  return labels;
}

std::vector<std::int64_t> spread(std::int64_t all, std::int64_t count) {
  count = std::min(all, count);
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(i * all / count);
  return numbers;
}

std::vector<Group> groups_of(const Dataset& dataset, std::int64_t count) {
  const std::vector<std::int32_t> labels = class_labels(dataset);
  if (labels.empty()) {
    return {{.name = {}, .size = dataset.size(), .shown = spread(dataset.size(), count)}};
  }
  const Spec& spec = dataset.spec();
  std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(spec.num_classes));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    if (label < members.size()) members[label].push_back(static_cast<std::int64_t>(i));
  }
  std::vector<Group> groups;
  for (std::size_t c = 0; c < members.size(); ++c) {
    if (members[c].empty()) continue;
    Group group{.name = spec.class_name(static_cast<std::int64_t>(c)),
                .size = std::ssize(members[c]),
                .shown = {}};
    for (const std::int64_t place : spread(group.size, count)) {
      group.shown.push_back(members[c][static_cast<std::size_t>(place)]);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace sloy::data
