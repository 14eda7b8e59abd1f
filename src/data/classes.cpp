/// Data sets by the classes of their examples.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "data/example_memory.h"
#include "data/held_out.h"
#include "data/labels.h"
#include "tensor/permutation.h"

namespace sloy::data {
namespace {

using Numbers = std::vector<std::int64_t>;

/// The numbers of the examples of each class, in their order.
std::vector<Numbers> by_class(const Dataset& dataset) {
  std::vector<Numbers> members(static_cast<std::size_t>(dataset.spec().num_classes));
  const std::vector<std::int32_t> labels = dataset.labels();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
  }
  return members;
}

/// The same numbers in an order that the key and the class decide.
Numbers mixed_order(const Numbers& members, std::uint64_t seed, std::size_t of_class) {
  if (members.empty()) return {};
  const Permutation order(members.size(), random_key(seed, Purpose::split, of_class + 1));
  Numbers mixed;
  for (std::uint64_t i = 0; i < members.size(); ++i) mixed.push_back(members[order(i)]);
  return mixed;
}

/// How many of each class are held out: the share of each, rounded so that all together are the
/// share of the set (the largest remainders are rounded up), as far as each class keeps one.
Numbers shares(const std::vector<Numbers>& members, double fraction, std::int64_t wanted) {
  Numbers counts;
  std::vector<std::pair<double, std::size_t>> remainders;
  for (std::size_t c = 0; c < members.size(); ++c) {
    const double exact = fraction * static_cast<double>(members[c].size());
    counts.push_back(static_cast<std::int64_t>(exact));
    remainders.emplace_back(static_cast<double>(counts.back()) - exact, c);
  }
  std::sort(remainders.begin(), remainders.end());
  const std::int64_t left = wanted - std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  for (std::int64_t i = 0; i < left; ++i) ++counts[remainders[static_cast<std::size_t>(i)].second];
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const auto size = static_cast<std::int64_t>(members[c].size());
    counts[c] = std::min(counts[c], std::max<std::int64_t>(size - 1, 0));
  }
  return counts;
}

/// Examples of some classes, whose labels are others than in the set they are from.
struct Relabelled {
  Dataset base;
  Numbers indices;
  std::vector<std::int32_t> label_of;  ///< by the label in `base`
  std::vector<std::string> names;

  std::int64_t size() const { return static_cast<std::int64_t>(indices.size()); }
  Spec spec() const {
    Spec spec = base.spec();
    spec.num_classes = static_cast<int>(names.size());
    spec.class_names = names;
    return spec;
  }
  bool is_in_memory() const { return base.is_in_memory(); }
  std::int32_t label(std::int64_t index) const {
    return label_of[static_cast<std::size_t>(base.label(indices[static_cast<std::size_t>(index)]))];
  }
  std::string name(std::int64_t index) const {
    return base.name(indices[static_cast<std::size_t>(index)]);
  }
  void read(std::int64_t index, const Slot& slot) const {
    base.read(indices[static_cast<std::size_t>(index)], slot);
    if (base.spec().targets[0].dtype == DType::uint8) {
      relabel(slot.target_as<std::uint8_t>());
    } else {
      relabel(slot.target_as<std::int32_t>());
    }
  }

 private:
  template <class T>
  void relabel(std::span<T> target) const {
    target[0] = static_cast<T>(label_of[static_cast<std::size_t>(target[0])]);
  }
};

}  // namespace

bool is_label(const Spec& spec) {
  return spec.num_classes > 0 && !spec.targets.empty() && !is_float(spec.targets[0].dtype) &&
         spec.targets[0].shape.size() == 1;
}

void check_class_names(const std::vector<std::string>& names) {
  const std::set<std::string> different(names.begin(), names.end());
  if (different.size() == names.size()) return;
  throw ConfigError("a class is named twice in class_names", {}, "name each class once");
}

void check_label(std::int32_t label, int num_classes) {
  if (label >= 0 && label < num_classes) return;
  throw DataError(fmt::format("label {} is out of range: there are {} classes", label, num_classes),
                  {}, "correct the label, or the number of classes");
}

