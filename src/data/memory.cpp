#include "data/memory.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <cassert>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/limits.h"
#include "base/parallel.h"
#include "data/example_memory.h"

namespace sloy::data {
namespace {

/// Below this many bytes a second thread copies nothing faster.
constexpr std::int64_t bytes_a_thread = 1 << 18;

/// The type of one row of a tensor whose first dimension counts examples.
Type row_type(const Tensor& rows) { return {rows.dtype(), rows.shape().without(0)}; }

/// Tensors whose first dimension counts the examples.
struct Rows {
  std::vector<Tensor> tensors;
  std::vector<std::size_t> bytes;  ///< of one example

  explicit Rows(std::vector<Tensor> given) : tensors(std::move(given)) {
    for (const Tensor& tensor : tensors) bytes.push_back(row_type(tensor).bytes());
  }
  void read(std::int64_t index, std::span<const std::span<std::byte>> spans) const {
    for (std::size_t part = 0; part < spans.size(); ++part) {
      std::memcpy(spans[part].data(),
                  tensors[part].data() + static_cast<std::size_t>(index) * bytes[part],
                  bytes[part]);
    }
  }
};

struct InMemory {
  Rows features;
  Rows targets;
  Rows weights;
  Spec row;

  InMemory(Example rows, Spec spec_given)
      : features(std::move(rows.features)),
        targets(std::move(rows.targets)),
        weights(std::move(rows.weights)),
        row(std::move(spec_given)) {}

  std::int64_t size() const { return features.tensors.front().shape().size(0); }
  const Spec& spec() const { return row; }
  bool is_in_memory() const { return true; }
  void read(std::int64_t index, const Slot& slot) const {
    features.read(index, slot.features);
    targets.read(index, slot.targets);
    weights.read(index, slot.weights);
  }
  std::optional<std::int32_t> label(std::int64_t index) const {
    if (targets.tensors.empty() || targets.tensors.front().dtype() != DType::int32) return {};
    return targets.tensors.front().values<std::int32_t>()[static_cast<std::size_t>(index)];
  }
};

Types row_types(const std::vector<Tensor>& tensors) {
  std::vector<Type> types;
  for (const Tensor& tensor : tensors) types.push_back(row_type(tensor));
  return Types(std::move(types));
}

struct Weighted {
  Dataset base;
  Rows weights;

  std::int64_t size() const { return base.size(); }
  Spec spec() const {
    Spec spec = base.spec();
    spec.weights = row_types(weights.tensors);
    return spec;
  }
  bool is_in_memory() const { return base.is_in_memory(); }
  void read(std::int64_t index, const Slot& slot) const {
    base.read(
        index,
        {.features = slot.features, .targets = slot.targets, .weights = {}, .epoch = slot.epoch});
    weights.read(index, slot.weights);
  }
  std::int32_t label(std::int64_t index) const { return base.label(index); }
  std::string name(std::int64_t index) const { return base.name(index); }
};

struct WithSpec {
  Dataset base;
  Spec given;

  std::int64_t size() const { return base.size(); }
  const Spec& spec() const { return given; }
  bool is_in_memory() const { return base.is_in_memory(); }
  void read(std::int64_t index, const Slot& slot) const { base.read(index, slot); }
  std::int32_t label(std::int64_t index) const { return base.label(index); }
  std::string name(std::int64_t index) const { return base.name(index); }
};

/// Where the examples of rows lie, to write them.
class Cursor {
 public:
  explicit Cursor(std::vector<Tensor>& rows) : spans_(rows.size()) {
    for (Tensor& tensor : rows) {
      first_.push_back(tensor.mutable_data());
      bytes_.push_back(row_type(tensor).bytes());
    }
  }
  std::span<const std::span<std::byte>> at(std::int64_t index) {
    for (std::size_t part = 0; part < spans_.size(); ++part) {
      spans_[part] = {first_[part] + static_cast<std::size_t>(index) * bytes_[part], bytes_[part]};
    }
    return spans_;
  }
  std::size_t example_bytes() const {
    return std::accumulate(bytes_.begin(), bytes_.end(), std::size_t{0});
  }

