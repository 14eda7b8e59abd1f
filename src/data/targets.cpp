/// Data sets whose examples are to be answered otherwise than by their own targets.
#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <algorithm>
#include <cstring>

#include "data/example_memory.h"

namespace sloy::data {
namespace {

void copy(std::span<const std::span<std::byte>> from, std::span<const std::span<std::byte>> to) {
  for (std::size_t part = 0; part < from.size(); ++part) {
    std::memcpy(to[part].data(), from[part].data(), from[part].size());
  }
}

/// Examples whose targets are some of what they have, features among it.
struct Targeting {
  Dataset base;
  std::vector<Target> which;

  std::int64_t size() const { return base.size(); }
  Spec spec() const {
    Spec spec = base.spec();
    spec.first_reproduced.reset();
    std::vector<Type> targets;
    for (Target target : which) {
      const bool is_features = target == Target::features;
      const std::optional<int> first = is_features ? 0 : base.spec().first_reproduced;
      if (first && !spec.first_reproduced) {
        spec.first_reproduced = static_cast<int>(targets.size()) + *first;
      }
      const Types& types = is_features ? base.spec().features : base.spec().targets;
      targets.insert(targets.end(), types.begin(), types.end());
    }
    spec.targets = Types(std::move(targets));
    if (which.front() == Target::features) {
      spec.num_classes = 0;
      spec.class_names.clear();
    }
    return spec;
  }
  bool is_in_memory() const { return base.is_in_memory(); }
  std::string name(std::int64_t index) const { return base.name(index); }
  void read(std::int64_t index, const Slot& slot) const {
    const Scratch own(base.spec().targets);
    base.read(index, {.features = slot.features,
                      .targets = own.spans(),
                      .weights = slot.weights,
                      .epoch = slot.epoch});
    std::size_t next = 0;
    for (Target target : which) {
      const std::span<const std::span<std::byte>> from =
          target == Target::features ? slot.features : own.spans();
      copy(from, slot.targets.subspan(next, from.size()));
      next += from.size();
    }
  }
};

bool are_labels(const Spec& spec) {
  if (spec.num_classes == 0 || spec.targets.empty()) return false;
  const DType dtype = spec.targets[0].dtype;
  return dtype == DType::int32 || dtype == DType::uint8;
}

void check_labels(const Spec& spec, LabelMode mode) {
  const std::string_view form = enum_names(mode)[static_cast<std::size_t>(mode)];
  if (!are_labels(spec)) {
    throw DataError(
        fmt::format("the first target is no class label, which could become {}", form),
        {{"targets", to_string(spec.targets)}, {"classes", std::to_string(spec.num_classes)}},
        "leave the targets as they are; data of your own say in their spec how many classes "
        "there are");
  }
  if (mode == LabelMode::binary && spec.num_classes != 2) {
    throw DataError(
        fmt::format("binary labels are of two classes, the data have {}", spec.num_classes), {},
        "make them rows: data.one_hot(), in a recipe label_mode = \"categorical\", "
        "with a unit of the last layer for each class");
  }
}

/// Examples whose class labels are rows of float32: one-hot, or of one number.
class Labelled {
 public:
  Labelled(Dataset base, LabelMode mode) : base_(std::move(base)), mode_(mode) {}

  std::int64_t size() const { return base_.size(); }
  Spec spec() const {
    Spec spec = base_.spec();
    std::vector<Type> targets(spec.targets.begin(), spec.targets.end());
    targets[0].dtype = DType::float32;
    targets[0].shape.push_back(numbers_a_label());
    spec.targets = Types(std::move(targets));
    return spec;
  }
  bool is_in_memory() const { return base_.is_in_memory(); }
  std::string name(std::int64_t index) const { return base_.name(index); }
  void read(std::int64_t index, const Slot& slot) const {
    const Scratch own(base_.spec().targets);
    base_.read(index, {.features = slot.features,
                       .targets = own.spans(),
                       .weights = slot.weights,
                       .epoch = slot.epoch});
    const Slot labels{.features = {}, .targets = own.spans()};
    if (base_.spec().targets[0].dtype == DType::uint8) {
      write<std::uint8_t>(labels.target_as<std::uint8_t>(), slot.target_as<float>());
    } else {
      write<std::int32_t>(labels.target_as<std::int32_t>(), slot.target_as<float>());
    }
    copy(own.spans().subspan(1), slot.targets.subspan(1));
  }

 private:
  std::int64_t numbers_a_label() const {
    return mode_ == LabelMode::binary ? 1 : base_.spec().num_classes;
  }

  template <class T>
  void write(std::span<const T> labels, std::span<float> rows) const {
    const auto width = static_cast<std::size_t>(numbers_a_label());
    std::fill(rows.begin(), rows.end(), 0.0f);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto label = static_cast<std::int64_t>(labels[i]);
      check(label);
      if (mode_ == LabelMode::binary) {
        rows[i] = static_cast<float>(label);
      } else {
        rows[i * width + static_cast<std::size_t>(label)] = 1;
      }
    }
  }

  void check(std::int64_t label) const {
    const int classes = base_.spec().num_classes;
    if (0 <= label && label < classes) return;
    throw DataError(fmt::format("the label {} is not one of the {} classes", label, classes),
                    {{"classes", fmt::format("0 to {}", classes - 1)}},
                    "correct the label, or the number of classes");
  }

  Dataset base_;
  LabelMode mode_;
};

}  // namespace

Dataset Dataset::targeting(std::vector<Target> which) const {
  if (which.empty()) {
    throw DataError("targeting names nothing that a model is to give", {},
                    "name Target::targets, Target::features or both");
  }
  return Targeting{*this, std::move(which)};
}

Dataset Dataset::labelled(LabelMode mode) const {
  if (mode == LabelMode::integer) return *this;
  check_labels(spec(), mode);
  return Labelled(*this, mode);
}

}  // namespace sloy::data
