/// Operands for tests of kernels: the same numbers in every run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace sloy::harness {

/// Each call draws further numbers.
class Drawing {
 public:
  /// From -2 to 2, so that sums are exact.
  std::vector<float> integers(std::int64_t size) {
    return fill(size, [&] { return static_cast<float>(static_cast<int>(generator_() % 5) - 2); });
  }
  std::vector<float> normals(std::int64_t size) {
    return fill(size, [&] { return normal_(generator_); });
  }

 private:
  template <class Draw>
  static std::vector<float> fill(std::int64_t size, Draw draw) {
    std::vector<float> values(static_cast<std::size_t>(size));
    std::generate(values.begin(), values.end(), draw);
    return values;
  }
  std::mt19937 generator_{17};
  std::normal_distribution<float> normal_;
};

}  // namespace sloy::harness
