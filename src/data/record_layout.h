/// Where the parts of an example lie in its record.
#pragma once

#include <sloy/data.h>

#include <cstddef>
#include <span>
#include <vector>

namespace sloy::data {

/// Features, targets and weights, each part where its numbers may lie, and as many bytes as that of
/// the next record needs.
class RecordLayout {
 public:
  explicit RecordLayout(const Spec& spec);

  std::size_t record_bytes() const { return record_bytes_; }

  /// The parts of a record, as a slot has them.
  std::vector<std::span<std::byte>> parts_of(std::span<std::byte> record) const;
  /// The slot that `parts` are. REQUIRES: they outlive it.
  Slot slot_of(std::span<const std::span<std::byte>> parts) const;
  /// Copies all parts of a record.
  void copy(std::span<const std::byte> record, const Slot& slot) const;

 private:
  struct Part {
    std::size_t offset;
    std::size_t bytes;
  };
  std::size_t features_;  ///< how many of the parts are features
  std::size_t targets_;
  std::vector<Part> parts_;
  std::size_t record_bytes_ = 0;
};

/// Throws DataError where the first target is a label and is out of range.
void check_label(const Spec& spec, const Slot& slot);

}  // namespace sloy::data
