#include "data/record_layout.h"

#include <algorithm>

#include "base/checked.h"
#include "data/labels.h"

namespace sloy::data {
namespace {

constexpr const char* what = "the size of an example";
/// What a record's size is a multiple of, so that in each the numbers lie alike.
constexpr std::size_t alignment = 8;

}  // namespace

RecordLayout::RecordLayout(const Spec& spec)
    : features_(spec.features.size()), targets_(spec.targets.size()) {
  for (const Types* types : {&spec.features, &spec.targets, &spec.weights}) {
    for (const Type& type : *types) {
      const std::size_t offset = round_up(record_bytes_, size_of(type.dtype), what);
      parts_.push_back({.offset = offset, .bytes = type.bytes()});
      record_bytes_ = checked_add(offset, type.bytes(), what);
    }
  }
  record_bytes_ = round_up(record_bytes_, alignment, what);
}

std::vector<std::span<std::byte>> RecordLayout::parts_of(std::span<std::byte> record) const {
  std::vector<std::span<std::byte>> parts;
  parts.reserve(parts_.size());
  for (const Part& part : parts_) parts.push_back(record.subspan(part.offset, part.bytes));
  return parts;
}

Slot RecordLayout::slot_of(std::span<const std::span<std::byte>> parts) const {
  return {.features = parts.first(features_),
          .targets = parts.subspan(features_, targets_),
          .weights = parts.subspan(features_ + targets_)};
}

void RecordLayout::copy(std::span<const std::byte> record, const Slot& slot) const {
  const Part* part = parts_.data();
  for (const auto& spans : {slot.features, slot.targets, slot.weights}) {
    for (const std::span<std::byte> out : spans) {
      const auto bytes = record.subspan(part->offset, part->bytes);
      std::copy(bytes.begin(), bytes.end(), out.begin());
      ++part;
    }
  }
}

void check_label(const Spec& spec, const Slot& slot) {
  if (!is_label(spec)) return;
  const bool is_byte = spec.targets[0].dtype == DType::uint8;
  check_label(is_byte ? slot.target_as<std::uint8_t>()[0] : slot.target_as<std::int32_t>()[0],
              spec.num_classes);
}

}  // namespace sloy::data
