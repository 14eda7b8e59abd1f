#include "data/example_memory.h"

#include <cstddef>

#include "base/checked.h"

namespace sloy::data {
namespace {

/// Tensors of these types, and their bytes.
void allocate(const Types& types, std::vector<Tensor>& tensors,
              std::vector<std::span<std::byte>>& spans) {
  for (const Type& type : types) {
    Tensor& tensor = tensors.emplace_back(type.dtype, type.shape);
    spans.emplace_back(tensor.mutable_data(), tensor.bytes());
  }
}

}  // namespace

std::vector<Scratch::Memory>& Scratch::kept() {
  thread_local std::vector<Memory> kept;
  return kept;
}

Scratch::Scratch(const Types& types) {
  if (!kept().empty()) {
    memory_ = std::move(kept().back());
    kept().pop_back();
  }
  // Labels of a byte before floats must not put those where floats can't lie.
  constexpr std::size_t alignment = alignof(std::max_align_t);
  const auto space = [](const Type& type) {
    return round_up(type.bytes(), alignment, "the memory of an example");
  };
  std::size_t bytes = 0;
  for (const Type& type : types) bytes += space(type);
  if (memory_.bytes.size() < bytes) memory_.bytes.resize(bytes);
  memory_.spans.clear();
  std::byte* next = memory_.bytes.data();
  for (const Type& type : types) {
    memory_.spans.emplace_back(next, type.bytes());
    next += space(type);
  }
}

Scratch::~Scratch() { kept().push_back(std::move(memory_)); }

ExampleMemory::ExampleMemory(const Spec& spec) {
  allocate(spec.features, tensors_.features, features_);
  allocate(spec.targets, tensors_.targets, targets_);
  allocate(spec.weights, tensors_.weights, weights_);
}

Type rows_of(const Type& example, Dim count) {
  Shape shape{count};
  for (const Dim& dim : example.shape) shape.push_back(dim);
  return {example.dtype, shape};
}

}  // namespace sloy::data
