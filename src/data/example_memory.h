/// Memory for examples that are read outside of a loader.
#pragma once

#include <sloy/data.h>

#include <vector>

namespace sloy::data {

/// Bytes for parts of these types, of which nothing is kept. A thread keeps the memory for the next
/// one, so that reading allocates nothing.
class Scratch {
 public:
  explicit Scratch(const Types& types);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::span<const std::span<std::byte>> spans() const { return memory_.spans; }

 private:
  struct Memory {
    std::vector<std::byte> bytes;
    std::vector<std::span<std::byte>> spans;
  };
  static std::vector<Memory>& kept();
  Memory memory_;
};

/// The tensors of one example, and the slot that they are.
class ExampleMemory {
 public:
  explicit ExampleMemory(const Spec& spec);
  Slot slot() const { return {.features = features_, .targets = targets_, .weights = weights_}; }
  const Example& tensors() const { return tensors_; }
  Example take() { return std::move(tensors_); }

 private:
  Example tensors_;
  std::vector<std::span<std::byte>> features_;
  std::vector<std::span<std::byte>> targets_;
  std::vector<std::span<std::byte>> weights_;
};

/// The type of many such examples: with a first dimension that counts them.
Type rows_of(const Type& example, Dim count);

}  // namespace sloy::data
