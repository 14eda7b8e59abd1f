/// Convolutions with few results a position, of which oneDNN's kernels compute a whole block, on
/// our own with vectors of positions.
#include "backends/cpu/simd/few_results.h"

#include <fmt/format.h>

#include "backends/cpu/direct_kernel.h"
#include "backends/cpu/machine.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/windows.h"
#include "ops/convolution.h"

namespace sloy::cpu {
namespace {

/// Fewer terms than this are not worth turning the image.
constexpr std::int64_t least_terms = 8;
/// Rows of fewer results than this fill too little of a vector for the input's gradient, which
/// oneDNN computes in halves of a vector.
constexpr std::int64_t least_width = 12;

/// The convolution where its windows are such as the kernels take.
std::optional<FewResults> shape_of(const Shape& x, const Shape& kernel,
                                   const ConvolutionOptions& options, std::string& refusal) {
  const ConvolutionSizes sizes = convolution_sizes(x, kernel, options);
  const auto [depth, height, width] = windows_of(sizes.axes);
  const FewResults shape = {.batch = x.size(0),
                            .channels = sizes.channels,
                            .filters = sizes.filters,
                            .height = height,
                            .width = width,
                            .threads = this_machine().threads};
  const auto moves_by_one = [](const Axis& axis) { return axis.stride == 1 && axis.dilation == 1; };
  if (sizes.groups == 1 && depth.output == 1 && depth.taps == 1 && moves_by_one(height) &&
      moves_by_one(width) && shape.taps() <= FewResults::most_taps) {
    return shape;
  }
  refusal = fmt::format("made for images, one group, stride 1, no dilation and {} taps at most",
                        FewResults::most_taps);
  return {};
}

/// Half of what oneDNN computes at once.
std::int64_t most_worthwhile() {
  return std::min<std::int64_t>(most_results, this_machine().channel_block() / 2);
}

bool is_worthwhile(std::int64_t results, std::int64_t terms, std::string& refusal) {
  if (results <= most_worthwhile() && terms >= least_terms) return true;
  refusal =
      fmt::format("made for {} results a position at most, of {} channels or more, not {} of {}",
                  most_worthwhile(), least_terms, results, terms);
  return false;
}

std::optional<Proposal> consider_forward(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionAttributes>();
  auto shape = shape_of(request.inputs[0].type->shape, request.inputs[1].type->shape,
                        attributes.options, refusal);
  if (!shape || !is_worthwhile(shape->filters, shape->channels, refusal)) return {};
  shape->rectify = attributes.relu;
  return direct_proposal(request, *shape, convolve_to_few_scratch_bytes(*shape),
                         [](const FewResults& s, const DirectOperands& operands) {
                           convolve_to_few(s, operands.input(0), operands.input(1), operands.bias(),
                                           operands.output(), operands.scratch());
                         });
}

std::optional<Proposal> consider_input_gradient(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionInputGradientAttributes>();
  const auto shape =
      shape_of(attributes.input, request.inputs[1].type->shape, attributes.options, refusal);
  if (!shape || !is_worthwhile(shape->channels, shape->filters, refusal)) return {};
  if (shape->width.input < least_width) {
    refusal = fmt::format("rows of {} pixels, fewer than {}", shape->width.input, least_width);
    return {};
  }
  return direct_proposal(request, *shape, input_gradient_of_few_scratch_bytes(*shape),
                         [](const FewResults& s, const DirectOperands& operands) {
                           input_gradient_of_few(s, operands.input(0), operands.input(1),
                                                 operands.output(), operands.scratch());
                         });
}

std::optional<Proposal> consider_kernel_gradient(const Request& request, std::string& refusal) {
  const auto& attributes = request.as<ConvolutionKernelGradientAttributes>();
  const auto shape =
      shape_of(request.inputs[0].type->shape, attributes.kernel, attributes.options, refusal);
  if (!shape || !is_worthwhile(shape->filters, shape->channels, refusal)) return {};
  return direct_proposal(request, *shape, kernel_gradient_of_few_scratch_bytes(*shape),
                         [](const FewResults& s, const DirectOperands& operands) {
                           kernel_gradient_of_few(s, operands.input(0), operands.input(1),
                                                  operands.output(), operands.scratch());
                         });
}

constexpr Offer offers[] = {
    {.op = &convolution_op,
     .name = "few results",
     .consider = consider_forward,
     .share_of_peak = 0.6},
    {.op = &convolution_input_gradient_op,
     .name = "few results",
     .consider = consider_input_gradient,
     .share_of_peak = 0.6},
    {.op = &convolution_kernel_gradient_op,
     .name = "few results",
     .consider = consider_kernel_gradient,
     .share_of_peak = 0.7},
};

}  // namespace

std::span<const Offer> few_results_offers() { return offers; }

}  // namespace sloy::cpu
