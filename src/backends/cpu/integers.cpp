/// Comparisons of int32. The fused kernels, which compute in float32, would take large numbers that
/// differ for equal.
#include <functional>

#include "backends/cpu/offers.h"
#include "base/parallel.h"
#include "ops/elementwise.h"

namespace sloy::cpu {
namespace {

/// Elements a thread must have before it is worth waking.
constexpr std::int64_t grain = 32 * 1024;

/// y = 1 where Holds of a and b, else 0. An operand of one number goes with every element.
template <class Holds>
class CompareKernel final : public Kernel {
 public:
  CompareKernel(std::int64_t size, bool one_a, bool one_b)
      : size_(size), step_a_(one_a ? 0 : 1), step_b_(one_b ? 0 : 1) {}

  void run(const Pointers& pointers) const override {
    const auto* a = static_cast<const std::int32_t*>(pointers.inputs[0]);
    const auto* b = static_cast<const std::int32_t*>(pointers.inputs[1]);
    auto* y = static_cast<float*>(pointers.outputs[0]);
    parallel_for(size_, grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        y[i] = Holds()(a[i * step_a_], b[i * step_b_]) ? 1.0f : 0.0f;
      }
    });
  }

 private:
  std::int64_t size_;
  std::int64_t step_a_;
  std::int64_t step_b_;
};

template <class Holds>
std::optional<Proposal> consider(const Request& request, std::string& refusal) {
  const Type& a = *request.inputs[0].type;
  const Type& b = *request.inputs[1].type;
  const Shape& shape = request.outputs[0].shape;
  if (a.dtype != DType::int32) {
    refusal = "for int32 alone";
    return std::nullopt;
  }
  const auto meets = [&](const Type& type) {
    return type.shape.size() == 1 || type.shape.size() == shape.size();
  };
  if (!meets(a) || !meets(b)) {
    refusal = "a part of an operand is repeated";
    return std::nullopt;
  }
  return Proposal{.inputs = {{}, {}},
                  .outputs = {{}},
                  .implementation = "loop",
                  .kernel = std::make_shared<CompareKernel<Holds>>(
                      shape.size(), a.shape.size() == 1, b.shape.size() == 1)};
}

template <class Holds>
constexpr Offer comparison(const Op& op) {
  return {.op = &op, .name = "integers", .consider = consider<Holds>};
}

constexpr Offer offers[] = {
    comparison<std::equal_to<>>(equal_op),  comparison<std::not_equal_to<>>(not_equal_op),
    comparison<std::greater<>>(greater_op), comparison<std::greater_equal<>>(greater_equal_op),
    comparison<std::less<>>(less_op),       comparison<std::less_equal<>>(less_equal_op)};

}  // namespace

std::span<const Offer> integer_offers() { return offers; }

}  // namespace sloy::cpu
