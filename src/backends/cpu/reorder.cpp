/// Reorders: of float32 through oneDNN, of any dtype as a copy where no byte moves, and between
/// float32 and bfloat16 in the order they have.
#include "backends/cpu/onednn/reorder.h"

#include <cstring>

#include "backends/cpu/offers.h"
#include "backends/cpu/prepared_kernel.h"
#include "backends/cpu/simd/convert.h"
#include "ops/reorder.h"

namespace sloy::cpu {
namespace {

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(std::size_t bytes) : bytes_(bytes) {}
  void run(const Pointers& pointers) const override {
    if (pointers.outputs[0] != pointers.inputs[0]) {
      std::memcpy(pointers.outputs[0], pointers.inputs[0], bytes_);
    }
  }

 private:
  std::size_t bytes_;
};

std::optional<Proposal> consider_rename(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Type& type = request.outputs[0];
  if (!same_bytes(type.shape, from, to)) {
    refusal = "elements move";
    return std::nullopt;
  }
  const std::size_t bytes =
      static_cast<std::size_t>(from.elements(type.shape)) * from.element_bytes(size_of(type.dtype));
  return Proposal{.inputs = {from},
                  .outputs = {to},
                  .in_place = {{0, 0}},
                  .implementation = "copy",
                  .kernel = std::make_shared<CopyKernel>(bytes)};
}

template <class From, class To>
class ConvertKernel final : public Kernel {
 public:
  explicit ConvertKernel(std::int64_t count) : count_(count) {}
  void run(const Pointers& pointers) const override {
    convert(static_cast<const From*>(pointers.inputs[0]), static_cast<To*>(pointers.outputs[0]),
            count_);
  }

 private:
  std::int64_t count_;
};

std::optional<Proposal> consider_convert(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Shape& shape = request.outputs[0].shape;
  if (from.bfloat16 == to.bfloat16 || !same_bytes(shape, from.stored(false), to.stored(false))) {
    refusal = from.bfloat16 == to.bfloat16 ? "nothing is converted" : "elements move";
    return std::nullopt;
  }
  const std::int64_t count = from.elements(shape);
  Proposal proposal{.inputs = {from}, .outputs = {to}, .implementation = "simd", .kernel = {}};
  if (to.bfloat16) {
    proposal.kernel = std::make_shared<ConvertKernel<float, bfloat16>>(count);
  } else {
    proposal.kernel = std::make_shared<ConvertKernel<bfloat16, float>>(count);
  }
  return proposal;
}

std::optional<Proposal> consider_onednn(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Type& type = request.outputs[0];
  if (type.dtype != DType::float32 || type.shape.size() == 0 || type.shape.rank() == 0) {
    refusal = "for float32 alone, of one dimension or more, not empty";
    return std::nullopt;
  }
  const onednn::Preparation prepared = onednn::prepare_reorder(type.shape, from, to);
  if (!prepared) {
    refusal = prepared.refusal;
    return std::nullopt;
  }
  return propose(prepared.kernel);
}

constexpr Offer offers[] = {
    {.op = &reorder_op, .name = "rename", .consider = consider_rename},
    {.op = &reorder_op, .name = "convert", .consider = consider_convert},
    {.op = &reorder_op, .name = "onednn reorder", .consider = consider_onednn},
};

}  // namespace

std::span<const Offer> reorder_offers() { return offers; }

}  // namespace sloy::cpu
