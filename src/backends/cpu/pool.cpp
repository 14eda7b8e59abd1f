/// Pooling and up-sampling, on plain images and on images whose channels are blocked.
#include <algorithm>

#include "backends/cpu/offers.h"
#include "backends/cpu/simd/pool.h"
#include "backends/cpu/windows.h"
#include "ops/pool.h"
#include "ops/upsample.h"

namespace sloy::cpu {
namespace {

/// The form of an image: blocked where it is so and the kernel can follow, else plain. Of float32.
Layout image_layout(const Operand& image) {
  const Layout layout = image.layout->stored(false);
  int rank = image.type->shape.rank();
  int width = image.free ? 0 : blocked_channels(layout, rank);
  return width > 0 && image.type->shape.size(-1) % width == 0 ? layout : Layout{};
}

/// `windows` over images of shape `image` in that form.
PoolShape pool_shape(const Shape& image, const Layout& layout, const Windows& windows) {
  int width = blocked_channels(layout, image.rank());
  std::int64_t channels = image.size(-1);
  if (width == 0) return {image.size(0), channels, windows};
  return {image.size(0) * (channels / width), width, windows};
}

/// A kernel that is one call.
template <class Call>
class CallKernel final : public Kernel {
 public:
  explicit CallKernel(Call call) : call_(std::move(call)) {}
  void run(const Pointers& pointers) const override { call_(pointers); }

