/// Copies between any two orders of the same elements: transposition, blocked and plain forms,
/// slices, concatenation, padding's inside, broadcasting.
#pragma once

#include <cstdint>
#include <vector>

namespace sloy::cpu {

/// One dimension of what is copied: its size, and how far apart neighbours are in each memory, in
/// elements. Neighbours 0 apart are the same element read again.
struct CopyAxis {
  std::int64_t size = 1;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// A copy of 4-byte elements made ready: to[Σ i_a · to_a] = from[Σ i_a · from_a] for all indices i.
class StridedCopy {
 public:
  /// The axes in any order. No two elements go to one place.
  explicit StridedCopy(std::vector<CopyAxis> axes);

  /// `from` and `to` are those of index 0 and do not overlap.
  void run(const float* from, float* to) const;

  /// What the copy comes down to: "run", "fill", "transpose" or "strided".
  const char* kind() const;

 private:
  enum class Kind : std::uint8_t { run, fill, transpose, strided };
  void simplify();
  void choose();

  std::vector<CopyAxis> outer_;
  CopyAxis rows_;   ///< the axis next to the innermost; along it transposition reads neighbours
  CopyAxis inner_;  ///< the axis along which neighbours are written
  Kind kind_ = Kind::run;
};

}  // namespace sloy::cpu
