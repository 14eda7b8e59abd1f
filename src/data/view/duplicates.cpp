#include <sloy/data_view.h>
#include <sloy/error.h>

#include <algorithm>
#include <tuple>

#include "base/hash.h"
#include "base/parallel.h"
#include "data/example_memory.h"

namespace sloy::data {
namespace {

/// What is kept of an example.
struct Print {
  Hash128 features;
  std::uint64_t targets = 0;
  std::int64_t number = 0;  ///< counted through all parts
};

/// Of all tensors: each goes on from what the ones before gave.
Hash128 hash_of(const std::vector<Tensor>& tensors) {
  Hash128 hash;
  for (const Tensor& tensor : tensors) {
    hash = hash128({tensor.data(), tensor.bytes()}, hash.low ^ hash.high);
  }
  return hash;
}

/// A run of examples that one thread reads: fewer are not worth waking it.
constexpr std::int64_t least_run = 256;

void take_prints(const Dataset& part, std::int64_t first_number, std::span<Print> prints) {
  parallel_for(part.size(), least_run, [&](std::int64_t first, std::int64_t last) {
    const ExampleMemory memory(part.spec());
    for (std::int64_t index = first; index < last; ++index) {
      part.read(index, memory.slot());
      prints[static_cast<std::size_t>(index)] = {.features = hash_of(memory.tensors().features),
                                                 .targets = hash_of(memory.tensors().targets).low,
                                                 .number = first_number + index};
    }
  });
}

/// Which example of which part has a number.
PartExample place_of(std::int64_t number, const std::vector<Dataset>& parts) {
  PartExample place{.part = 0, .index = number};
  while (place.index >= parts[place.part].size()) {
    place.index -= parts[place.part].size();
    ++place.part;
  }
  return place;
}

void check_kinds(const std::vector<Dataset>& parts) {
  const Dataset* first = nullptr;
  for (const Dataset& part : parts) {
    if (part.empty()) continue;
    if (!first) first = &part;
    if (part.spec().features == first->spec().features) continue;
    throw DataError(
        "the parts' features are of different kinds",
        {{"first", to_string(first->spec().features)}, {"other", to_string(part.spec().features)}});
  }
}

/// Contradictions first, then leaks; each sort in the order of the data.
auto rank(const DuplicatePair& pair) {
  return std::tuple(!pair.is_contradiction, !pair.is_across_parts, pair.second);
}

}  // namespace

Duplicates find_duplicates(const std::vector<Dataset>& parts, std::int64_t most_pairs) {
  check_kinds(parts);
  std::int64_t size = 0;
  for (const Dataset& part : parts) size += part.size();
  std::vector<Print> prints(static_cast<std::size_t>(size));
  std::int64_t first_number = 0;
  for (const Dataset& part : parts) {
    const auto count = static_cast<std::size_t>(part.size());
    take_prints(part, first_number,
                std::span(prints).subspan(static_cast<std::size_t>(first_number), count));
    first_number += part.size();
  }
  std::ranges::sort(prints, {}, [](const Print& p) { return std::tuple(p.features, p.number); });

  Duplicates found;
  const Print* first = nullptr;
  for (const Print& print : prints) {
    if (!first || first->features != print.features) {
      first = &print;
      continue;
    }
    DuplicatePair pair{.first = place_of(first->number, parts),
                       .second = place_of(print.number, parts),
                       .is_contradiction = first->targets != print.targets};
    pair.is_across_parts = pair.first.part != pair.second.part;
    ++found.examples;
    found.across_parts += pair.is_across_parts ? 1 : 0;
    found.contradictions += pair.is_contradiction ? 1 : 0;
    found.pairs.push_back(pair);
  }
  std::ranges::sort(found.pairs, {}, rank);
  if (std::ssize(found.pairs) > most_pairs) {
    found.pairs.resize(static_cast<std::size_t>(std::max<std::int64_t>(most_pairs, 0)));
  }
  return found;
}

}  // namespace sloy::data
