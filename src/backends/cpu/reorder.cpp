/// Reorders: of float32 through oneDNN, of any dtype as a copy where no byte moves.
#include "backends/cpu/onednn/reorder.h"

#include <cstring>

#include "backends/cpu/offers.h"
#include "backends/cpu/prepared_kernel.h"
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
  const std::size_t bytes = from.elements(type.shape) * size_of(type.dtype);
  return Proposal{.inputs = {from},
                  .outputs = {to},
                  .in_place = {{0, 0}},
                  .implementation = "copy",
                  .kernel = std::make_shared<CopyKernel>(bytes)};
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
    {.op = &reorder_op, .name = "onednn reorder", .consider = consider_onednn},
};

}  // namespace

std::span<const Offer> reorder_offers() { return offers; }

}  // namespace sloy::cpu
