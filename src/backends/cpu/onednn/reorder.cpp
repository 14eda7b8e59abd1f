#include "backends/cpu/onednn/reorder.h"

#include <cassert>

#include "backends/cpu/onednn/primitive.h"

namespace sloy::onednn {

Preparation prepare_reorder(const Shape& shape, const Layout& from, const Layout& to) {
  assert(shape.rank() >= 1 && shape.size() > 0);
  const Axes axes = Axes::same(shape.rank());
  const Side source{shape, axes, from, from.bfloat16};
  const Side target{shape, axes, to, to.bfloat16};
  Preparation result;
  try {
    const dnnl::reorder::primitive_desc desc(cpu_engine(), *axes.describe(shape, from),
                                             cpu_engine(), *axes.describe(shape, to),
                                             user_scratch(), true);
    if (!desc) return {.refusal = "oneDNN has no such reorder"};
    const std::string implementation = desc.impl_info_str();
    if (is_reference(implementation)) return {.refusal = reference_only};
    result.kernel = Prepared::Primitive::prepare(
        dnnl::reorder(desc), desc.scratchpad_desc(), implementation,
        *arguments(desc, {{DNNL_ARG_FROM, source}}), *arguments(desc, {{DNNL_ARG_TO, target}}));
  } catch (const dnnl::error& error) {
    result.refusal = std::string("oneDNN: ") + error.what();
  }
  return result;
}

}  // namespace sloy::onednn
