#include "backends/cpu/prepared_kernel.h"

#include <algorithm>
#include <limits>

#include "backends/cpu/machine.h"
#include "base/parallel.h"
#include "tensor/bfloat16.h"

namespace sloy::cpu {
namespace {

/// Elements a thread must have before it is worth waking.
constexpr std::int64_t relu_grain = 32 * 1024;

float rectified(float x) { return x <= 0.0f ? 0.0f : x; }
/// 0 for what has the sign and is no not-a-number.
bfloat16 rectified(bfloat16 x) {
  return {x.bits >= 0x8000 && x.bits <= 0xff80 ? std::uint16_t{0} : x.bits};
}

template <class T>
void rectify(T* values, std::int64_t size) {
  parallel_for(size, relu_grain, [values](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) values[i] = rectified(values[i]);
  });
}

class PreparedKernel final : public Kernel {
 public:
  PreparedKernel(std::shared_ptr<const onednn::Prepared> kernel, bool relu)
      : kernel_(std::move(kernel)) {
    const onednn::Operand& result = kernel_->outputs().front();
    if (relu) rectified_ = result.layout.elements(result.shape);
    is_bfloat16_ = result.layout.bfloat16;
  }

  void run(const Pointers& pointers) const override {
    kernel_->run({pointers.inputs, kernel_->inputs().size()},
                 {pointers.outputs, kernel_->outputs().size()}, pointers.scratch);
    if (rectified_ == 0) return;
    if (is_bfloat16_) {
      rectify(static_cast<bfloat16*>(pointers.outputs[0]), rectified_);
    } else {
      rectify(static_cast<float*>(pointers.outputs[0]), rectified_);
    }
  }

 private:
  std::shared_ptr<const onednn::Prepared> kernel_;
  std::int64_t rectified_ = 0;  ///< elements
  bool is_bfloat16_ = false;
};

}  // namespace

bool counts_in_32_bits(const Request& request, std::string& refusal) {
  const auto fits = [](const Shape& shape) {
    return std::all_of(shape.begin(), shape.end(), [](Dim dim) {
      return dim.size() <= std::numeric_limits<std::int32_t>::max();
    });
  };
  const bool all_fit =
      std::all_of(request.inputs.begin(), request.inputs.end(),
                  [&](const Operand& operand) { return fits(operand.type->shape); }) &&
      std::all_of(request.outputs.begin(), request.outputs.end(),
                  [&](const Type& type) { return fits(type.shape); });
  if (!all_fit) refusal = "a dimension needs more than 32 bits";
  return all_fit;
}

bool multiplies_bfloat16(const Request& request, std::string& refusal) {
  if (!request.inputs[0].bfloat16 || !request.inputs[1].bfloat16) {
    refusal = "the operands are float32";
    return false;
  }
  if (!this_machine().bfloat16) refusal = "the CPU does not multiply bfloat16";
  return this_machine().bfloat16;
}

Proposal propose(std::shared_ptr<const onednn::Prepared> kernel, bool relu) {
  Proposal proposal;
  for (const onednn::Operand& operand : kernel->inputs()) {
    proposal.inputs.push_back(operand.layout);
  }
  for (const onednn::Operand& operand : kernel->outputs()) {
    proposal.outputs.push_back(operand.layout);
  }
  proposal.scratch_bytes = kernel->scratch_bytes();
  proposal.implementation = kernel->implementation();
  proposal.kernel = std::make_shared<PreparedKernel>(std::move(kernel), relu);
  return proposal;
}

Layout adopt(const Operand& operand, const Layout& wanted) {
  return same_bytes(operand.type->shape, *operand.layout, wanted) ? *operand.layout : wanted;
}

}  // namespace sloy::cpu
