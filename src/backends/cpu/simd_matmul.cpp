/// Products on our own kernel: tiny ones, where a call of oneDNN costs more than the product, and
/// whatever oneDNN refuses.
#include "backends/cpu/offers.h"
#include "backends/cpu/simd/matmul.h"
#include "ops/matmul.h"

namespace sloy::cpu {
namespace {

/// Multiply-adds up to which our kernel on one thread beats a call of oneDNN.
constexpr std::int64_t small_product = 32768;

class MatmulKernel final : public Kernel {
 public:
  MatmulKernel(const MatmulShape& shape, bool has_bias) : shape_(shape), has_bias_(has_bias) {}
  void run(const Pointers& pointers) const override {
    auto floats = [](const void* pointer) { return static_cast<const float*>(pointer); };
    cpu::matmul(shape_, floats(pointers.inputs[0]), floats(pointers.inputs[1]),
                has_bias_ ? floats(pointers.inputs[2]) : nullptr,
                static_cast<float*>(pointers.outputs[0]));
  }

 private:
  MatmulShape shape_;
  bool has_bias_;
};

MatmulShape shape_of(const Request& request) {
  const auto& attributes = request.as<MatmulAttributes>();
  const Shape& a = request.inputs[0].type->shape;
  const Shape& c = request.outputs[0].shape;
  return {.m = c.size(0),
          .n = c.size(1),
          .k = a.size(attributes.options.transpose_a ? 0 : 1),
          .transpose_a = attributes.options.transpose_a,
          .transpose_b = attributes.options.transpose_b,
          .rectify = attributes.relu};
}

std::optional<Proposal> consider(const Request& request, std::string&) {
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  proposal.outputs.resize(1);
  proposal.implementation = "plain";
  proposal.kernel = std::make_shared<MatmulKernel>(shape_of(request), request.inputs.size() == 3);
  return proposal;
}

std::optional<Proposal> consider_small(const Request& request, std::string& refusal) {
  MatmulShape shape = shape_of(request);
  if (shape.m * shape.n * shape.k <= small_product) return consider(request, refusal);
  refusal = "the product is not tiny";
  return {};
}

constexpr Offer small_offers[] = {
    {.op = &matmul_op, .name = "simd tiny", .consider = consider_small, .share_of_peak = 0.1}};
constexpr Offer offers[] = {
    {.op = &matmul_op, .name = "simd", .consider = consider, .share_of_peak = 0.25}};

}  // namespace

std::span<const Offer> tiny_matmul_offers() { return small_offers; }
std::span<const Offer> any_matmul_offers() { return offers; }

}  // namespace sloy::cpu
