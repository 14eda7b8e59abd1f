/// A oneDNN primitive made ready for fixed shapes and layouts. Nothing of oneDNN shows here: the
/// rest of the program sees layouts, a scratch size and a function to call.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sloy/tensor.h>

#include "tensor/layout.h"

namespace sloy::onednn {

/// An input or output of a prepared kernel: elements of `shape`, lying as `layout` says, float32 or
/// bfloat16.
struct Operand {
  Shape shape;
  Layout layout;

  std::size_t bytes() const { return layout.elements(shape) * layout.element_bytes(sizeof(float)); }
  bool has_padding() const { return layout.has_padding(shape); }
};

class Prepared {
 public:
  struct Primitive;
  Prepared(std::vector<Operand> inputs, std::vector<Operand> outputs,
           std::unique_ptr<Primitive> primitive);
  ~Prepared();
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  const std::vector<Operand>& inputs() const { return inputs_; }
  const std::vector<Operand>& outputs() const { return outputs_; }
  /// Bytes of the memory `run` may use while it runs.
  std::size_t scratch_bytes() const;
  /// oneDNN's name of the implementation: "jit_wino_4x3:avx512_core".
  const std::string& implementation() const;

  /// Computes the outputs. Buffers are as long as their operands say and aligned to 64 bytes, as is
  /// `scratch` (null where none is needed); no output overlaps another buffer. Padding of the
  /// inputs must be zero; padding of the outputs becomes zero. Not for two threads at once, and
  /// never inside an OpenMP parallel region: some of oneDNN's weight gradients hang there.
  /// Allocates nothing itself; oneDNN's execute does.
  void run(std::span<const void* const> inputs, std::span<void* const> outputs,
           void* scratch) const;

 private:
  std::vector<Operand> inputs_;
  std::vector<Operand> outputs_;
  std::unique_ptr<Primitive> primitive_;
};

/// A prepared kernel, or a sentence that says why there is none.
struct Preparation {
  std::shared_ptr<const Prepared> kernel = nullptr;
  std::string refusal = {};

  explicit operator bool() const { return kernel != nullptr; }
};

/// "2.6.3".
std::string version();

}  // namespace sloy::onednn
