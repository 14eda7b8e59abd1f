/// Softmax, cross-entropy, argmax and one-hot: along the last axis of plain operands.
#include "backends/cpu/offers.h"
#include "backends/cpu/simd/softmax.h"
#include "ops/reduce.h"
#include "ops/shape.h"
#include "ops/softmax.h"

namespace sloy::cpu {
namespace {

using Call = void (*)(const RowsShape& shape, const Pointers& pointers);

class RowsKernel final : public Kernel {
 public:
  RowsKernel(Call call, const RowsShape& shape) : call_(call), shape_(shape) {}
  void run(const Pointers& pointers) const override { call_(shape_, pointers); }

 private:
  Call call_;
  RowsShape shape_;
};

const float* floats(const void* pointer) { return static_cast<const float*>(pointer); }
const std::int32_t* integers(const void* pointer) {
  return static_cast<const std::int32_t*>(pointer);
}

/// Rows of the matrix that `matrix` is when its leading dimensions are taken together.
Proposal propose(const Request& request, const Shape& matrix, Call call) {
  std::int64_t classes = matrix.size(-1);
  RowsShape shape{classes == 0 ? 0 : matrix.size() / classes, classes};
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  proposal.outputs.resize(request.outputs.size());
  proposal.implementation = "plain";
  proposal.kernel = std::make_shared<RowsKernel>(call, shape);
  return proposal;
}

std::optional<Proposal> consider_softmax(const Request& request, std::string&) {
  Proposal proposal =
      propose(request, request.outputs[0].shape, [](const RowsShape& shape, const Pointers& p) {
        softmax(shape, floats(p.inputs[0]), static_cast<float*>(p.outputs[0]));
      });
  proposal.in_place = {{0, 0}};
  return proposal;
}

std::optional<Proposal> consider_cross_entropy(const Request& request, std::string&) {
  return propose(request, request.inputs[0].type->shape,
                 [](const RowsShape& shape, const Pointers& p) {
                   softmax_cross_entropy(shape, floats(p.inputs[0]), integers(p.inputs[1]),
                                         static_cast<float*>(p.outputs[0]));
                 });
}

std::optional<Proposal> consider_argmax(const Request& request, std::string& refusal) {
  const Type& x = *request.inputs[0].type;
  int axis = request.as<AxisAttributes>().axis;
  if (x.dtype != DType::float32 || (axis != -1 && axis != x.shape.rank() - 1)) {
    refusal = "not along the last axis of float32";
    return {};
  }
  return propose(request, x.shape, [](const RowsShape& shape, const Pointers& p) {
    argmax(shape, floats(p.inputs[0]), static_cast<std::int32_t*>(p.outputs[0]));
  });
}

std::optional<Proposal> consider_one_hot(const Request& request, std::string&) {
  return propose(request, request.outputs[0].shape, [](const RowsShape& shape, const Pointers& p) {
    one_hot(shape, integers(p.inputs[0]), static_cast<float*>(p.outputs[0]));
  });
}

constexpr Offer offers[] = {
    {&softmax_op, "simd", consider_softmax},
    {&softmax_cross_entropy_op, "simd", consider_cross_entropy},
    {&argmax_op, "simd", consider_argmax},
    {&one_hot_op, "simd", consider_one_hot},
};

}  // namespace

std::span<const Offer> row_offers() { return offers; }

}  // namespace sloy::cpu
