#include <algorithm>
#include <cassert>
#include <numeric>

#include "backends/cpu/onednn/primitive.h"

namespace sloy::onednn {
namespace {

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// One of our axes as a descriptor spreads it: how many blocks lie outside and how far apart, and
/// the elements of its blocks.
struct Outer {
  std::int64_t count = 1;
  std::int64_t stride = 0;
  std::int64_t block = 1;
};

std::vector<Outer> outer_strides(const Shape& shape, const Layout& layout) {
  std::vector<Outer> axes(shape.rank());
  std::int64_t stride = 1;
  for (const Layout::Block& block : layout.blocks) {
    axes[block.dim].block *= block.size;
    stride *= block.size;
  }
  for (int place = shape.rank() - 1; place >= 0; --place) {
    const int axis = layout.order.empty() ? place : layout.order[place];
    axes[axis].count = divide_up(shape.size(axis), axes[axis].block);
    axes[axis].stride = stride;
    stride *= axes[axis].count;
  }
  return axes;
}

/// The order of the axes in memory, where their strides leave no gaps.
std::optional<std::vector<std::uint8_t>> dense_order(const std::vector<Outer>& axes,
                                                     std::int64_t innermost) {
  std::vector<std::uint8_t> order(axes.size());
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  // Of two equal strides, an axis of one block lies inside: outside it would have the larger.
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if (axes[a].stride != axes[b].stride) return axes[a].stride > axes[b].stride;
    return axes[a].count > 1 && axes[b].count == 1;
  });
  std::int64_t expected = innermost;
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    if (axes[*axis].count == 1) continue;
    if (axes[*axis].stride != expected) return std::nullopt;
    expected *= axes[*axis].count;
  }
  return order;
}

Layout with_common_name(const Shape& shape, const Layout& layout) {
  for (const Layout& common :
       {Layout{}, channels_blocked(shape.rank(), 8), channels_blocked(shape.rank(), 16)}) {
    const Layout stored = common.stored(layout.bfloat16);
    if (same_bytes(shape, layout, stored)) return stored;
  }
  return layout;
}

dnnl_data_type_t data_type(bool bfloat16) { return bfloat16 ? dnnl_bf16 : dnnl_f32; }

}  // namespace

Axes Axes::same(int rank) {
  Axes axes;
  axes.ours_.resize(rank);
  std::iota(axes.ours_.begin(), axes.ours_.end(), 0);
  return axes;
}

Axes Axes::transposed() {
  Axes axes;
  axes.ours_ = {1, 0};
  return axes;
}

Axes Axes::activation(int spatial_rank) {
  Axes axes;
  axes.is_activation_ = true;
  axes.ours_ = {0, spatial_rank + 1};
  for (int dim = 0; dim < spatial_rank; ++dim) axes.ours_.push_back(dim + 1);
  return axes;
}

Axes Axes::kernel(int spatial_rank, std::int64_t groups) {
  Axes axes;
  axes.groups_ = groups;
  if (groups > 1) axes.ours_.push_back(spatial_rank + 1);
  axes.ours_.insert(axes.ours_.end(), {spatial_rank + 1, spatial_rank});
  for (int dim = 0; dim < spatial_rank; ++dim) axes.ours_.push_back(dim);
  return axes;
}

dnnl::memory::dims Axes::dims(const Shape& shape) const {
  dnnl::memory::dims dims;
  for (int axis : ours_) dims.push_back(shape.size(axis));
  if (groups_ > 1) {
    dims[0] = groups_;
    dims[1] /= groups_;
  }
  return dims;
}

dnnl::memory::desc Axes::any(const Shape& shape, bool bfloat16) const {
  return {dims(shape), static_cast<dnnl::memory::data_type>(data_type(bfloat16)),
          dnnl::memory::format_tag::any};
}

