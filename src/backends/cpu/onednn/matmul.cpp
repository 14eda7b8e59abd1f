#include "backends/cpu/onednn/matmul.h"

#include <cassert>
#include <limits>

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/primitive.h"

namespace sloy::onednn {
namespace {

using dnnl::memory;

/// The operands of a dense layer, of which every product here but one is a part: x (batch, inputs),
/// w (inputs, units), y (batch, units). oneDNN writes w as (units, inputs).
struct Dense {
  Side x;
  Side w;
  Side y;
  Side bias;

  static Dense of(const MatmulGeometry& g, const MatmulOptions& o,
                  const std::optional<Layout>& weight) {
    // As a, b and c; then by what the dense layer calls them.
    Side x{g.a_shape(), Axes::same(2), Layout{}, o.bfloat16};
    Side w{g.b_shape(), Axes::transposed(), weight, o.bfloat16};
    Side y{g.c_shape(), Axes::same(2), Layout{}, o.bfloat16_result};
    const auto swap = [](Side& one, Side& other) {
      std::swap(one.shape, other.shape);
      std::swap(one.bfloat16, other.bfloat16);
    };
    if (g.transpose_b) swap(x, y);
    if (g.transpose_a) swap(w, y);
    x.fixed->bfloat16 = x.bfloat16;
    y.fixed->bfloat16 = y.bfloat16;
    if (!w.fixed && !o.bfloat16) w.fixed = Layout{};
    return {x, w, y, {Shape{y.shape[1]}, Axes::same(1), Layout{}}};
  }
};

memory::desc desc_of(const Side& side) {
  return side.fixed ? *side.axes.describe(side.shape, *side.fixed)
                    : side.axes.any(side.shape, side.bfloat16);
}

dnnl::primitive_attr attributes(const MatmulOptions& options) {
  dnnl::primitive_attr attributes = user_scratch();
  if (options.relu) {
    dnnl::post_ops relu;
    relu.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    attributes.set_post_ops(relu);
  }
  return attributes;
}

dnnl::inner_product_forward::desc forward_desc(const Dense& dense, bool bias) {
  return {dnnl::prop_kind::forward_training, desc_of(dense.x), desc_of(dense.w),
          bias ? desc_of(dense.bias) : memory::desc(), desc_of(dense.y)};
}

std::shared_ptr<const Prepared> inner_product(const MatmulGeometry& g, const MatmulOptions& options,
                                              const Dense& dense, std::string& refusal) {
  // As a hint for a backward pass all is of the operands' type.
  Dense hinted = dense;
  const bool is_backward = g.transpose_a || g.transpose_b;
  for (Side* side : {&hinted.x, &hinted.w, &hinted.y}) {
    if (!is_backward) break;
    side->bfloat16 = options.bfloat16;
    if (side->fixed) side->fixed->bfloat16 = options.bfloat16;
  }
  const auto forward = forward_desc(hinted, options.bias);
  const dnnl::inner_product_forward::primitive_desc hint(forward, attributes(options), cpu_engine(),
                                                         true);
  if (!hint) return nullptr;
  if (g.transpose_b) {
    using Primitive = dnnl::inner_product_backward_data;
    const Primitive::desc operation(desc_of(dense.x), desc_of(dense.w), desc_of(dense.y));
    return first_usable<Primitive>(
        Primitive::primitive_desc(operation, user_scratch(), cpu_engine(), hint, true),
        {{DNNL_ARG_DIFF_DST, dense.y}, {DNNL_ARG_WEIGHTS, dense.w}}, {{DNNL_ARG_DIFF_SRC, dense.x}},
        refusal);
  }
  if (g.transpose_a) {
    using Primitive = dnnl::inner_product_backward_weights;
    const Primitive::desc operation(desc_of(dense.x), desc_of(dense.w), desc_of(dense.y));
    return first_usable<Primitive>(
        Primitive::primitive_desc(operation, user_scratch(), cpu_engine(), hint, true),
        {{DNNL_ARG_SRC, dense.x}, {DNNL_ARG_DIFF_DST, dense.y}}, {{DNNL_ARG_DIFF_WEIGHTS, dense.w}},
        refusal);
  }
  std::vector<Role> inputs{{DNNL_ARG_SRC, dense.x}, {DNNL_ARG_WEIGHTS, dense.w}};
  if (options.bias) inputs.push_back({DNNL_ARG_BIAS, dense.bias});
  return first_usable<dnnl::inner_product_forward>(hint, inputs, {{DNNL_ARG_DST, dense.y}},
                                                   refusal);
}

std::shared_ptr<const Prepared> plain_matmul(const MatmulGeometry& g, const MatmulOptions& options,
                                             std::string& refusal) {
  const auto axes = [](bool transposed) { return transposed ? Axes::transposed() : Axes::same(2); };
  const auto side = [](const Shape& shape, Axes order, bool bfloat16) {
    return Side{shape, std::move(order), Layout{}.stored(bfloat16), bfloat16};
  };
  const Side a = side(g.a_shape(), axes(g.transpose_a), options.bfloat16);
  const Side b = side(g.b_shape(), axes(g.transpose_b), options.bfloat16);
  const Side c = side(g.c_shape(), Axes::same(2), options.bfloat16_result);
  // The bias of a product of matrices is a matrix of one row.
  const Side bias{Shape{g.columns}, Axes::same(1), Layout{}};
  const memory::desc bias_desc =
      options.bias ? memory::desc({1, g.columns}, memory::data_type::f32, memory::format_tag::ab)
                   : memory::desc();
  const dnnl::matmul::desc operation(desc_of(a), desc_of(b), bias_desc, desc_of(c));
  std::vector<Role> inputs{{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}};
  if (options.bias) inputs.push_back({DNNL_ARG_BIAS, bias});
  return first_usable<dnnl::matmul>(
      dnnl::matmul::primitive_desc(operation, attributes(options), cpu_engine(), true), inputs,
      {{DNNL_ARG_DST, c}}, refusal);
}

/// With everything plain there are two primitives for one product. Measured in
/// docs/design/convolution.md: the inner product's is faster forward where rows of the result are
/// long, the matrix product's elsewhere.
bool prefers_inner_product(const MatmulGeometry& g) {
  return !g.transpose_a && !g.transpose_b && g.columns >= 64;
}

[[maybe_unused]] bool is_valid(const MatmulGeometry& g, const MatmulOptions& options) {
  for (std::int64_t size : {g.rows, g.columns, g.inner}) {
    if (size < 1 || size > std::numeric_limits<std::int32_t>::max()) return false;
  }
  return !((g.transpose_a || g.transpose_b) && (options.bias || options.relu));
}

}  // namespace

Preparation prepare_matmul(const MatmulGeometry& geometry, const MatmulOptions& options,
                           const MatmulLayouts& layouts) {
  assert(is_valid(geometry, options));
  const bool both = geometry.transpose_a && geometry.transpose_b;
  const bool packed = layouts.weight && !layouts.weight->is_plain();
  if (both && packed)
    return {.refusal = "oneDNN has no product of two transposed, packed matrices"};

  Preparation result;
  try {
    const Dense dense = Dense::of(geometry, options, layouts.weight);
    if (!both && (packed || options.bfloat16 || prefers_inner_product(geometry))) {
      result.kernel = inner_product(geometry, options, dense, result.refusal);
    } else {
      result.kernel = plain_matmul(geometry, options, result.refusal);
    }
    if (!result.kernel && options.bfloat16) {
      result.kernel = plain_matmul(geometry, options, result.refusal);
    }
  } catch (const dnnl::error& error) {
    result.refusal = std::string("oneDNN: ") + error.what();
  }
  if (result.kernel) return {.kernel = result.kernel};
  if (result.refusal.empty()) {
    result.refusal = "oneDNN has no implementation for these sizes and layouts";
  }
  return result;
}

std::optional<Layout> packed_weight(std::int64_t inputs, std::int64_t units) {
  if (cpu::this_machine().instructions != cpu::InstructionSet::avx512) return std::nullopt;
  if (inputs % 16 != 0 || units % 64 != 0) return std::nullopt;
  return Layout{.order = {1, 0}, .blocks = {{0, 16}, {1, 64}}};
}

}  // namespace sloy::onednn
