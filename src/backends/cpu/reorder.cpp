/// Reorders: of float32 through oneDNN, or of few numbers by a copy of our own; of any dtype as a
/// copy where no byte moves, and between float32 and bfloat16 in the order they have.
#include "backends/cpu/onednn/reorder.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/offers.h"
#include "backends/cpu/prepared_kernel.h"
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/copy.h"
#include "ops/reorder.h"

namespace sloy::cpu {
namespace {

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(std::size_t bytes) : bytes_(bytes) {}
  void run(const Pointers& pointers) const override {
    if (pointers.outputs[0] != pointers.inputs[0]) {
      std::memcpy(pointers.outputs[0], pointers.inputs[0], bytes_);
    }
  }

 private:
  std::size_t bytes_;
};

std::optional<Proposal> consider_rename(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Type& type = request.outputs[0];
  if (!same_bytes(type.shape, from, to)) {
    refusal = "elements move";
    return std::nullopt;
  }
  const std::size_t bytes =
      static_cast<std::size_t>(from.elements(type.shape)) * from.element_bytes(size_of(type.dtype));
  return Proposal{.inputs = {from},
                  .outputs = {to},
                  .in_place = {{0, 0}},
                  .implementation = "copy",
                  .kernel = std::make_shared<CopyKernel>(bytes)};
}

template <class From, class To>
class ConvertKernel final : public Kernel {
 public:
  explicit ConvertKernel(std::int64_t count) : count_(count) {}
  void run(const Pointers& pointers) const override {
    convert(static_cast<const From*>(pointers.inputs[0]), static_cast<To*>(pointers.outputs[0]),
            count_);
  }

 private:
  std::int64_t count_;
};

std::optional<Proposal> consider_convert(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Shape& shape = request.outputs[0].shape;
  if (from.bfloat16 == to.bfloat16 || !same_bytes(shape, from.stored(false), to.stored(false))) {
    refusal = from.bfloat16 == to.bfloat16 ? "nothing is converted" : "elements move";
    return std::nullopt;
  }
  const std::int64_t count = from.elements(shape);
  Proposal proposal{.inputs = {from}, .outputs = {to}, .implementation = "simd", .kernel = {}};
  if (to.bfloat16) {
    proposal.kernel = std::make_shared<ConvertKernel<float, bfloat16>>(count);
  } else {
    proposal.kernel = std::make_shared<ConvertKernel<bfloat16, float>>(count);
  }
  return proposal;
}

class StridedCopyKernel final : public Kernel {
 public:
  explicit StridedCopyKernel(StridedCopy copy) : copy_(std::move(copy)) {}
  void run(const Pointers& pointers) const override {
    copy_.run(static_cast<const float*>(pointers.inputs[0]),
              static_cast<float*>(pointers.outputs[0]));
  }

 private:
  StridedCopy copy_;
};

/// How a layout splits a dimension: 0 where it doesn't, -1 where it does so twice.
std::int64_t block_of(const Layout& layout, int dim) {
  std::int64_t size = 0;
  for (const Layout::Block& block : layout.blocks) {
    if (block.dim == dim) size = size == 0 ? block.size : -1;
  }
  return size;
}

/// What is copied, or nothing where the two layouts split a dimension in two ways.
std::vector<CopyAxis> axes_of(const Shape& shape, const Layout& from, const Layout& to) {
  std::vector<CopyAxis> axes;
  for (int dim = 0; dim < shape.rank(); ++dim) {
    const std::int64_t ours = block_of(from, dim), theirs = block_of(to, dim);
    if (ours < 0 || theirs < 0 || (ours > 0 && theirs > 0 && ours != theirs)) return {};
    const std::int64_t block = std::max<std::int64_t>({ours, theirs, 1});
    const auto add = [&, dim](std::int64_t size, std::int64_t step) {
      std::int64_t index[Shape::max_rank] = {};
      if (size == 1) return;
      index[dim] = step;
      axes.push_back({size, from.offset(shape, index), to.offset(shape, index)});
    };
    add(shape.size(dim) / block, block);
    add(block, 1);
  }
  return axes;
}

/// Numbers up to which a call of oneDNN costs more than it gains.
constexpr std::int64_t few_numbers = 16384;

std::optional<Proposal> consider_few(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Type& type = request.outputs[0];
  const bool is_padded = from.has_padding(type.shape) || to.has_padding(type.shape);
  if (type.dtype != DType::float32 || from.bfloat16 || to.bfloat16 || is_padded ||
      type.shape.size() == 0 || type.shape.size() > few_numbers) {
    refusal = "for few numbers of float32 without padding, one at least";
    return std::nullopt;
  }
  const std::vector<CopyAxis> axes = axes_of(type.shape, from, to);
  const auto is_next = [&](std::int64_t CopyAxis::*step) {
    return std::ranges::any_of(axes, [&](const CopyAxis& axis) { return axis.*step == 1; });
  };
  if (!is_next(&CopyAxis::from) || !is_next(&CopyAxis::to)) {
    refusal = "a dimension is split in two ways";
    return std::nullopt;
  }
  return Proposal{.inputs = {from},
                  .outputs = {to},
                  .implementation = "simd",
                  .kernel = std::make_shared<StridedCopyKernel>(StridedCopy(axes))};
}

std::optional<Proposal> consider_onednn(const Request& request, std::string& refusal) {
  const auto& [from, to] = request.as<ReorderAttributes>();
  const Type& type = request.outputs[0];
  if (type.dtype != DType::float32 || type.shape.size() == 0 || type.shape.rank() == 0) {
    refusal = "for float32 alone, of one dimension or more, not empty";
    return std::nullopt;
  }
  const onednn::Preparation prepared = onednn::prepare_reorder(type.shape, from, to);
  if (!prepared) {
    refusal = prepared.refusal;
    return std::nullopt;
  }
  return propose(prepared.kernel);
}

constexpr Offer offers[] = {
    {.op = &reorder_op, .name = "rename", .consider = consider_rename},
    {.op = &reorder_op, .name = "convert", .consider = consider_convert},
    {.op = &reorder_op, .name = "few", .consider = consider_few},
    {.op = &reorder_op, .name = "onednn reorder", .consider = consider_onednn},
};

}  // namespace

std::span<const Offer> reorder_offers() { return offers; }

}  // namespace sloy::cpu