 private:
  Call call_;
};

template <class Call>
Proposal proposal_of(const Request& request, const Layout& layout, Call call) {
  Proposal proposal;
  proposal.inputs.assign(request.inputs.size(), layout);
  proposal.outputs.assign(request.outputs.size(), layout);
  proposal.implementation = layout.is_plain() ? "plain" : "blocked";
  proposal.kernel = std::make_shared<CallKernel<Call>>(std::move(call));
  return proposal;
}

const float* floats(const void* pointer) { return static_cast<const float*>(pointer); }
float* floats(void* pointer) { return static_cast<float*>(pointer); }
const std::int32_t* integers(const void* pointer) {
  return static_cast<const std::int32_t*>(pointer);
}

const bfloat16* narrow(const void* pointer) { return static_cast<const bfloat16*>(pointer); }
bfloat16* narrow(void* pointer) { return static_cast<bfloat16*>(pointer); }

/// For a kernel that moves bfloat16 from its first operand to its first result as they are.
Proposal in_bfloat16(Proposal proposal, const Layout& layout) {
  proposal.inputs.front() = layout.stored(true);
  proposal.outputs.front() = layout.stored(true);
  proposal.implementation += " bfloat16";
  return proposal;
}

/// Indices are for gradients: a prediction doesn't read them.
std::optional<Proposal> consider_max_pool(const Request& request, std::string&) {
  Layout layout = image_layout(request.inputs[0]);
  const Shape& x = request.inputs[0].type->shape;
  Windows windows = windows_of(pool_axes(x, request.as<PoolOptions>()));
  PoolShape shape = pool_shape(x, layout, windows);
  const bool indexed = request.is_read(1);
  const auto indices = [indexed](const Pointers& p) {
    return indexed ? static_cast<std::int32_t*>(p.outputs[1]) : nullptr;
  };
  if (request.inputs[0].bfloat16 && request.is_bfloat16(0)) {
    const auto call = [shape, indices](const Pointers& p) {
      max_pool(shape, narrow(p.inputs[0]), narrow(p.outputs[0]), indices(p));
    };
    return in_bfloat16(proposal_of(request, layout, call), layout);
  }
  return proposal_of(request, layout, [shape, indices](const Pointers& p) {
    max_pool(shape, floats(p.inputs[0]), floats(p.outputs[0]), indices(p));
  });
}

// Where the two operands differ the numbers are moved, not the indices: reorders are of float32.
std::optional<Proposal> consider_max_pool_gradient(const Request& request, std::string&) {
  const auto& attributes = request.as<PoolGradientAttributes>();
  Layout layout = image_layout(request.inputs[1]);
  Windows windows = windows_of(pool_axes(attributes.input, attributes.options));
  PoolShape shape = pool_shape(attributes.input, layout, windows);
  if (windows.tile() && request.inputs[0].bfloat16 && request.is_bfloat16(0)) {
    const auto call = [shape](const Pointers& p) {
      max_pool_gradient(shape, narrow(p.inputs[0]), integers(p.inputs[1]), narrow(p.outputs[0]));
    };
    return in_bfloat16(proposal_of(request, layout, call), layout);
  }
  return proposal_of(request, layout, [shape](const Pointers& p) {
    max_pool_gradient(shape, floats(p.inputs[0]), integers(p.inputs[1]), floats(p.outputs[0]));
  });
}

std::optional<Proposal> consider_max_pool_gather(const Request& request, std::string&) {
  Layout layout = image_layout(request.inputs[1]);
  const Shape& x = request.inputs[0].type->shape;
  Windows windows = windows_of(pool_axes(x, request.as<PoolOptions>()));
  PoolShape shape = pool_shape(x, layout, windows);
  return proposal_of(request, layout, [shape](const Pointers& p) {
    max_pool_gather(shape, floats(p.inputs[0]), integers(p.inputs[1]), floats(p.outputs[0]));
  });
}

std::optional<Proposal> consider_average_pool(const Request& request, std::string&) {
  Layout layout = image_layout(request.inputs[0]);
  const Shape& x = request.inputs[0].type->shape;
  PoolShape shape = pool_shape(x, layout, windows_of(pool_axes(x, request.as<PoolOptions>())));
  return proposal_of(request, layout, [shape](const Pointers& p) {
    average_pool(shape, floats(p.inputs[0]), floats(p.outputs[0]));
  });
}

std::optional<Proposal> consider_average_pool_gradient(const Request& request, std::string&) {
  const auto& attributes = request.as<PoolGradientAttributes>();
  Layout layout = image_layout(request.inputs[0]);
  PoolShape shape = pool_shape(attributes.input, layout,
                               windows_of(pool_axes(attributes.input, attributes.options)));
  return proposal_of(request, layout, [shape](const Pointers& p) {
    average_pool_gradient(shape, floats(p.inputs[0]), floats(p.outputs[0]));
  });
}

/// Windows side by side over the large image.
Windows tiles(const Shape& large, const std::vector<std::int64_t>& factors) {
  PoolOptions options{.pool_size = factors};
  options.window.strides = factors;
  return windows_of(pool_axes(large, options));
}

std::optional<Proposal> consider_upsample(const Request& request, std::string&) {
  Layout layout = image_layout(request.inputs[0]);
  const Shape& large = request.outputs[0].shape;
  PoolShape shape =
      pool_shape(large, layout, tiles(large, request.as<UpsampleAttributes>().factors));
  return proposal_of(request, layout, [shape](const Pointers& p) {
    upsample(shape, floats(p.inputs[0]), floats(p.outputs[0]));
  });
}

std::optional<Proposal> consider_upsample_gradient(const Request& request, std::string&) {
  Layout layout = image_layout(request.inputs[0]);
  const Shape& large = request.inputs[0].type->shape;
  PoolShape shape =
      pool_shape(large, layout, tiles(large, request.as<UpsampleAttributes>().factors));
  return proposal_of(request, layout, [shape](const Pointers& p) {
    upsample_gradient(shape, floats(p.inputs[0]), floats(p.outputs[0]));
  });
}

constexpr Offer offers[] = {
    {&max_pool_op, "simd", consider_max_pool},
    {&max_pool_gradient_op, "simd", consider_max_pool_gradient},
    {&max_pool_gather_op, "simd", consider_max_pool_gather},
    {&average_pool_op, "simd", consider_average_pool},
    {&average_pool_gradient_op, "simd", consider_average_pool_gradient},
    {&upsample_op, "simd", consider_upsample},
    {&upsample_gradient_op, "simd", consider_upsample_gradient},
};

}  // namespace

std::span<const Offer> pool_offers() { return offers; }

}  // namespace sloy::cpu
