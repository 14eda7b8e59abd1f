/// Products of few rows on our own kernel: what oneDNN takes for them reads the matrix at half the
/// speed of memory.
#include "backends/cpu/simd/few_rows.h"

#include <fmt/format.h>

#include "backends/cpu/matmul.h"
#include "backends/cpu/offers.h"
#include "ops/matmul.h"

namespace sloy::cpu {
namespace {

class FewRowsKernel final : public Kernel {
 public:
  FewRowsKernel(const FewRows& shape, bool has_bias) : shape_(shape), has_bias_(has_bias) {}
  void run(const Pointers& pointers) const override {
    const auto floats = [&](int i) { return static_cast<const float*>(pointers.inputs[i]); };
    multiply_few_rows(shape_, floats(0), floats(1), has_bias_ ? floats(2) : nullptr,
                      static_cast<float*>(pointers.outputs[0]));
  }

 private:
  FewRows shape_;
  bool has_bias_;
};

/// Fewer columns don't fill vectors.
constexpr std::int64_t least_columns = 16;

std::optional<Proposal> consider(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<MatmulAttributes>();
  const Shape& c = request.outputs[0].shape;
  if (attributes.options.transpose_a || attributes.options.transpose_b ||
      c.size(0) > most_few_rows || c.size(1) < least_columns) {
    refusal = fmt::format("made for {} rows at most by {} columns or more, none transposed",
                          most_few_rows, least_columns);
    return {};
  }
  if (request.inputs[0].bfloat16 || request.inputs[1].bfloat16) {
    refusal = "the operands are bfloat16";
    return {};
  }
  const onednn::MatmulGeometry geometry = geometry_of_matmul(request);
  const Layout form = form_of_weight(request, geometry);
  const FewRows shape = {.rows = geometry.rows,
                         .columns = geometry.columns,
                         .inner = geometry.inner,
                         .packed = !form.is_plain(),
                         .rectify = attributes.relu};
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  proposal.inputs[1] = form;
  proposal.outputs.resize(1);
  proposal.implementation = shape.packed ? "packed" : "plain";
  proposal.kernel = std::make_shared<FewRowsKernel>(shape, request.inputs.size() == 3);
  return proposal;
}

constexpr Offer offers[] = {
    {.op = &matmul_op, .name = "few rows", .consider = consider, .share_of_peak = 0.2}};

}  // namespace

std::span<const Offer> few_rows_offers() { return offers; }

}  // namespace sloy::cpu
