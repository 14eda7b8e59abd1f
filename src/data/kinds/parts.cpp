#include "data/kinds/parts.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>

#include "base/words.h"
#include "data/memory.h"

namespace sloy::data {
namespace {

void check_kind(const Spec& train, const Spec& other, std::string_view part) {
  const auto check = [&](const Types& learned, const Types& measured, std::string_view what) {
    if (learned == measured) return;
    throw DataError(
        fmt::format("the {} of the {} data are of another kind than those to learn from", what,
                    part),
        {{"training", to_string(learned)}, {std::string(part), to_string(measured)}},
        "take both from the same set");
  };
  check(train.features, other.features, "features");
  check(train.targets, other.targets, "targets");
}

struct Numbered {
  Dataset base;
  std::string file;

  std::int64_t size() const { return base.size(); }
  const Spec& spec() const { return base.spec(); }
  bool is_in_memory() const { return base.is_in_memory(); }
  void read(std::int64_t index, const Slot& slot) const { base.read(index, slot); }
  std::int32_t label(std::int64_t index) const { return base.label(index); }
  std::string name(std::int64_t index) const { return fmt::format("{}[{}]", file, index); }
};

}  // namespace

Parts alike(Parts parts) {
  const Spec& train = parts.train.spec();
  int classes = train.num_classes;
  for (const auto& [part, name] :
       {std::pair{&parts.validation, "validation"}, std::pair{&parts.test, "test"}}) {
    if (part->empty()) continue;
    check_kind(train, part->spec(), name);
    classes = std::max(classes, part->spec().num_classes);
  }
  for (Dataset* part : {&parts.train, &parts.validation, &parts.test}) {
    if (!part->empty() && part->spec().num_classes < classes) *part = with_classes(*part, classes);
  }
  return parts;
}

void check_test_split(double fraction) {
  if (fraction >= 0 && fraction < 1) return;
  throw ConfigError(fmt::format("test_split can't be {}", fraction), {}, "give a share in [0, 1)");
}

Parts with_test_split(Parts parts, double fraction) {
  if (fraction == 0) return parts;
  if (!parts.test.empty()) {
    throw ConfigError("test_split is of data without a test part, these have one", {},
                      "leave test_split out");
  }
  // Not the recipe's seed: runs with different seeds are measured on the same examples.
  constexpr std::uint64_t seed = 0;
  try {
    Split split = parts.train.spec().num_classes > 0 ? parts.train.stratified_split(fraction, seed)
                                                     : parts.train.split(fraction, seed);
    parts.train = std::move(split.train);
    parts.test = std::move(split.test);
    return parts;
  } catch (DataError& error) {
    error.add({"key", "test_split"});
    throw;
  }
}

Dataset numbered(const Dataset& rows, std::string file) { return Numbered{rows, std::move(file)}; }

bool may_be_classes(std::size_t different, std::int64_t examples) {
  return different >= 2 && different <= most_probable_classes &&
         static_cast<std::int64_t>(different) * 5 <= examples;
}

void tell_channels_first(Parts& parts) {
  const Types& features = parts.train.spec().features;
  if (features.size() != 1 || features[0].shape.rank() != 3) return;
  const Shape& shape = features[0].shape;
  constexpr std::int64_t most_channels = 4;
  const bool is_usual = shape.size(0) == 1 || shape.size(0) == 3;
  const bool is_last = shape.size(1) <= most_channels || shape.size(2) <= most_channels;
  if (!is_usual || is_last) return;
  parts.notices.push_back(
      Notice(fmt::format("the images have {} and {} channels: those are probably first, not last",
                         counted(static_cast<std::uint64_t>(shape.size(0)), "row"), shape.size(2)),
             {{"features", to_string(features)}, {"needed", "(height, width, channels)"}},
             "write them so: x.transpose(0, 2, 3, 1)"));
}

void tell_unused_first_class(Parts& parts) {
  const Spec& spec = parts.train.spec();
  const bool are_labels = spec.num_classes > 1 && !spec.targets.empty() &&
                          !is_float(spec.targets[0].dtype) && spec.targets[0].shape.size() == 1;
  if (!are_labels || parts.train.empty()) return;
  const std::vector<std::int32_t> labels = parts.train.labels();
  const auto [least, most] = std::ranges::minmax_element(labels);
  if (*least == 0) return;
  parts.notices.push_back(Notice(
      fmt::format("no example to learn from is of class 0, the labels are {} to {}", *least, *most),
      {{"classes", std::to_string(spec.num_classes)},
       {"examples", std::to_string(parts.train.size())}},
      "where they count from 1, take 1 from each: a class that never comes takes a share of "
      "every prediction"));
}

Header alike(Header train, const Header& other, std::string_view part) {
  check_kind(train.spec, other.spec, part);
  train.spec.num_classes = std::max(train.spec.num_classes, other.spec.num_classes);
  return train;
}

}  // namespace sloy::data
