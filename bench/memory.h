/// Memory for one kernel, filled with random numbers. A kernel is a onednn::Prepared or looks like
/// one.
#pragma once

#include <random>
#include <vector>

#include "backends/cpu/onednn/prepared.h"

namespace sloy::bench {

class Buffers {
 public:
  template <class Kernel>
  explicit Buffers(const Kernel& kernel) : scratch_(kernel.scratch_bytes()) {
    std::mt19937 random(1);
    std::normal_distribution<float> distribution;
    for (const onednn::Operand& operand : kernel.inputs()) {
      std::vector<float> values(operand.shape.size());
      for (float& value : values) value = distribution(random);
      memory_.emplace_back(operand.bytes());
      relayout(operand.shape, sizeof(float), {}, values.data(), operand.layout,
               memory_.back().data());
      inputs_.push_back(memory_.back().data());
    }
    for (const onednn::Operand& operand : kernel.outputs()) {
      memory_.emplace_back(operand.bytes());
      outputs_.push_back(memory_.back().data());
    }
  }

  template <class Kernel>
  void run(const Kernel& kernel) const {
    kernel.run(inputs_, outputs_, scratch_.data());
  }

  template <class Kernel>
  std::vector<float> plain_input(const Kernel& kernel, int index) const {
    return plain(kernel.inputs()[index], inputs_[index]);
  }
  template <class Kernel>
  std::vector<float> plain_output(const Kernel& kernel) const {
    return plain(kernel.outputs()[0], outputs_[0]);
  }

 private:
  /// Zeros, aligned as kernels want them.
  class Memory {
   public:
    explicit Memory(std::size_t bytes) : lines_(bytes / sizeof(Line) + 1) {}
    void* data() const { return const_cast<Line*>(lines_.data()); }

   private:
    struct alignas(64) Line {
      std::byte bytes[64];
    };
    std::vector<Line> lines_;
  };

  static std::vector<float> plain(const onednn::Operand& operand, const void* data) {
    std::vector<float> values(operand.shape.size());
    relayout(operand.shape, sizeof(float), operand.layout, data, {}, values.data());
    return values;
  }

  std::vector<Memory> memory_;
  Memory scratch_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

}  // namespace sloy::bench
