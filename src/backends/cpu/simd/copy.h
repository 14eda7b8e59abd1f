/// Copies between two orders of the same elements: transposition, blocked and plain forms.
#pragma once

#include <cstdint>
#include <vector>

namespace sloy::cpu {

/// One dimension of what is copied: its size, and how far apart neighbours are in each memory, in
/// elements.
struct CopyAxis {
  std::int64_t size = 1;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// A copy of 4-byte elements made ready: to[Σ i_a · to_a] = from[Σ i_a · from_a] for all indices i.
class StridedCopy {
 public:
  /// The axes in any order. REQUIRES: in each memory one of them has neighbours side by side, and
  /// no two elements are in one place.
  explicit StridedCopy(std::vector<CopyAxis> axes);

  /// `from` and `to` are those of index 0 and do not overlap.
  void run(const float* from, float* to) const;

  /// Whether neighbours of one memory are none in the other, so that squares are turned.
  bool transposes() const { return inner_.from != 1; }

 private:
  void simplify();
  void choose();

  std::vector<CopyAxis> outer_;
  CopyAxis rows_;   ///< the axis next to the innermost; along it transposition reads neighbours
  CopyAxis inner_;  ///< the axis along which neighbours are written
};

}  // namespace sloy::cpu
