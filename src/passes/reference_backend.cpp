#include "ops/reorder.h"
#include "passes/backend.h"

namespace sloy {
namespace {

/// Holds the buffers' descriptions, so that a run only puts in where they are.
class ReferenceKernel final : public Kernel {
 public:
  ReferenceKernel(const Request& request, std::shared_ptr<const void> attributes, bool in_double)
      : op_(*request.op), attributes_(std::move(attributes)), in_double_(in_double) {
    for (const Operand& input : request.inputs) {
      inputs_.push_back({input.type->dtype, input.type->shape, nullptr});
    }
    for (const Type& output : request.outputs) {
      outputs_.push_back({output.dtype, output.shape, nullptr});
    }
  }

  void run(const Pointers& pointers) const override {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      inputs_[i].data = const_cast<void*>(pointers.inputs[i]);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) outputs_[i].data = pointers.outputs[i];
    op_.reference(attributes_, {inputs_, outputs_, pointers.scratch}, in_double_);
  }

 private:
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
    relayout_.run(pointers.inputs[0], pointers.outputs[0]);
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
  Proposal proposal{.inputs = std::vector<Layout>(request.inputs.size()),
                    .outputs = std::vector<Layout>(request.outputs.size()),
                    .implementation = "reference",
                    .kernel = nullptr};
  if (request.op == &reorder_op) {
    const auto& forms = request.as<ReorderAttributes>();
    proposal.inputs = {forms.from};
    proposal.outputs = {forms.to};
    proposal.kernel = std::make_shared<RelayoutKernel>(request.outputs[0], forms, in_double);
  } else {
    proposal.kernel = std::make_shared<ReferenceKernel>(request, std::move(attributes), in_double);
  }
  return proposal;
}

}  // namespace sloy
