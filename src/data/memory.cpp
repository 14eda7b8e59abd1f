#include "data/memory.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <cassert>
#include <cstring>

#include "base/parallel.h"

namespace sloy::data {
namespace {

/// Below this many bytes a second thread copies nothing faster.
constexpr std::int64_t bytes_a_thread = 1 << 18;

/// More are a slip in a file: every class takes memory for its name and its counts.
constexpr std::int32_t most_classes = 1 << 24;

/// The type of one row of a tensor whose first dimension counts examples.
Type row_type(const Tensor& rows) { return {rows.dtype(), rows.shape().without(0)}; }

struct InMemory {
  Tensor features;
  Tensor target;
  Spec row;
  std::size_t feature_bytes;
  std::size_t target_bytes;

  InMemory(Tensor features_given, Tensor target_given, Spec spec_given)
      : features(std::move(features_given)),
        target(std::move(target_given)),
        row(std::move(spec_given)) {
    const auto rows = std::max<std::size_t>(static_cast<std::size_t>(size()), 1);
    feature_bytes = features.bytes() / rows;
    target_bytes = target.bytes() / rows;
  }

  std::int64_t size() const { return features.shape().size(0); }
  const Spec& spec() const { return row; }
  bool is_in_memory() const { return true; }
  void read(std::int64_t index, const Slot& slot) const {
    std::memcpy(slot.features.data(), features.data() + index * feature_bytes, feature_bytes);
    std::memcpy(slot.target.data(), target.data() + index * target_bytes, target_bytes);
  }
};

struct WithClasses {
  Dataset base;
  int num_classes;

  std::int64_t size() const { return base.size(); }
  Spec spec() const {
    Spec spec = base.spec();
    spec.num_classes = num_classes;
    return spec;
  }
  bool is_in_memory() const { return base.is_in_memory(); }
  void read(std::int64_t index, const Slot& slot) const { base.read(index, slot); }
};

void check_rows(const Tensor& features, const Tensor& target, const std::string& file) {
  if (features.shape().rank() == 0 || target.shape().rank() == 0) {
    throw DataError(
        "a data set's first dimension counts its examples, a scalar has none",
        {{"features", to_string(features.type())}, {"target", to_string(target.type())}});
  }
  if (features.shape()[0] == target.shape()[0]) return;
  DataError error(fmt::format("there are {} examples, but {} targets", features.shape().size(0),
                              target.shape().size(0)),
                  {{"features", to_string(features.type())}, {"target", to_string(target.type())}},
                  "give each example its target");
  if (!file.empty()) error.add({"targets", file});
  throw error;
}

/// The number of classes: of the names, or else the largest label's plus one.
int check_labels(std::span<const std::int32_t> labels, std::size_t num_names,
                 const std::string& file) {
  const auto place = [&](std::size_t row) {
    return Note{"row", std::to_string(row), "counted from 0" + (file.empty() ? "" : " in " + file)};
  };
  std::int32_t largest = -1;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::int32_t label = labels[row];
    if (label < 0) {
      throw DataError(fmt::format("{} is no class label: they count from 0", label), {place(row)},
                      "correct the label");
    }
    if (num_names != 0 && label >= static_cast<std::int64_t>(num_names)) {
      throw DataError(
          fmt::format("label {} is out of range: there are {} classes", label, num_names),
          {place(row), {"needed", fmt::format("0 to {}", num_names - 1)}},
          "name every class, or count labels from 0");
    }
    if (label >= most_classes) {
      throw DataError(
          fmt::format("label {} is too large: there can be {} classes", label, most_classes),
          {place(row)}, "correct the label, or number the classes from 0 without gaps");
    }
    largest = std::max(largest, label);
  }
  return num_names != 0 ? static_cast<int>(num_names) : largest + 1;
}

}  // namespace

Dataset labelled(Tensor features, Tensor labels, std::vector<std::string> class_names,
                 const std::string& file) {
  check_rows(features, labels, file);
  labels = labels.cast(DType::int32).reshaped({labels.shape()[0]});
  const int num_classes = check_labels(labels.values<std::int32_t>(), class_names.size(), file);
  Spec spec{row_type(features), row_type(labels), num_classes, std::move(class_names)};
  return InMemory(std::move(features), std::move(labels), std::move(spec));
}

int count_classes(const Tensor& labels, const std::vector<std::string>& class_names,
                  const std::string& file) {
  const Tensor integers = labels.cast(DType::int32);
  return check_labels(integers.values<std::int32_t>(), class_names.size(), file);
}

Dataset with_classes(const Dataset& dataset, int num_classes) {
  return WithClasses{dataset, num_classes};
}

Dataset from_tensors(Tensor features, Tensor target, std::vector<std::string> class_names) {
  check_rows(features, target, {});
  for (Tensor* given : {&features, &target}) {
    if (given->dtype() == DType::float64) *given = given->cast(DType::float32);
  }
  const bool is_label = !is_float(target.dtype()) && target.size() == target.shape().size(0);
  if (is_label) return labelled(std::move(features), std::move(target), std::move(class_names), {});
  const int num_classes = static_cast<int>(class_names.size());
  Spec spec{row_type(features), row_type(target), num_classes, std::move(class_names)};
  return InMemory(std::move(features), std::move(target), std::move(spec));
}

Dataset Dataset::cached() const {
  if (empty() || is_in_memory()) return *this;
  const auto rows_of = [&](const Type& type) {
    std::vector<Dim> dims{size()};
    dims.insert(dims.end(), type.shape.begin(), type.shape.end());
    return Tensor(type.dtype, Shape(dims));
  };
  InMemory copy(rows_of(spec().features), rows_of(spec().target), spec());
  std::byte* features = copy.features.mutable_data();
  std::byte* target = copy.target.mutable_data();
  const auto example_bytes = static_cast<std::int64_t>(copy.feature_bytes + copy.target_bytes);
  parallel_for(size(), bytes_a_thread / std::max<std::int64_t>(example_bytes, 1),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t index = first; index < last; ++index) {
                   read(index, {{features + index * copy.feature_bytes, copy.feature_bytes},
                                {target + index * copy.target_bytes, copy.target_bytes}});
                 }
               });
  return copy;
}

}  // namespace sloy::data
