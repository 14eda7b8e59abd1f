/// Mean and variance over all axes but the last (batch normalisation), over the last (layer
/// normalisation), and over the positions of each example (instance normalisation).
#include "backends/cpu/simd/moments.h"

#include "backends/cpu/offers.h"
#include "ops/moments.h"
#include "ops/reduce.h"

namespace sloy::cpu {
namespace {

/// T is float or bfloat16.
template <class T>
class MomentsKernel final : public Kernel {
 public:
  explicit MomentsKernel(const MomentsShape& shape) : shape_(shape) {}
  void run(const Pointers& pointers) const override {
    cpu::moments(shape_, static_cast<const T*>(pointers.inputs[0]),
                 static_cast<float*>(pointers.outputs[0]), static_cast<float*>(pointers.outputs[1]),
                 pointers.scratch);
  }

 private:
  MomentsShape shape_;
};

/// Which of the kernel's forms these axes are of an input of that rank, if any.
std::optional<MomentsOver> over(const std::vector<int>& axes, int rank) {
  auto count = static_cast<int>(axes.size());
  if (count == 0 || rank < 2) return {};
  bool last = axes.back() == rank - 1;
  if (count == rank - 1 && !last) return MomentsOver::examples;
  if (count == 1 && last) return MomentsOver::columns;
  bool positions = count == rank - 2 && axes.front() == 1 && !last;
  if (positions) return MomentsOver::rows;
  return {};
}

std::optional<Proposal> consider(const Request& request, std::string& refusal) {
  const Shape& x = request.inputs[0].type->shape;
  std::vector<int> axes = canonical(request.as<ReduceOptions>(), x).axes;
  auto form = over(axes, x.rank());
  if (!form || x.size() == 0) {
    refusal = "the axes are neither all but the last, nor the last, nor the positions";
    return {};
  }
  Layout layout = request.inputs[0].free ? Layout{} : request.inputs[0].layout->stored(false);
  int width = blocked_channels(layout, x.rank());
  if (width == 0 || *form == MomentsOver::columns || x.size(-1) % width != 0) {
    layout = {};
    width = 0;
  }
  std::int64_t batch_size = x.size(0);
  std::int64_t channels = x.size(-1);
  std::int64_t positions = x.size() / batch_size / channels;
  MomentsShape shape{.space = {}, .over = *form};
  if (width > 0) {
    shape.space = Space::blocked(batch_size, positions, channels, width);
  } else if (*form == MomentsOver::rows) {
    shape.space = {.panels = batch_size, .rows = positions, .width = channels};
  } else {
    shape.space = Space::plain(batch_size * positions, channels);
  }
  Proposal proposal;
  const bool narrow = request.inputs[0].bfloat16 && *form != MomentsOver::columns;
  proposal.inputs = {layout.stored(narrow)};
  proposal.outputs = {Layout{}, Layout{}};
  proposal.scratch_bytes = moments_scratch_bytes(shape);
  proposal.implementation = layout.is_plain() ? "plain" : "blocked";
  if (narrow) {
    proposal.implementation += " bfloat16";
    proposal.kernel = std::make_shared<MomentsKernel<bfloat16>>(shape);
  } else {
    proposal.kernel = std::make_shared<MomentsKernel<float>>(shape);
  }
  return proposal;
}

constexpr Offer offers[] = {{&moments_op, "simd", consider}};

}  // namespace

std::span<const Offer> moments_offers() { return offers; }

}  // namespace sloy::cpu
