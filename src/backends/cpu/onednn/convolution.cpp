#include "backends/cpu/onednn/convolution.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "backends/cpu/onednn/primitive.h"

namespace sloy::onednn {
namespace {

using dnnl::memory;

Shape shape_of(std::initializer_list<std::int64_t> front, const std::vector<std::int64_t>& middle,
               std::initializer_list<std::int64_t> back) {
  Shape shape;
  for (std::int64_t size : front) shape.push_back(size);
  for (std::int64_t size : middle) shape.push_back(size);
  for (std::int64_t size : back) shape.push_back(size);
  return shape;
}

[[maybe_unused]] bool is_valid(const ConvolutionGeometry& g) {
  const auto rank = static_cast<std::size_t>(g.spatial_rank());
  const auto all = [rank](const std::vector<std::int64_t>& sizes, std::int64_t least) {
    return sizes.size() == rank && std::ranges::all_of(sizes, [least](std::int64_t size) {
             return size >= least && size <= std::numeric_limits<std::int32_t>::max();
           });
  };
  if (rank < 1 || rank > 3 || g.batch < 1 || g.groups < 1) return false;
  if (g.input_channels < 1 || g.input_channels % g.groups != 0) return false;
  if (g.filters < 1 || g.filters % g.groups != 0) return false;
  if (!all(g.input, 1) || !all(g.kernel, 1) || !all(g.strides, 1) || !all(g.dilations, 1) ||
      !all(g.padding_before, 0) || !all(g.padding_after, 0)) {
    return false;
  }
  for (int dim = 0; dim < g.spatial_rank(); ++dim) {
    if (g.input[dim] + g.padding_before[dim] + g.padding_after[dim] < g.kernel_extent(dim)) {
      return false;
    }
  }
  return true;
}

struct Problem {
  const ConvolutionGeometry& geometry;
  ConvolutionOptions options;
  ConvolutionLayouts layouts;
  ConvolutionPass pass;
  Side input{geometry.input_shape(), Axes::activation(geometry.spatial_rank()), layouts.input,
             is_bfloat16(ConvolutionPass::input_gradient)};
  Side kernel{geometry.kernel_shape(), Axes::kernel(geometry.spatial_rank(), geometry.groups),
              layouts.kernel, is_bfloat16(ConvolutionPass::kernel_gradient)};
  Side output{geometry.output_shape(), Axes::activation(geometry.spatial_rank()), layouts.output,
              is_bfloat16(ConvolutionPass::forward)};
  Side bias{Shape{geometry.filters}, Axes::same(1)};

  /// Of the side that is the result of the pass `result_of`, an operand of the others.
  bool is_bfloat16(ConvolutionPass result_of) const {
    return pass == result_of ? options.bfloat16_result : options.bfloat16;
  }