std::optional<dnnl::memory::desc> Axes::describe(const Shape& shape, const Layout& layout) const {
  const std::vector<Outer> axes = outer_strides(shape, layout);
  dnnl_memory_desc_t desc{};
  desc.ndims = static_cast<int>(ours_.size());
  desc.data_type = data_type(layout.bfloat16);
  desc.format_kind = dnnl_blocked;
  std::ranges::copy(dims(shape), desc.dims);
  for (int d = 0; d < desc.ndims; ++d) {
    const Outer& axis = axes[ours_[d]];
    desc.padded_dims[d] = axis.count * axis.block;
    desc.format_desc.blocking.strides[d] = axis.stride;
  }

  // A block of filters belongs to the filters of one group, or, where a group has one filter, to
  // the groups.
  const int last = shape.rank() - 1;
  bool blocks_groups = false;
  if (groups_ > 1) {
    const std::int64_t filters = desc.dims[1];
    const Outer& axis = axes[last];
    blocks_groups = filters == 1;
    if (!blocks_groups && filters % axis.block != 0) return std::nullopt;
    desc.padded_dims[0] = blocks_groups ? axis.count * axis.block : groups_;
    desc.padded_dims[1] = filters;
    const std::int64_t blocks = blocks_groups ? 1 : filters / axis.block;
    desc.format_desc.blocking.strides[0] = axis.stride * blocks;
    // The one filter of a group is an axis without meaning, but oneDNN compares its stride too. Its
    // formats have it just inside the groups, or outside where groups come last.
    const bool groups_last = !layout.order.empty() && layout.order.back() == last;
    if (blocks_groups && groups_last) {
      desc.format_desc.blocking.strides[1] = axis.stride * axis.count;
    }
  }
  desc.format_desc.blocking.inner_nblks = static_cast<int>(layout.blocks.size());
  for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
    const int ours = layout.blocks[b].dim;
    auto theirs = std::ranges::find(ours_, ours) - ours_.begin();
    if (groups_ > 1 && ours == last && !blocks_groups) theirs = 1;
    desc.format_desc.blocking.inner_idxs[b] = theirs;
    desc.format_desc.blocking.inner_blks[b] = layout.blocks[b].size;
  }
  return dnnl::memory::desc(desc);
}

std::optional<Layout> Axes::layout(const Shape& shape, const dnnl::memory::desc& of) const {
  const dnnl_memory_desc_t& desc = of.data;
  if (desc.format_kind != dnnl_blocked || desc.offset0 != 0 || desc.extra.flags != 0) {
    return std::nullopt;
  }
  const dnnl_blocking_desc_t& blocking = desc.format_desc.blocking;
  std::vector<Outer> theirs(desc.ndims);
  std::int64_t innermost = 1;
  for (int b = 0; b < blocking.inner_nblks; ++b) {
    theirs[blocking.inner_idxs[b]].block *= blocking.inner_blks[b];
    innermost *= blocking.inner_blks[b];
  }
  for (int d = 0; d < desc.ndims; ++d) {
    if (desc.padded_dims[d] != divide_up(desc.dims[d], theirs[d].block) * theirs[d].block) {
      return std::nullopt;
    }
    theirs[d].count = desc.padded_dims[d] / theirs[d].block;
    theirs[d].stride = blocking.strides[d];
  }

  std::vector<Outer> axes(shape.rank());
  for (int d = 0; d < desc.ndims; ++d) axes[ours_[d]] = theirs[d];
  if (groups_ > 1) {
    // Groups and filters are one axis of ours only where they are neighbours without padding
    // between groups.
    const Outer& group = theirs[0];
    const Outer& filters = theirs[1];
    Outer& axis = axes.back();
    if (group.block > 1 && desc.padded_dims[1] != 1) return std::nullopt;
    if (filters.block > 1 && desc.padded_dims[1] != desc.dims[1]) return std::nullopt;
    const bool adjacent = filters.count == 1 || group.stride == filters.count * filters.stride;
    if (!adjacent) return std::nullopt;
    axis.count = group.count * filters.count;
    axis.block = group.block * filters.block;
    axis.stride = filters.count == 1 ? group.stride : filters.stride;
  }

  const auto order = dense_order(axes, innermost);
  if (!order) return std::nullopt;
  Layout layout{.order = *order};
  for (int b = 0; b < blocking.inner_nblks; ++b) {
    layout.blocks.push_back({static_cast<std::uint8_t>(ours_[blocking.inner_idxs[b]]),
                             static_cast<std::uint16_t>(blocking.inner_blks[b])});
  }
  layout.bfloat16 = desc.data_type == dnnl_bf16;
  if (is_activation_) return with_common_name(shape, layout);
  const bool in_order = std::ranges::is_sorted(layout.order);
  return in_order && layout.blocks.empty() ? Layout{}.stored(layout.bfloat16) : layout;
}

}  // namespace sloy::onednn
