#include <algorithm>

#include "ops/reorder.h"
#include "passes/backend.h"
#include "tensor/bfloat16.h"

namespace sloy {
namespace {

/// Holds the buffers' descriptions, so that a run only puts in where they are. Operands and results
/// that are bfloat16 are floats in scratch while the op computes.
class ReferenceKernel final : public Kernel {
 public:
  ReferenceKernel(const Request& request, std::shared_ptr<const void> attributes, bool in_double)
      : op_(*request.op), attributes_(std::move(attributes)), in_double_(in_double) {
    for (const Operand& input : request.inputs) {
      inputs_.push_back({input.type->dtype, input.type->shape, nullptr});
      widened_inputs_.push_back(widened(*input.type, input.bfloat16));
    }
    for (std::size_t r = 0; r < request.outputs.size(); ++r) {
      const Type& output = request.outputs[r];
      outputs_.push_back({output.dtype, output.shape, nullptr});
      widened_outputs_.push_back(widened(output, request.is_bfloat16(r)));
    }
  }

  std::size_t scratch_bytes() const { return floats_ * sizeof(float); }

  void run(const Pointers& pointers) const override {
    auto* scratch = static_cast<float*>(pointers.scratch);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      inputs_[i].data = const_cast<void*>(pointers.inputs[i]);
      if (!widened_inputs_[i].is_needed) continue;
      inputs_[i].data = scratch + widened_inputs_[i].offset;
      const auto* from = static_cast<const bfloat16*>(pointers.inputs[i]);
      std::transform(from, from + inputs_[i].shape.size(), scratch + widened_inputs_[i].offset,
                     to_float);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const bool widens = widened_outputs_[i].is_needed;
      outputs_[i].data = widens ? scratch + widened_outputs_[i].offset : pointers.outputs[i];
    }
    op_.reference(attributes_, {inputs_, outputs_, nullptr}, in_double_);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (!widened_outputs_[i].is_needed) continue;
      const float* from = scratch + widened_outputs_[i].offset;
      std::transform(from, from + outputs_[i].shape.size(),
                     static_cast<bfloat16*>(pointers.outputs[i]), to_bfloat16);
    }
  }

 private:
  struct Widened {
    bool is_needed = false;
    std::size_t offset = 0;  ///< in floats
  };
  Widened widened(const Type& type, bool is_needed) {
    if (!is_needed) return {};
    const std::size_t offset = floats_;
    floats_ += static_cast<std::size_t>(type.shape.size());
    return {true, offset};
  }

  std::vector<Widened> widened_inputs_;
  std::vector<Widened> widened_outputs_;
  std::size_t floats_ = 0;
  const Op& op_;
  std::shared_ptr<const void> attributes_;
  bool in_double_;
  mutable std::vector<Buffer> inputs_;  // one thread runs a kernel at a time
  mutable std::vector<Buffer> outputs_;
};

/// A reorder's reference kernel knows row-major order alone; this moves elements between any forms.
class RelayoutKernel final : public Kernel {
 public:
  RelayoutKernel(const Type& type, const ReorderAttributes& forms, bool in_double)
      : relayout_(type.shape,
                  in_double && type.dtype == DType::float32 ? sizeof(double) : size_of(type.dtype),
                  forms.from, forms.to) {}

  void run(const Pointers& pointers) const override {
    if (pointers.outputs[0] != pointers.inputs[0]) {
      relayout_.run(pointers.inputs[0], pointers.outputs[0]);
    }
  }

 private:
  Relayout relayout_;
};

class ReferenceBackend final : public Backend {
 public:
  std::string_view name() const override { return "reference"; }
  std::vector<const Offer*> offers(const Op&) const override { return {}; }
  int block_width() const override { return 0; }
  bool fuses() const override { return false; }
};

}  // namespace

const Backend& reference_backend() {
  static const ReferenceBackend backend;
  return backend;
}

Proposal reference_proposal(const Request& request, std::shared_ptr<const void> attributes,
                            NumericPrecision precision) {
  const bool in_double = precision == NumericPrecision::float64;
  Proposal proposal{.inputs = {}, .outputs = {}, .implementation = "reference", .kernel = nullptr};
  if (request.op == &reorder_op) {
    const auto& forms = request.as<ReorderAttributes>();
    proposal.inputs = {forms.from};
    proposal.outputs = {forms.to};
    // A variable that becomes what it is.
    if (forms.from == forms.to) proposal.in_place = {{0, 0}};
    proposal.kernel = std::make_shared<RelayoutKernel>(request.outputs[0], forms, in_double);
    return proposal;
  }
  for (const Operand& input : request.inputs) {
    proposal.inputs.push_back(Layout{}.stored(input.bfloat16));
  }
  for (std::size_t r = 0; r < request.outputs.size(); ++r) {
    proposal.outputs.push_back(Layout{}.stored(request.is_bfloat16(r)));
  }
  auto kernel = std::make_shared<ReferenceKernel>(request, std::move(attributes), in_double);
  proposal.scratch_bytes = kernel->scratch_bytes();
  proposal.kernel = std::move(kernel);
  return proposal;
}

}  // namespace sloy