std::int32_t Dataset::label(std::int64_t index) const {
  if (const std::optional<std::int32_t> known = held_->label(index)) return *known;
  const Example example = (*this)[index];
  return static_cast<std::int32_t>(example.targets[0].item());
}

std::vector<std::int32_t> Dataset::labels() const {
  if (!is_label(spec())) {
    throw DataError("the examples have no class labels", {{"targets", to_string(spec().targets)}},
                    "give integers as targets, one for each example");
  }
  std::vector<std::int32_t> labels;
  labels.reserve(static_cast<std::size_t>(size()));
  for (std::int64_t index = 0; index < size(); ++index) {
    const std::int32_t found = label(index);
    try {
      check_label(found, spec().num_classes);
    } catch (DataError& error) {
      error.add({"example", std::to_string(index), "counted from 0"});
      throw;
    }
    labels.push_back(found);
  }
  return labels;
}

Split Dataset::stratified_split(double fraction, std::uint64_t seed) const {
  const std::int64_t tests = held_out(fraction, size());
  const std::vector<Numbers> members = by_class(*this);
  const Numbers counts = shares(members, fraction, tests);
  const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  if (all == 0 || all == size()) {
    throw DataError(fmt::format("{} of {} examples can't be held out", fraction, size()), {},
                    "choose a fraction that leaves at least one example on either side, and one of "
                    "every class to learn from");
  }
  Numbers kept, held;
  for (std::size_t c = 0; c < members.size(); ++c) {
    const Numbers mixed = mixed_order(members[c], seed, c);
    const auto border = mixed.end() - counts[c];
    kept.insert(kept.end(), mixed.begin(), border);
    held.insert(held.end(), border, mixed.end());
  }
  // In the order of the set: a subset that is read through reads its files in their order.
  std::sort(kept.begin(), kept.end());
  std::sort(held.begin(), held.end());
  return {.train = subset(std::move(kept)), .test = subset(std::move(held))};
}

Dataset Dataset::only_classes(const std::vector<std::string>& names) const {
  const std::vector<std::string>& known = spec().class_names;
  const std::vector<std::string_view> known_views(known.begin(), known.end());
  std::vector<std::int32_t> label_of(static_cast<std::size_t>(spec().num_classes), -1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = std::find(known.begin(), known.end(), names[i]);
    if (found == known.end()) {
      throw DataError(fmt::format("there is no class '{}'", names[i]),
                      {{"classes", fmt::format("{}", fmt::join(known, ", "))}},
                      did_you_mean(names[i], known_views, "name some of the classes"));
    }
    std::int32_t& label = label_of[static_cast<std::size_t>(found - known.begin())];
    if (label >= 0) {
      throw DataError(fmt::format("the class '{}' is named twice", names[i]), {},
                      "name each class once");
    }
    label = static_cast<std::int32_t>(i);
  }
  Numbers indices;
  const std::vector<std::int32_t> all = labels();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (label_of[static_cast<std::size_t>(all[i])] >= 0) {
      indices.push_back(static_cast<std::int64_t>(i));
    }
  }
  return Relabelled{*this, std::move(indices), std::move(label_of), names};
}

Dataset Dataset::balanced(std::uint64_t seed) const {
  const std::vector<Numbers> members = by_class(*this);
  std::size_t most = 0;
  for (const Numbers& of_class : members) most = std::max(most, of_class.size());
  Numbers indices;
  for (std::size_t c = 0; c < members.size(); ++c) {
    if (members[c].empty()) continue;
    const Numbers mixed = mixed_order(members[c], seed, c);
    for (std::size_t i = 0; i < most; ++i) indices.push_back(mixed[i % mixed.size()]);
  }
  return subset(std::move(indices)).shuffled(seed);
}

Dataset Dataset::filtered(const std::function<bool(const Example&)>& is_wanted) const {
  Numbers indices;
  for (std::int64_t index = 0; index < size(); ++index) {
    if (is_wanted((*this)[index])) indices.push_back(index);
  }
  return subset(std::move(indices));
}

}  // namespace sloy::data
