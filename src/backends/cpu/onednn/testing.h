/// For the tests of this folder: operands, and a run of a prepared kernel in plain form.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "backends/cpu/onednn/prepared.h"

namespace sloy::onednn {

inline std::vector<float> small_integers(std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 7) - 3);
  return values;
}

inline std::vector<float> uniform(std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> distribution(-1.0f, 1.0f);
  std::vector<float> values(size);
  for (float& value : values) value = distribution(random);
  return values;
}

/// 64-byte aligned memory, filled with not-a-numbers: what a kernel fails to write shows.
struct Memory {
  explicit Memory(std::size_t bytes)
      : storage(bytes / 64 + 1), floats(reinterpret_cast<float*>(storage.data())) {
    spoil();
  }
  void spoil() {
    std::fill_n(floats, storage.size() * 16, std::numeric_limits<float>::quiet_NaN());
  }
  struct alignas(64) Line {
    float values[16];
  };
  std::vector<Line> storage;
  float* floats;
};

/// An address in `memory` that is aligned to no more than a float.
inline float* unaligned(Memory& memory) { return memory.floats + 1; }

/// Runs a kernel on plain operands and gives its outputs in plain form. Checks that padding of the
/// outputs is zero.
inline std::vector<std::vector<float>> run_plain(const Prepared& kernel,
                                                 const std::vector<std::vector<float>>& inputs) {
  std::vector<Memory> input_memory, output_memory;
  std::vector<const void*> input_pointers;
  std::vector<void*> output_pointers;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Operand& operand = kernel.inputs()[i];
    input_memory.emplace_back(operand.bytes() + sizeof(float));
    float* input = unaligned(input_memory.back());  // as what a user feeds may be
    relayout(operand.shape, sizeof(float), {}, inputs[i].data(), operand.layout, input);
    input_pointers.push_back(input);
  }
  for (const Operand& operand : kernel.outputs()) {
    output_memory.emplace_back(operand.bytes());
    output_pointers.push_back(output_memory.back().floats);
  }
  Memory scratch(kernel.scratch_bytes());
  kernel.run(input_pointers, output_pointers, scratch.floats);
  // In a step the same memory has held other values since.
  for (Memory& memory : output_memory) memory.spoil();
  scratch.spoil();
  kernel.run(input_pointers, output_pointers, scratch.floats);

  std::vector<std::vector<float>> results;
  for (std::size_t i = 0; i < kernel.outputs().size(); ++i) {
    const Operand& operand = kernel.outputs()[i];
    const float* data = output_memory[i].floats;
    std::vector<float> result(operand.shape.size());
    relayout(operand.shape, sizeof(float), operand.layout, data, {}, result.data());
    const std::int64_t elements = operand.layout.elements(operand.shape);
    std::vector<float> again(elements);
    relayout(operand.shape, sizeof(float), {}, result.data(), operand.layout, again.data());
    EXPECT_TRUE(std::equal(again.begin(), again.end(), data)) << "padding is not zero";
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace sloy::onednn
