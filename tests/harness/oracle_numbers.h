/// The random numbers of the goldens: the formula of tests/oracle/README.md.
#pragma once

#include <cstdint>
#include <string_view>

#include <sloy/tensor.h>

namespace sloy::harness {

/// The numbers of the tensor with this name, in row-major order.
class OracleNumbers {
 public:
  explicit OracleNumbers(std::string_view name);
  /// Uniform in [low, high), rounded to float32.
  Tensor uniform(const Shape& shape, double low, double high) const;
  /// In [0, count).
  Tensor integers(const Shape& shape, std::int32_t count) const;

 private:
  std::uint64_t bits(std::int64_t index) const;
  std::uint64_t key_;
};

}  // namespace sloy::harness
