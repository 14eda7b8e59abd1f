/// Convolutions of few pixels and many channels on our own kernel, which reads each weight once.
#include "backends/cpu/simd/few_pixels.h"

#include <fmt/format.h>

#include "backends/cpu/convolution.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/prepared_kernel.h"
#include "backends/cpu/windows.h"
#include "ops/convolution.h"

namespace sloy::cpu {
namespace {

class FewPixelsKernel final : public Kernel {
 public:
  FewPixelsKernel(const FewPixels& shape, bool has_bias) : shape_(shape), has_bias_(has_bias) {}
  void run(const Pointers& pointers) const override {
    const auto floats = [&](int i) { return static_cast<const float*>(pointers.inputs[i]); };
    convolve_few_pixels(shape_, floats(0), floats(1), has_bias_ ? floats(2) : nullptr,
                        static_cast<float*>(pointers.outputs[0]),
                        static_cast<float*>(pointers.scratch));
  }

 private:
  FewPixels shape_;
  bool has_bias_;
};

/// Pixels of y up to which ours was measured to be faster than oneDNN's direct kernels, more so the
/// fewer they are.
constexpr std::int64_t most_pixels = 256;

std::optional<Proposal> consider(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionAttributes>();
  const Shape& x = request.inputs[0].type->shape;
  const Operand& kernel = request.inputs[1];
  const ConvolutionSizes sizes = convolution_sizes(x, kernel.type->shape, attributes.options);
  const Windows windows = windows_of(sizes.axes);
  const FewPixels shape = {.batch = x.size(0),
                           .channels = sizes.channels,
                           .filters = sizes.filters,
                           .height = windows.height,
                           .width = windows.width,
                           .rectify = attributes.relu};
  const std::int64_t block = channel_block();
  if (x.rank() != 4 || sizes.groups != 1 || shape.channels % block != 0 ||
      shape.filters % block != 0 || shape.pixels() > most_pixels || windows.height.dilation != 1 ||
      windows.width.dilation != 1) {
    refusal = fmt::format(
        "made for {} pixels at most, one group, no dilation, and whole blocks of {} channels",
        most_pixels, block);
    return {};
  }
  std::string direct;
  if (takes_winograd(request, direct)) {
    refusal = "Winograd is faster for these sizes";
    return {};
  }
  if (request.inputs[0].bfloat16 || kernel.bfloat16) {
    refusal = "the operands are bfloat16";
    return {};
  }
  const auto width = static_cast<int>(block);
  const Layout images = channels_blocked(4, width);
  const Layout packed = packed_kernel(width);
  Proposal proposal;
  proposal.inputs = {images, kernel.free ? packed : adopt(kernel, packed)};
  if (!kernel.free && proposal.inputs[1] != *kernel.layout) {
    refusal = "reordering the kernel would take longer than the convolution";
    return {};
  }
  if (request.inputs.size() == 3) proposal.inputs.push_back({});
  proposal.outputs = {images};
  proposal.scratch_bytes = few_pixels_scratch_bytes(shape);
  proposal.implementation = "direct blocked";
  proposal.kernel = std::make_shared<FewPixelsKernel>(shape, request.inputs.size() == 3);
  return proposal;
}

constexpr Offer offers[] = {
    {.op = &convolution_op, .name = "few pixels", .consider = consider, .share_of_peak = 0.8}};

}  // namespace

std::span<const Offer> few_pixels_offers() { return offers; }

}  // namespace sloy::cpu
