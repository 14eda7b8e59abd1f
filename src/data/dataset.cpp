#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <cassert>

#include "data/example_memory.h"
#include "data/held_out.h"
#include "tensor/permutation.h"

namespace sloy::data {
namespace {

/// Some examples of another data set; `index_of` says which.
template <class IndexOf>
struct View {
  Dataset base;
  std::int64_t count;
  IndexOf index_of;

  std::int64_t size() const { return count; }
  const Spec& spec() const { return base.spec(); }
  void read(std::int64_t index, Slot slot) const { base.read(index_of(index), slot); }
  bool is_in_memory() const { return base.is_in_memory(); }
  std::int32_t label(std::int64_t index) const { return base.label(index_of(index)); }
  std::string name(std::int64_t index) const { return base.name(index_of(index)); }
};

template <class IndexOf>
View<IndexOf> view(const Dataset& base, std::int64_t count, IndexOf index_of) {
  return {base, count, std::move(index_of)};
}

[[maybe_unused]] bool fits(std::span<const std::span<std::byte>> parts, const Types& types) {
  return std::equal(
      parts.begin(), parts.end(), types.begin(), types.end(),
      [](std::span<std::byte> part, const Type& type) { return part.size() == type.bytes(); });
}

}  // namespace

std::string to_string(const Types& types) {
  std::string text;
  for (const Type& type : types) text += (text.empty() ? "" : ", ") + to_string(type);
  return text.empty() ? "none" : text;
}

const Spec& Dataset::spec() const& {
  static const Spec none{};
  return held_ ? held_->spec : none;
}

void Dataset::check_source() const {
  if (size() < 0) {
    throw DataError("a source of data has a negative size", {{"size", std::to_string(size())}},
                    "give the number of its examples");
  }
  const auto classes = static_cast<std::int64_t>(spec().num_classes);
  const auto names = static_cast<std::int64_t>(spec().class_names.size());
  if (classes >= 0 && names <= classes) return;
  throw DataError(
      "a source of data has other classes than names of them",
      {{"num_classes", std::to_string(classes)}, {"class_names", std::to_string(names)}},
      "give num_classes, and a name for each class or none");
}

void Dataset::read(std::int64_t index, Slot slot) const {
  assert(0 <= index && index < size());
  assert(fits(slot.features, spec().features));
  assert(fits(slot.targets, spec().targets));
  assert(fits(slot.weights, spec().weights));
  try {
    held_->read(index, slot);
  } catch (Error& error) {
    error.add({"example", std::to_string(index), fmt::format("of {}, counted from 0", size())});
    throw;
  }
}

Example Dataset::operator[](std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw DataError(fmt::format("there is no example {}", index),
                    {{"examples", std::to_string(size()), "counted from 0"}});
  }
  ExampleMemory memory(spec());
  read(index, memory.slot());
  return memory.take();
}

Dataset Dataset::subset(std::vector<std::int64_t> indices) const {
  for (std::int64_t index : indices) {
    if (index < 0 || index >= size()) {
      throw DataError(fmt::format("a subset asks for example {}", index),
                      {{"examples", std::to_string(size()), "counted from 0"}});
    }
  }
  const auto count = static_cast<std::int64_t>(indices.size());
  return view(*this, count,
              [indices = std::move(indices)](std::int64_t index) { return indices[index]; });
}

Dataset Dataset::range(std::int64_t first, std::int64_t last) const {
  if (first < 0 || last < first || last > size()) {
    throw DataError(fmt::format("there are no examples {} to {}", first, last),
                    {{"examples", std::to_string(size()), "counted from 0"}});
  }
  return view(*this, last - first, [first](std::int64_t index) { return first + index; });
}

Dataset Dataset::take(std::int64_t count) const { return range(0, std::min(count, size())); }

Dataset Dataset::shuffled(std::uint64_t seed) const {
  // A stream of its own: the order must differ from that of any epoch under the same seed.
  const RandomKey key = random_key(seed, Purpose::shuffle, stream_of("Dataset::shuffled"));
  return view(*this, size(), Permutation(static_cast<std::uint64_t>(size()), key));
}

Split Dataset::split(double fraction, std::uint64_t seed) const {
  const std::int64_t tests = held_out(fraction, size());
  const std::int64_t kept = size() - tests;
  if (kept == 0 || kept == size()) {
    throw DataError(fmt::format("{} of {} examples can't be held out", fraction, size()), {},
                    "choose a fraction that leaves at least one example on either side");
  }
  const Permutation order(static_cast<std::uint64_t>(size()), random_key(seed, Purpose::split));
  return {.train = view(*this, kept, order),
          .test = view(*this, tests,
                       [order, kept](std::int64_t index) { return order(kept + index); })};
}

}  // namespace sloy::data
