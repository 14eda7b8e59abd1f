#include <numeric>

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
                            Precision precision) {
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  proposal.outputs.resize(request.outputs.size());
  proposal.implementation = "reference";
  if (request.op->name() == "reorder") {
    // The one op whose operands' forms are its attributes: bytes in, bytes out.
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      proposal.inputs[i] = *request.inputs[i].layout;
    }
  }
  proposal.kernel = std::make_shared<ReferenceKernel>(request, std::move(attributes),
                                                      precision == Precision::float64);
  return proposal;
}

}  // namespace sloy
