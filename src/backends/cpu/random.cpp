/// Normal random numbers. Uniform ones are an instruction of fused programs.
#include "ops/random.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/simd/random_normal.h"

namespace sloy::cpu {
namespace {

class NormalKernel final : public Kernel {
 public:
  NormalKernel(const RandomOptions& options, std::int64_t examples, std::int64_t size)
      : options_(options), examples_(examples), size_(size) {}
  void run(const Pointers& pointers) const override {
    const auto* seed = static_cast<const std::int32_t*>(pointers.inputs[0]);
    const auto* step = static_cast<const std::uint32_t*>(pointers.inputs[1]);
    random_normal(random_key(seed, options_), *step, examples_, size_,
                  static_cast<float*>(pointers.outputs[0]));
  }

 private:
  RandomOptions options_;
  std::int64_t examples_;
  std::int64_t size_;  ///< of an example
};

std::optional<Proposal> consider(const Request& request, std::string&) {
  const Shape& shape = request.outputs[0].shape;
  const std::int64_t examples = shape.size(0);
  const std::int64_t size = examples == 0 ? 0 : shape.size() / examples;
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  proposal.outputs.resize(request.outputs.size());
  proposal.implementation = "plain";
  proposal.kernel = std::make_shared<NormalKernel>(request.as<RandomOptions>(), examples, size);
  return proposal;
}

constexpr Offer offers[] = {{&random_normal_op, "simd", consider}};

}  // namespace

std::span<const Offer> random_offers() { return offers; }

}  // namespace sloy::cpu