 private:
  std::vector<std::byte*> first_;
  std::vector<std::size_t> bytes_;
  std::vector<std::span<std::byte>> spans_;
};

/// Tensors for so many examples of these types.
std::vector<Tensor> allocate_rows(const Types& types, std::int64_t count) {
  std::vector<Tensor> rows;
  for (const Type& type : types) rows.emplace_back(type.dtype, rows_of(type, count).shape);
  return rows;
}

/// All examples.
Example read_all(const Dataset& dataset) {
  const Spec& spec = dataset.spec();
  Example rows{.features = allocate_rows(spec.features, dataset.size()),
               .targets = allocate_rows(spec.targets, dataset.size()),
               .weights = allocate_rows(spec.weights, dataset.size())};
  const Cursor all_features(rows.features), all_targets(rows.targets), all_weights(rows.weights);
  const std::size_t example_bytes =
      all_features.example_bytes() + all_targets.example_bytes() + all_weights.example_bytes();
  const auto least =
      bytes_a_thread / std::max<std::int64_t>(1, static_cast<std::int64_t>(example_bytes));
  parallel_for(dataset.size(), least, [&](std::int64_t first, std::int64_t last) {
    Cursor features = all_features, targets = all_targets, weights = all_weights;
    for (std::int64_t index = first; index < last; ++index) {
      dataset.read(index, {.features = features.at(index),
                           .targets = targets.at(index),
                           .weights = weights.at(index)});
    }
  });
  return rows;
}

/// float32 of float64. Throws DataError where a number is too large for it.
Tensor narrowed(const Tensor& given, std::string_view what) {
  Tensor narrow = given.cast(DType::float32);
  const auto numbers = given.values<double>();
  const auto held = narrow.values<float>();
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (!std::isinf(held[i]) || std::isinf(numbers[i])) continue;
    const std::size_t row = i / (held.size() / static_cast<std::size_t>(given.shape().size(0)));
    throw DataError(
        fmt::format("a number of the {} is too large for float32", what),
        {{"row", std::to_string(row), "counted from 0"}, {"number", fmt::format("{}", numbers[i])}},
        "scale the data");
  }
  return narrow;
}

/// The same, and float64 becomes what models take.
void prepare_rows(Tensor& given, const Tensor& features, std::string_view what) {
  check_rows(features.type(), given.type(), what);
  if (given.dtype() == DType::float64) given = narrowed(given, what);
}

/// Whether these are integers, one for each example.
bool are_labels(const Tensor& target) {
  return !is_float(target.dtype()) && target.size() == target.shape().size(0);
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
    if (label >= limits.classes) {
      throw DataError(
          fmt::format("label {} is too large: there can be {} classes", label, limits.classes),
          {place(row)}, "correct the label, or number the classes from 0 without gaps");
    }
    largest = std::max(largest, label);
  }
  return num_names != 0 ? static_cast<int>(num_names) : largest + 1;
}

/// The shape of weights, (examples, …), without the last axis where that is a target's single
/// number: losses are means over it.
Shape shape_of_losses(const Spec& spec, const Shape& weights) {
  const Shape example = weights.without(0);
  for (const Type& target : spec.targets) {
    if (target.dtype == DType::float32 && target.shape == example && example.rank() > 0 &&
        example.size(example.rank() - 1) == 1) {
      return weights.without(weights.rank() - 1);
    }
  }
  return weights;
}

}  // namespace

void check_rows(const Type& features, const Type& given, std::string_view what) {
  std::vector<Note> notes{{"features", to_string(features)}};
  if (what != "features" || given != features) {
    notes.push_back({std::string(what), to_string(given)});
  }
  if (features.shape.rank() == 0 || given.shape.rank() == 0) {
    throw DataError("a data set's first dimension counts its examples, a scalar has none", notes,
                    "give an array with a row for each example");
  }
  if (features.shape[0] == given.shape[0]) return;
  throw DataError(fmt::format("there are {} examples, but {} {}", features.shape.size(0),
                              given.shape.size(0), what),
                  notes,
                  what == "targets" ? "give each example its target"
                                    : "give every input a row for each example");
}

