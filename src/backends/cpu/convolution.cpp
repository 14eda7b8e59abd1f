/// Convolutions and their gradients: by Winograd's algorithm on our own kernels, or direct through
/// oneDNN.
#include "backends/cpu/convolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "backends/cpu/machine.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/onednn/convolution.h"
#include "backends/cpu/prepared_kernel.h"
#include "backends/cpu/winograd.h"
#include "ops/convolution.h"

namespace sloy::cpu {
namespace {

using onednn::ConvolutionGeometry;
using onednn::ConvolutionPass;

/// A request's convolution, and which operand is what.
struct Problem {
  ConvolutionPass pass;
  ConvolutionGeometry geometry;
  const Operand* input = nullptr;   ///< x, where it is read
  const Operand* kernel = nullptr;  ///< where it is read
  const Operand* output = nullptr;  ///< dy, where it is read
  bool bias = false;
  bool relu = false;
};

ConvolutionGeometry geometry_of(const Shape& x, const Shape& kernel,
                                const ConvolutionOptions& options) {
  const auto [axes, groups, channels, filters] = convolution_sizes(x, kernel, options);
  ConvolutionGeometry geometry{.batch = x.size(0),
                               .input_channels = groups * channels,
                               .filters = groups * filters,
                               .groups = groups};
  const int spatial = x.rank() - 2;
  for (int dim = 0; dim < spatial; ++dim) {
    const WindowAxis& axis = axes[3 - spatial + dim];
    const std::int64_t extent = (axis.taps - 1) * axis.dilation + 1;
    geometry.input.push_back(axis.input);
    geometry.kernel.push_back(axis.taps);
    geometry.strides.push_back(axis.stride);
    geometry.dilations.push_back(axis.dilation);
    geometry.padding_before.push_back(axis.low);
    geometry.padding_after.push_back(std::max<std::int64_t>(
        (axis.output - 1) * axis.stride + extent - axis.input - axis.low, 0));
  }
  return geometry;
}

Problem problem_of(const Request& request) {
  const std::span<const Operand> in = request.inputs;
  const Type& result = request.outputs[0];
  if (request.op == &convolution_op) {
    const auto& attributes = request.as<ConvolutionAttributes>();
    return {.pass = ConvolutionPass::forward,
            .geometry = geometry_of(in[0].type->shape, in[1].type->shape, attributes.options),
            .input = &in[0],
            .kernel = &in[1],
            .bias = in.size() == 3,
            .relu = attributes.relu};
  }
  if (request.op == &convolution_input_gradient_op) {
    const auto& attributes = request.as<ConvolutionInputGradientAttributes>();
    return {.pass = ConvolutionPass::input_gradient,
            .geometry = geometry_of(result.shape, in[1].type->shape, attributes.options),
            .kernel = &in[1],
            .output = &in[0]};
  }
  const auto& attributes = request.as<ConvolutionKernelGradientAttributes>();
  return {.pass = ConvolutionPass::kernel_gradient,
          .geometry = geometry_of(in[0].type->shape, result.shape, attributes.options),
          .input = &in[0],
          .output = &in[1]};
}

/// The kernel's own form if oneDNN has something good for it, else the form oneDNN likes best, for
/// which the kernel is reordered. The activations' forms are fixed or open.
std::optional<Proposal> prepare(const Request& request, onednn::ConvolutionLayouts layouts,
                                std::string& refusal) {
  if (!counts_in_32_bits(request, refusal)) return std::nullopt;
  const Problem problem = problem_of(request);
  if (problem.input && layouts.input) layouts.input = adopt(*problem.input, *layouts.input);
  if (problem.output && layouts.output) layouts.output = adopt(*problem.output, *layouts.output);
  onednn::ConvolutionOptions options{.bias = problem.bias};
  onednn::Preparation prepared;
  if (problem.kernel && !problem.kernel->free) {
    options.im2col = false;
    layouts.kernel = *problem.kernel->layout;
    prepared = prepare_convolution(problem.geometry, problem.pass, options, layouts);
    layouts.kernel.reset();
    options.im2col = true;
  }
  if (!prepared) {
    prepared = prepare_convolution(problem.geometry, problem.pass, options, layouts);
  }
  if (!prepared) {
    refusal = prepared.refusal;
    return std::nullopt;
  }
  return propose(prepared.kernel, problem.relu);
}

struct Blocked {
  int width;
  bool input;
  bool output;
  Layout layout = {};
};

/// Which sides of the convolution have channels that make whole blocks.
Blocked blocked_sides(const ConvolutionGeometry& geometry) {
  const int width = this_machine().channel_block();
  return {.width = width,
          .input = geometry.input_channels % width == 0,
          .output = geometry.filters % width == 0,
          .layout = channels_blocked(geometry.spatial_rank() + 2, width)};
}

/// A few channels, as an image has, are no block; oneDNN's kernels for them name their own form.
constexpr std::int64_t image_channels = 4;

/// Blocked forms for both activations, but an image's, which is left to oneDNN.
std::optional<onednn::ConvolutionLayouts> blocked_layouts(const Problem& problem,
                                                          std::string& refusal) {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Blocked blocked = blocked_sides(geometry);
  const bool from_image =
      geometry.input_channels <= image_channels && problem.pass != ConvolutionPass::input_gradient;
  if (!blocked.output || !(blocked.input || from_image)) {
    refusal = fmt::format("{} channels and {} filters are not both multiples of {}",
                          geometry.input_channels, geometry.filters, blocked.width);
    return std::nullopt;
  }
  onednn::ConvolutionLayouts layouts{.output = blocked.layout};
  if (blocked.input) layouts.input = blocked.layout;
  return layouts;
}

/// oneDNN 2.6.3 gathers what a kernel of one tap reads in strides, and on plain layouts gathers
/// wrongly where channels don't fill vectors: all three passes, on AVX2 and AVX-512.
bool skips_between_taps(const ConvolutionGeometry& geometry) {
  const auto above_one = [](std::int64_t n) { return n > 1; };
  return std::ranges::none_of(geometry.kernel, above_one) &&
         std::ranges::any_of(geometry.strides, above_one);
}

constexpr const char* wrong_strides =
    "oneDNN is wrong for kernels of one tap with strides on plain layouts";

/// The direct algorithm on operands that are bfloat16, the activations in these orders.
std::optional<Proposal> prepare_bfloat16(const Request& request, onednn::ConvolutionLayouts layouts,
                                         std::string& refusal) {
  if (!counts_in_32_bits(request, refusal)) return std::nullopt;
  const Problem problem = problem_of(request);
  const onednn::ConvolutionOptions options{.bfloat16 = true,
                                           .bfloat16_result = request.is_bfloat16(0),
                                           .bias = problem.bias,
                                           .im2col = false};
  const bool input = problem.input || options.bfloat16_result;
  const bool output = problem.output || options.bfloat16_result;
  if (layouts.input) layouts.input->bfloat16 = input;
  if (layouts.output) layouts.output->bfloat16 = output;
  const onednn::Preparation prepared =
      prepare_convolution(problem.geometry, problem.pass, options, layouts);
  if (!prepared) {
    refusal = prepared.refusal;
    return std::nullopt;
  }
  return propose(prepared.kernel, problem.relu);
}

std::optional<Proposal> consider_bfloat16_blocked(const Request& request, std::string& refusal) {
  if (!multiplies_bfloat16(request, refusal)) return std::nullopt;
  const auto layouts = blocked_layouts(problem_of(request), refusal);
  return layouts ? prepare_bfloat16(request, *layouts, refusal) : std::nullopt;
}

std::optional<Proposal> consider_bfloat16_plain(const Request& request, std::string& refusal) {
  if (!multiplies_bfloat16(request, refusal)) return std::nullopt;
  if (skips_between_taps(problem_of(request).geometry)) {
    refusal = wrong_strides;
    return std::nullopt;
  }
  return prepare_bfloat16(request, {.input = Layout{}, .output = Layout{}}, refusal);
}

bool reads_bfloat16(const Request& request) {
  return request.inputs[0].bfloat16 && request.inputs[1].bfloat16;
}

std::optional<Proposal> consider_winograd(const Request& request, std::string& refusal) {
  if (!takes_winograd(request, refusal)) return std::nullopt;
  const Problem problem = problem_of(request);
  const Machine machine = this_machine();
  const bool bfloat16 = reads_bfloat16(request);
  const WinogradOptions options = {.pass = problem.pass,
                                   .bias = problem.bias,
                                   .relu = problem.relu,
                                   .bfloat16 = bfloat16,
                                   .bfloat16_result = bfloat16 && request.is_bfloat16(0)};
  Proposal proposal = propose_winograd(problem.geometry, options, machine);
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    proposal.inputs[i] = adopt(request.inputs[i], proposal.inputs[i]);
  }
  return proposal;
}

std::optional<Proposal> consider_blocked(const Request& request, std::string& refusal) {
  const auto layouts = blocked_layouts(problem_of(request), refusal);
  return layouts ? prepare(request, *layouts, refusal) : std::nullopt;
}

std::optional<Proposal> consider_plain(const Request& request, std::string& refusal) {
  if (skips_between_taps(problem_of(request).geometry)) {
    refusal = wrong_strides;
    return std::nullopt;
  }
  return prepare(request, {.input = Layout{}, .output = Layout{}}, refusal);
}

/// Winograd's error is this many root mean squares of the result at most.
constexpr double winograd_tolerance = 2e-5;

constexpr std::array<Offer, 5> offers_of(const Op* op) {
  return {{{.op = op,
            .name = "winograd",
            .consider = consider_winograd,
            .integer_tolerance = winograd_tolerance,
            .share_of_peak = 2.6},
           {.op = op,
            .name = "onednn bfloat16",
            .consider = consider_bfloat16_blocked,
            .share_of_peak = 1.8},
           {.op = op,
            .name = "onednn bfloat16 plain",
            .consider = consider_bfloat16_plain,
            .share_of_peak = 1.0},
           {.op = op, .name = "onednn blocked", .consider = consider_blocked, .share_of_peak = 0.9},
           {.op = op, .name = "onednn plain", .consider = consider_plain, .share_of_peak = 0.5}}};
}

/// Those that this machine has the instructions for: bfloat16's, and fused multiply-add for
/// Winograd.
std::vector<Offer> on_this_machine(const Op* op) {
  const Machine machine = this_machine();
  std::vector<Offer> found;
  for (const Offer& offer : offers_of(op)) {
    if (offer.consider == consider_winograd && machine.instructions == InstructionSet::baseline) {
      continue;
    }
    const bool multiplies_bfloat16 =
        offer.consider == consider_bfloat16_blocked || offer.consider == consider_bfloat16_plain;
    if (multiplies_bfloat16 && !machine.bfloat16) continue;
    found.push_back(offer);
  }
  return found;
}

}  // namespace

bool takes_winograd(const Request& request, std::string& refusal) {
  if (request.convolution == ConvolutionAlgorithm::direct) {
    refusal = "direct convolution was asked for";
    return false;
  }
  const Problem problem = problem_of(request);
  const bool takes =
      takes_winograd(problem.geometry, problem.pass, this_machine(), reads_bfloat16(request));
  if (!takes) refusal = "direct is faster for these sizes";
  return takes;
}

std::span<const Offer> convolution_offers() {
  static const std::vector<Offer> offers = on_this_machine(&convolution_op);
  return offers;
}
std::span<const Offer> convolution_input_gradient_offers() {
  static const std::vector<Offer> offers = on_this_machine(&convolution_input_gradient_op);
  return offers;
}
std::span<const Offer> convolution_kernel_gradient_offers() {
  static const std::vector<Offer> offers = on_this_machine(&convolution_kernel_gradient_op);
  return offers;
}

}  // namespace sloy::cpu
