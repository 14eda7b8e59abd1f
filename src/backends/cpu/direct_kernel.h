/// Kernels of our own that take every operand plain, a bias perhaps among them.
#pragma once

#include <cstddef>
#include <memory>

#include "passes/backend.h"

namespace sloy::cpu {

/// The operands of one run.
struct DirectOperands {
  const Pointers& pointers;
  bool has_bias;

  const float* input(int i) const { return static_cast<const float*>(pointers.inputs[i]); }
  const float* bias() const { return has_bias ? input(2) : nullptr; }
  float* output() const { return static_cast<float*>(pointers.outputs[0]); }
  float* scratch() const { return static_cast<float*>(pointers.scratch); }
};

template <class S>
class DirectKernel final : public Kernel {
 public:
  using Pass = void (*)(const S& shape, const DirectOperands& operands);

  DirectKernel(const S& shape, Pass pass, bool has_bias)
      : shape_(shape), pass_(pass), has_bias_(has_bias) {}
  void run(const Pointers& pointers) const override { pass_(shape_, {pointers, has_bias_}); }

 private:
  S shape_;
  Pass pass_;
  bool has_bias_;
};

/// `pass` with everything plain; a third operand is the bias.
template <class S>
Proposal direct_proposal(const Request& request, const S& shape, std::size_t scratch_bytes,
                         typename DirectKernel<S>::Pass pass) {
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  proposal.outputs.resize(1);
  proposal.scratch_bytes = scratch_bytes;
  proposal.implementation = "direct";
  proposal.kernel = std::make_shared<DirectKernel<S>>(shape, pass, request.inputs.size() == 3);
  return proposal;
}

}  // namespace sloy::cpu
