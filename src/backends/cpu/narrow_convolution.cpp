/// Convolutions to very few filters, and the gradient of their kernels, through our own kernels.
#include <fmt/format.h>

#include "backends/cpu/offers.h"
#include "backends/cpu/simd/narrow_convolution.h"
#include "backends/cpu/windows.h"
#include "ops/convolution.h"

namespace sloy::cpu {
namespace {

NarrowConvolution shape_of(const Shape& x, const Shape& kernel, const ConvolutionOptions& options) {
  const ConvolutionSizes sizes = convolution_sizes(x, kernel, options);
  return {.batch = x.size(0),
          .channels = sizes.channels,
          .filters = sizes.filters,
          .windows = windows_of(sizes.axes)};
}

/// Where our kernels were measured to be faster than oneDNN's 16 filters.
bool is_narrow(const NarrowConvolution& shape, std::int64_t groups, std::string& refusal) {
  const bool narrow =
      shape.filters == 1 ? shape.channels >= 8 : shape.filters <= 3 && shape.channels >= 16;
  if (narrow && groups == 1) return true;
  refusal = fmt::format("made for one group and 3 filters at most, not {} and {}", groups,
                        shape.filters * groups);
  if (groups == 1 && shape.filters <= 3) {
    refusal = fmt::format("{} channels are few for {} filters", shape.channels, shape.filters);
  }
  return false;
}

class ForwardKernel final : public Kernel {
 public:
  ForwardKernel(NarrowConvolution shape, bool bias, bool relu)
      : shape_(shape), bias_(bias), relu_(relu) {}

  void run(const Pointers& pointers) const override {
    const auto in = [&](int i) { return static_cast<const float*>(pointers.inputs[i]); };
    narrow_convolution(shape_, in(0), in(1), {.bias = bias_ ? in(2) : nullptr, .relu = relu_},
                       static_cast<float*>(pointers.outputs[0]), pointers.scratch);
  }

 private:
  NarrowConvolution shape_;
  bool bias_;
  bool relu_;
};

class KernelGradientKernel final : public Kernel {
 public:
  explicit KernelGradientKernel(NarrowConvolution shape) : shape_(shape) {}

  void run(const Pointers& pointers) const override {
    narrow_kernel_gradient(shape_, static_cast<const float*>(pointers.inputs[0]),
                           static_cast<const float*>(pointers.inputs[1]),
                           static_cast<float*>(pointers.outputs[0]), pointers.scratch);
  }

 private:
  NarrowConvolution shape_;
};

/// Everything plain.
Proposal plain(const Request& request, std::size_t scratch_bytes,
               std::shared_ptr<const Kernel> kernel) {
  return {.inputs = std::vector<Layout>(request.inputs.size()),
          .outputs = std::vector<Layout>(1),
          .scratch_bytes = scratch_bytes,
          .implementation = "narrow",
          .kernel = std::move(kernel)};
}

std::optional<Proposal> consider_forward(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionAttributes>();
  const NarrowConvolution shape =
      shape_of(request.inputs[0].type->shape, request.inputs[1].type->shape, attributes.options);
  if (!is_narrow(shape, attributes.options.groups, refusal)) return std::nullopt;
  return plain(request, narrow_convolution_scratch(shape),
               std::make_shared<ForwardKernel>(shape, request.inputs.size() == 3, attributes.relu));
}

std::optional<Proposal> consider_kernel_gradient(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionKernelGradientAttributes>();
  const NarrowConvolution shape =
      shape_of(request.inputs[0].type->shape, attributes.kernel, attributes.options);
  if (!is_narrow(shape, attributes.options.groups, refusal)) return std::nullopt;
  return plain(request, narrow_kernel_gradient_scratch(shape),
               std::make_shared<KernelGradientKernel>(shape));
}

constexpr Offer offers[] = {
    {.op = &convolution_op, .name = "narrow", .consider = consider_forward},
    {.op = &convolution_kernel_gradient_op, .name = "narrow", .consider = consider_kernel_gradient},
};

}  // namespace

std::span<const Offer> narrow_convolution_offers() { return offers; }

}  // namespace sloy::cpu