Dataset labelled(Tensor features, Tensor labels, std::vector<std::string> class_names,
                 const std::string& file) {
  try {
    check_rows(features.type(), labels.type(), "targets");
  } catch (DataError& error) {
    error.add({"file", file});
    throw;
  }
  labels = labels.cast(DType::int32).reshaped({labels.shape()[0]});
  const int num_classes = check_labels(labels.values<std::int32_t>(), class_names.size(), file);
  Spec spec{row_type(features), row_type(labels), num_classes, std::move(class_names)};
  return InMemory(
      {.features = {std::move(features)}, .targets = {std::move(labels)}, .weights = {}},
      std::move(spec));
}

int count_classes(const Tensor& labels, const std::vector<std::string>& class_names,
                  const std::string& file) {
  const Tensor integers = labels.cast(DType::int32);
  return check_labels(integers.values<std::int32_t>(), class_names.size(), file);
}

Dataset with_classes(const Dataset& dataset, int num_classes) {
  Spec spec = dataset.spec();
  spec.num_classes = num_classes;
  return with_spec(dataset, std::move(spec));
}

Dataset with_spec(const Dataset& dataset, Spec spec) { return WithSpec{dataset, std::move(spec)}; }

Dataset from_tensors(Tensor features, Tensor target, std::vector<std::string> class_names) {
  return from_tensors(std::vector{std::move(features)}, std::vector{std::move(target)},
                      std::move(class_names));
}

Dataset from_tensors(std::vector<Tensor> features, std::vector<Tensor> targets,
                     std::vector<std::string> class_names) {
  if (features.empty()) throw DataError("a data set needs features");
  for (Tensor& given : features) prepare_rows(given, features.front(), "features");
  for (Tensor& given : targets) prepare_rows(given, features.front(), "targets");
  int num_classes = static_cast<int>(class_names.size());
  for (Tensor& target : targets) {
    if (!are_labels(target)) continue;
    const bool has_names = &target == &targets.front();
    target = target.cast(DType::int32).reshaped({target.shape()[0]});
    const int classes =
        check_labels(target.values<std::int32_t>(), has_names ? class_names.size() : 0, {});
    if (has_names) num_classes = classes;
  }
  Spec spec{.features = row_types(features),
            .targets = row_types(targets),
            .num_classes = num_classes,
            .class_names = std::move(class_names)};
  return InMemory({.features = std::move(features), .targets = std::move(targets), .weights = {}},
                  std::move(spec));
}

Dataset from_tensors(Tensor features) {
  return from_tensors(std::vector{std::move(features)}, std::vector<Tensor>{});
}

Dataset from_tensors(std::vector<Tensor> features) {
  return from_tensors(std::move(features), std::vector<Tensor>{});
}

Dataset Dataset::weighted(const Tensor& weights) const {
  if (!spec().weights.empty()) throw DataError("the examples have weights already");
  if (weights.shape().rank() == 0 || weights.shape().size(0) != size()) {
    throw DataError("each example needs a weight",
                    {{"examples", std::to_string(size())}, {"weights", to_string(weights.type())}});
  }
  const Tensor numbers = weights.cast(DType::float32);
  const auto values = numbers.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && std::isfinite(values[i])) continue;
    const std::size_t each = values.size() / static_cast<std::size_t>(size());
    throw DataError(fmt::format("a weight can't be {}", values[i]),
                    {{"example", std::to_string(i / each), "counted from 0"}},
                    "give numbers of 0 or more");
  }
  return Weighted{*this, Rows({numbers.reshaped(shape_of_losses(spec(), weights.shape()))})};
}

Dataset Dataset::cached() const {
  if (empty() || is_in_memory()) return *this;
  return InMemory(read_all(*this), spec());
}

std::vector<Tensor> Dataset::features() const {
  std::vector<Tensor> rows = allocate_rows(spec().features, size());
  Cursor features(rows);
  const Scratch targets(spec().targets);
  const Scratch weights(spec().weights);
  for (std::int64_t index = 0; index < size(); ++index) {
    read(index,
         {.features = features.at(index), .targets = targets.spans(), .weights = weights.spans()});
  }
  return rows;
}

}  // namespace sloy::data
