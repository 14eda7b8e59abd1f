/// Matrix products through oneDNN. A dense layer's weight is packed where all three of its products
/// take that.
#include "backends/cpu/matmul.h"

#include "backends/cpu/machine.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/prepared_kernel.h"
#include "ops/matmul.h"

namespace sloy::cpu {
namespace {

std::optional<Proposal> consider(const Request& request, const Layout& weight,
                                 std::string& refusal) {
  if (!counts_in_32_bits(request, refusal)) return std::nullopt;
  const onednn::MatmulGeometry geometry = geometry_of_matmul(request);
  const onednn::Preparation prepared =
      onednn::prepare_matmul(geometry, {.bias = request.inputs.size() == 3}, {.weight = weight});
  if (!prepared) {
    refusal = prepared.refusal;
    return std::nullopt;
  }
  return propose(prepared.kernel, request.as<MatmulAttributes>().relu);
}

std::optional<Proposal> consider_packed(const Request& request, std::string& refusal) {
  const Layout weight = form_of_weight(request, geometry_of_matmul(request));
  if (weight.is_plain()) {
    refusal = "the weight is plain, or packing would pad it";
    return std::nullopt;
  }
  return consider(request, weight, refusal);
}

std::optional<Proposal> consider_plain(const Request& request, std::string& refusal) {
  return consider(request, {}, refusal);
}

/// The weight in the form oneDNN likes best: it is rounded into that.
std::optional<Proposal> consider_bfloat16(const Request& request, std::string& refusal) {
  if (!multiplies_bfloat16(request, refusal) || !counts_in_32_bits(request, refusal)) {
    return std::nullopt;
  }
  const onednn::Preparation prepared = onednn::prepare_matmul(
      geometry_of_matmul(request), {.bfloat16 = true,
                                    .bfloat16_result = request.is_bfloat16(0),
                                    .bias = request.inputs.size() == 3});
  if (!prepared) {
    refusal = prepared.refusal;
    return std::nullopt;
  }
  return propose(prepared.kernel, request.as<MatmulAttributes>().relu);
}

constexpr Offer offers[] = {
    {.op = &matmul_op,
     .name = "onednn bfloat16",
     .consider = consider_bfloat16,
     .share_of_peak = 1.5},
    {.op = &matmul_op, .name = "onednn packed", .consider = consider_packed, .share_of_peak = 0.9},
    {.op = &matmul_op, .name = "onednn", .consider = consider_plain, .share_of_peak = 0.35},
};

}  // namespace

onednn::MatmulGeometry geometry_of_matmul(const Request& request) {
  const auto [transpose_a, transpose_b] = request.as<MatmulAttributes>().options;
  const Shape& c = request.outputs[0].shape;
  return {.rows = c.size(0),
          .columns = c.size(1),
          .inner = request.inputs[0].type->shape.size(transpose_a ? 0 : 1),
          .transpose_a = transpose_a,
          .transpose_b = transpose_b};
}

Layout form_of_weight(const Request& request, const onednn::MatmulGeometry& geometry) {
  if (geometry.transpose_a && geometry.transpose_b) return {};
  const Operand& b = request.inputs[1];
  const Shape& weight = geometry.transpose_a ? request.outputs[0].shape : b.type->shape;
  const auto packed = onednn::packed_weight(weight.size(0), weight.size(1));
  if (!packed) return {};
  const bool takes_it =
      geometry.transpose_a || *b.layout == *packed || (b.free && !geometry.transpose_b);
  return takes_it ? *packed : Layout{};
}

std::span<const Offer> matmul_offers() {
  const Machine machine = this_machine();
  const bool packs = machine.instructions == InstructionSet::avx512;
  return std::span(offers).subspan(machine.bfloat16 ? 0 : packs ? 1 : 2);
}

}  // namespace sloy::cpu
