/// Convolution and its gradients on our own kernels: to few filters and of few channels, for which
/// oneDNN computes whole blocks of them, and whatever oneDNN refuses.
#include <fmt/format.h>

#include "backends/cpu/direct_kernel.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/simd/convolution.h"
#include "backends/cpu/windows.h"
#include "ops/convolution.h"

namespace sloy::cpu {
namespace {

ConvolutionShape shape_of(const Shape& x, const Shape& kernel, const ConvolutionOptions& options,
                          bool relu = false) {
  const ConvolutionSizes sizes = convolution_sizes(x, kernel, options);
  return {.batch = x.size(0),
          .groups = sizes.groups,
          .channels = sizes.channels,
          .filters = sizes.filters,
          .windows = windows_of(sizes.axes),
          .rectify = relu};
}

bool is_possible(const ConvolutionShape& shape, std::string& refusal) {
  const std::int64_t lines = shape.windows.depth.taps * shape.windows.height.taps;
  if (lines <= most_tap_lines) return true;
  refusal = fmt::format("the kernel has {} rows, more than {}", lines, most_tap_lines);
  return false;
}

std::optional<Proposal> consider_forward(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionAttributes>();
  const ConvolutionShape shape =
      shape_of(request.inputs[0].type->shape, request.inputs[1].type->shape, attributes.options,
               attributes.relu);
  if (!is_possible(shape, refusal)) return {};
  return direct_proposal(request, shape, convolution_scratch_bytes(shape),
                         [](const ConvolutionShape& s, const DirectOperands& operands) {
                           convolution(s, operands.input(0), operands.input(1), operands.bias(),
                                       operands.output(), operands.scratch());
                         });
}

std::optional<Proposal> consider_input_gradient(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionInputGradientAttributes>();
  const ConvolutionShape shape =
      shape_of(attributes.input, request.inputs[1].type->shape, attributes.options);
  if (!is_possible(shape, refusal)) return {};
  return direct_proposal(request, shape, convolution_input_gradient_scratch_bytes(shape),
                         [](const ConvolutionShape& s, const DirectOperands& operands) {
                           convolution_input_gradient(s, operands.input(0), operands.input(1),
                                                      operands.output(), operands.scratch());
                         });
}

std::optional<Proposal> consider_kernel_gradient(const Request& request, std::string&) {
  const auto& attributes = request.as<ConvolutionKernelGradientAttributes>();
  const ConvolutionShape shape =
      shape_of(request.inputs[0].type->shape, attributes.kernel, attributes.options);
  return direct_proposal(request, shape, convolution_kernel_gradient_scratch_bytes(shape),
                         [](const ConvolutionShape& s, const DirectOperands& operands) {
                           convolution_kernel_gradient(s, operands.input(0), operands.input(1),
                                                       operands.output(), operands.scratch());
                         });
}

/// Of windows that few_results.cpp does not take, where our kernels were measured to be two to five
/// times as fast as oneDNN's.
bool has_few_filters(const Shape& x, const Shape& kernel, const ConvolutionOptions& options,
                     std::string& refusal) {
  const ConvolutionShape shape = shape_of(x, kernel, options);
  const std::int64_t least_channels = shape.filters == 1 ? 8 : 16;
  if (shape.groups == 1 && shape.filters <= 3 && shape.channels >= least_channels) return true;
  refusal = fmt::format(
      "made for one group, 3 filters at most and {} channels or more, not {}, {} and {}",
      least_channels, shape.groups, shape.y_channels(), shape.x_channels());
  return false;
}

std::optional<Proposal> consider_few_filters(const Request& request, std::string& refusal) {
  const bool few = has_few_filters(request.inputs[0].type->shape, request.inputs[1].type->shape,
                                   request.as<ConvolutionAttributes>().options, refusal);
  return few ? consider_forward(request, refusal) : std::nullopt;
}

std::optional<Proposal> consider_gradient_of_few_filters(const Request& request,
                                                         std::string& refusal) {
  const auto& attributes = request.as<ConvolutionKernelGradientAttributes>();
  const bool few = has_few_filters(request.inputs[0].type->shape, attributes.kernel,
                                   attributes.options, refusal);
  return few ? consider_kernel_gradient(request, refusal) : std::nullopt;
}

std::optional<Proposal> consider_few_channels(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionInputGradientAttributes>();
  const ConvolutionShape shape =
      shape_of(attributes.input, request.inputs[1].type->shape, attributes.options);
  if (shape.groups == 1 && shape.channels <= 4 && shape.filters >= 16) {
    return consider_input_gradient(request, refusal);
  }
  refusal = fmt::format(
      "made for one group, 4 channels at most and 16 filters or more, not {}, {} "
      "and {}",
      shape.groups, shape.x_channels(), shape.y_channels());
  return {};
}

constexpr Offer few_offers[] = {
    {.op = &convolution_op, .name = "few", .consider = consider_few_filters, .share_of_peak = 0.27},
    {.op = &convolution_kernel_gradient_op,
     .name = "few",
     .consider = consider_gradient_of_few_filters,
     .share_of_peak = 0.27},
    {.op = &convolution_input_gradient_op,
     .name = "few",
     .consider = consider_few_channels,
     .share_of_peak = 0.27},
};
constexpr Offer any_offers[] = {
    {.op = &convolution_op, .name = "direct", .consider = consider_forward, .share_of_peak = 0.27},
    {.op = &convolution_input_gradient_op,
     .name = "direct",
     .consider = consider_input_gradient,
     .share_of_peak = 0.27},
    {.op = &convolution_kernel_gradient_op,
     .name = "direct",
     .consider = consider_kernel_gradient,
     .share_of_peak = 0.27},
};

}  // namespace

std::span<const Offer> few_channels_offers() { return few_offers; }
std::span<const Offer> any_convolution_offers() { return any_offers; }

}  // namespace sloy::cpu
