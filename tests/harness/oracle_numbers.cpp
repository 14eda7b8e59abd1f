#include "harness/oracle_numbers.h"

namespace sloy::harness {

OracleNumbers::OracleNumbers(std::string_view name) : key_(0xCBF29CE484222325) {
  for (char byte : name) {
    key_ = (key_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  }
  key_ += 2026;
}

std::uint64_t OracleNumbers::bits(std::int64_t index) const {
  std::uint64_t z = key_ + static_cast<std::uint64_t>(index + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return z >> 40;
}

Tensor OracleNumbers::uniform(const Shape& shape, double low, double high) const {
  Tensor tensor(DType::float32, shape);
  std::int64_t index = 0;
  for (float& value : tensor.mutable_values<float>()) {
    const double unit = static_cast<double>(bits(index++)) * 0x1p-24;
    value = static_cast<float>(low + (high - low) * unit);
  }
  return tensor;
}

Tensor OracleNumbers::integers(const Shape& shape, std::int32_t count) const {
  Tensor tensor(DType::int32, shape);
  std::int64_t index = 0;
  for (std::int32_t& value : tensor.mutable_values<std::int32_t>()) {
    value = static_cast<std::int32_t>(bits(index++) * static_cast<std::uint64_t>(count) >> 24);
  }
  return tensor;
}

}  // namespace sloy::harness