  dnnl::algorithm algorithm() const {
    return options.algorithm == ConvolutionAlgorithm::winograd
               ? dnnl::algorithm::convolution_winograd
               : dnnl::algorithm::convolution_direct;
  }
  memory::desc bias_desc() const {
    return options.bias ? *bias.axes.describe(bias.shape, {}) : memory::desc();
  }
  /// oneDNN counts the gaps between kernel elements.
  memory::dims dilations() const {
    memory::dims gaps = geometry.dilations;
    for (auto& gap : gaps) --gap;
    return gaps;
  }
};

/// Descriptors of input, kernel and output, some still `any`.
struct Descs {
  memory::desc input;
  memory::desc kernel;
  memory::desc output;
};

dnnl::convolution_forward::desc forward_desc(const Problem& p, const Descs& d,
                                             dnnl::algorithm algorithm) {
  const ConvolutionGeometry& g = p.geometry;
  return {dnnl::prop_kind::forward_training,
          algorithm,
          d.input,
          d.kernel,
          p.bias_desc(),
          d.output,
          g.strides,
          p.dilations(),
          g.padding_before,
          g.padding_after};
}

/// The backward descriptors ask for a forward one; nothing in them depends on its algorithm or
/// layouts.
dnnl::convolution_forward::primitive_desc hint(const Problem& p) {
  const bool bfloat16 = p.options.bfloat16;
  const Descs any{p.input.axes.any(p.input.shape, bfloat16),
                  p.kernel.axes.any(p.kernel.shape, bfloat16),
                  p.output.axes.any(p.output.shape, bfloat16)};
  return {forward_desc(p, any, dnnl::algorithm::convolution_direct), user_scratch(), cpu_engine()};
}

std::shared_ptr<const Prepared> prepare_forward(const Problem& p, const Descs& descs,
                                                std::string& refusal) {
  dnnl::primitive_attr attributes = user_scratch();
  if (p.options.relu) {
    dnnl::post_ops relu;
    relu.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    attributes.set_post_ops(relu);
  }
  const auto operation = forward_desc(p, descs, p.algorithm());
  std::vector<Role> inputs{{DNNL_ARG_SRC, p.input}, {DNNL_ARG_WEIGHTS, p.kernel}};
  if (p.options.bias) inputs.push_back({DNNL_ARG_BIAS, p.bias});
  return first_usable<dnnl::convolution_forward>(
      dnnl::convolution_forward::primitive_desc(operation, attributes, cpu_engine(), true), inputs,
      {{DNNL_ARG_DST, p.output}}, refusal, p.options.im2col);
}

std::shared_ptr<const Prepared> prepare_input_gradient(const Problem& p, const Descs& descs,
                                                       std::string& refusal) {
  using Primitive = dnnl::convolution_backward_data;
  const ConvolutionGeometry& g = p.geometry;
  const auto forward = hint(p);
  const Primitive::desc operation(p.algorithm(), descs.input, descs.kernel, descs.output, g.strides,
                                  p.dilations(), g.padding_before, g.padding_after);
  return first_usable<Primitive>(
      Primitive::primitive_desc(operation, user_scratch(), cpu_engine(), forward, true),
      {{DNNL_ARG_DIFF_DST, p.output}, {DNNL_ARG_WEIGHTS, p.kernel}}, {{DNNL_ARG_DIFF_SRC, p.input}},
      refusal, p.options.im2col);
}

std::shared_ptr<const Prepared> prepare_kernel_gradient(const Problem& p, const Descs& descs,
                                                        std::string& refusal) {
  using Primitive = dnnl::convolution_backward_weights;
  const ConvolutionGeometry& g = p.geometry;
  const auto forward = hint(p);
  const Primitive::desc operation(p.algorithm(), descs.input, descs.kernel, p.bias_desc(),
                                  descs.output, g.strides, p.dilations(), g.padding_before,
                                  g.padding_after);
  std::vector<Role> outputs{{DNNL_ARG_DIFF_WEIGHTS, p.kernel}};
  if (p.options.bias) outputs.push_back({DNNL_ARG_DIFF_BIAS, p.bias});
  return first_usable<Primitive>(
      Primitive::primitive_desc(operation, user_scratch(), cpu_engine(), forward, true),
      {{DNNL_ARG_SRC, p.input}, {DNNL_ARG_DIFF_DST, p.output}}, outputs, refusal, p.options.im2col);
}

std::shared_ptr<const Prepared> prepare(const Problem& problem, ConvolutionPass pass,
                                        const Descs& descs, std::string& refusal) {
  try {
    switch (pass) {
      case ConvolutionPass::forward: return prepare_forward(problem, descs, refusal);
      case ConvolutionPass::input_gradient: return prepare_input_gradient(problem, descs, refusal);
      case ConvolutionPass::kernel_gradient:
        return prepare_kernel_gradient(problem, descs, refusal);
    }
  } catch (const dnnl::error& error) {
    refusal = std::string("oneDNN: ") + error.what();
  }
  return nullptr;
}

/// Descriptors of an activation. oneDNN compares descriptors by how they say a layout, and each of
/// its implementations knows one way: where channels are one block, or one, there are several.
std::vector<memory::desc> spellings(const Side& activation) {
  const auto& [shape, axes, fixed, bfloat16] = activation;
  if (!fixed) return {axes.any(shape, bfloat16)};
  Layout channels_first = channels_blocked(shape.rank(), 1);
  channels_first.blocks.clear();
  std::vector<memory::desc> descs{*axes.describe(shape, *fixed)};
  for (const Layout& common : {Layout{}, channels_first, channels_blocked(shape.rank(), 16),
                               channels_blocked(shape.rank(), 8)}) {
    const Layout layout = common.stored(bfloat16);
    if (layout == *fixed || !same_bytes(shape, layout, *fixed)) continue;
    descs.push_back(*axes.describe(shape, layout));
  }
  return descs;
}

}  // namespace

std::string_view to_string(ConvolutionPass pass) {
  switch (pass) {
    case ConvolutionPass::forward: return "forward";
    case ConvolutionPass::input_gradient: return "input gradient";
    case ConvolutionPass::kernel_gradient: return "kernel gradient";
  }
  return "";
}

std::string_view to_string(ConvolutionAlgorithm algorithm) {
  return algorithm == ConvolutionAlgorithm::direct ? "direct" : "winograd";
}

std::int64_t ConvolutionGeometry::output(int dim) const {
  const std::int64_t padded = input[dim] + padding_before[dim] + padding_after[dim];
  return (padded - kernel_extent(dim)) / strides[dim] + 1;
}

Shape ConvolutionGeometry::input_shape() const {
  return shape_of({batch}, input, {input_channels});
}

Shape ConvolutionGeometry::kernel_shape() const {
  return shape_of({}, kernel, {input_channels / groups, filters});
}

Shape ConvolutionGeometry::output_shape() const {
  std::vector<std::int64_t> sizes;
  for (int dim = 0; dim < spatial_rank(); ++dim) sizes.push_back(output(dim));
  return shape_of({batch}, sizes, {filters});
}

double ConvolutionGeometry::flops() const {
  return 2.0 * static_cast<double>(output_shape().size() / filters) *
         static_cast<double>(kernel_shape().size());
}

Preparation prepare_convolution(const ConvolutionGeometry& geometry, ConvolutionPass pass,
                                const ConvolutionOptions& options,
                                const ConvolutionLayouts& layouts) {
  assert(is_valid(geometry));
  assert(pass == ConvolutionPass::forward || !options.relu);
  assert(pass != ConvolutionPass::input_gradient || !options.bias);
  assert(options.algorithm == ConvolutionAlgorithm::direct || !options.bfloat16);
  for (int dim = 0; dim < geometry.spatial_rank(); ++dim) {
    const std::int64_t extent = geometry.kernel_extent(dim);
    if (geometry.padding_before[dim] >= extent || geometry.padding_after[dim] >= extent) {
      return {.refusal = "the padding is as wide as the kernel"};
    }
  }

  Problem problem{.geometry = geometry, .options = options, .layouts = layouts, .pass = pass};
  const Side& kernel = problem.kernel;
  const auto kernel_desc = kernel.fixed ? kernel.axes.describe(kernel.shape, *kernel.fixed)
                                        : kernel.axes.any(kernel.shape, kernel.bfloat16);
  if (!kernel_desc) return {.refusal = "the kernel's layout blocks filters across groups"};

  Preparation result;
  for (const memory::desc& input : spellings(problem.input)) {
    for (const memory::desc& output : spellings(problem.output)) {
      auto prepared = prepare(problem, pass, {input, *kernel_desc, output}, result.refusal);
      if (!prepared) continue;
      if (!is_gemm(prepared->implementation())) return {.kernel = std::move(prepared)};
      result.kernel = std::move(prepared);
      problem.options.im2col = false;
    }
  }
  if (result.kernel) return {.kernel = result.kernel};
  if (result.refusal.empty()) {
    result.refusal = "oneDNN has no " + std::string(to_string(options.algorithm)) +
                     " implementation for these sizes and layouts";
  }
  return result;
}

}  // namespace sloy::onednn
