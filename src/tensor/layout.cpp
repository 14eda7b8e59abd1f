#include "tensor/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <type_traits>

#include "tensor/bfloat16.h"

namespace sloy {
namespace {

/// Padded size of every dimension divided by its blocks: what the outer loops count.
std::array<std::int64_t, Shape::max_rank> outer_sizes(const Layout& layout, const Shape& shape) {
  std::array<std::int64_t, Shape::max_rank> divisor;
  divisor.fill(1);
  for (const Layout::Block& block : layout.blocks) divisor[block.dim] *= block.size;
  std::array<std::int64_t, Shape::max_rank> outer{};
  for (int dim = 0; dim < shape.rank(); ++dim) {
    outer[dim] = (shape.size(dim) + divisor[dim] - 1) / divisor[dim];
  }
  return outer;
}

/// The loops over memory, outermost first, as (dimension, count), in the shortest form: loops of
/// one turn left out, neighbours over one dimension joined.
std::vector<std::pair<int, std::int64_t>> loops(const Layout& layout, const Shape& shape) {
  std::vector<std::pair<int, std::int64_t>> loops;
  const auto add = [&](int dim, std::int64_t count) {
    if (count == 1) return;
    if (!loops.empty() && loops.back().first == dim) {
      loops.back().second *= count;
    } else {
      loops.emplace_back(dim, count);
    }
  };
  const auto outer = outer_sizes(layout, shape);
  for (int place = 0; place < shape.rank(); ++place) {
    const int dim = layout.order.empty() ? place : layout.order[place];
    add(dim, outer[dim]);
  }
  for (const Layout::Block& block : layout.blocks) add(block.dim, block.size);
  return loops;
}

}  // namespace

bool Layout::fits(int rank) const {
  std::uint32_t seen = 0;
  for (int dim : order) {
    if (dim >= rank || seen >> dim & 1) return false;
    seen |= 1u << dim;
  }
  if (!order.empty() && order.size() != static_cast<std::size_t>(rank)) return false;
  return std::all_of(blocks.begin(), blocks.end(),
                     [&](const Block& block) { return block.dim < rank && block.size > 0; });
}

std::int64_t Layout::elements(const Shape& shape) const {
  const auto outer = outer_sizes(*this, shape);
  std::int64_t product = 1;
  for (int dim = 0; dim < shape.rank(); ++dim) product *= outer[dim];
  for (const Block& block : blocks) product *= block.size;
  return product;
}

std::int64_t Layout::offset(const Shape& shape, const std::int64_t* index) const {
  const int rank = shape.rank();
  assert(order.empty() || order.size() == static_cast<std::size_t>(rank));
  std::array<std::int64_t, Shape::max_rank> rest{};
  for (int dim = 0; dim < rank; ++dim) rest[dim] = index[dim];

  std::int64_t offset = 0;
  std::int64_t stride = 1;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    offset += rest[block->dim] % block->size * stride;
    rest[block->dim] /= block->size;
    stride *= block->size;
  }
  const auto outer = outer_sizes(*this, shape);
  for (int place = rank - 1; place >= 0; --place) {
    const int dim = order.empty() ? place : order[place];
    offset += rest[dim] * stride;
    stride *= outer[dim];
  }
  return offset;
}

Layout channels_blocked(int rank, int width) {
  assert(rank >= 2 && rank <= Shape::max_rank);
  Layout layout;
  layout.order = {0, static_cast<std::uint8_t>(rank - 1)};
  for (int dim = 1; dim < rank - 1; ++dim) layout.order.push_back(static_cast<std::uint8_t>(dim));
  layout.blocks = {{static_cast<std::uint8_t>(rank - 1), static_cast<std::uint16_t>(width)}};
  return layout;
}

Layout packed_kernel(int width) {
  const auto size = static_cast<std::uint16_t>(width);
  return {.order = {3, 2, 0, 1}, .blocks = {{2, size}, {3, size}}};
}

int blocked_channels(const Layout& layout, int rank) {
  if (rank < 2 || layout.blocks.size() != 1) return 0;
  const int width = layout.blocks.front().size;
  return layout == channels_blocked(rank, width) ? width : 0;
}

bool same_bytes(const Shape& shape, const Layout& a, const Layout& b) {
  return a == b || (a.bfloat16 == b.bfloat16 && loops(a, shape) == loops(b, shape));
}

std::string to_string(const Layout& layout) {
  std::string text;
  if (layout.order.empty() && layout.blocks.empty()) text = "plain";
  for (int dim : layout.order) text += std::to_string(dim);
  for (const Layout::Block& block : layout.blocks) {
    text += fmt::format("·{}x{}", block.dim, block.size);
  }
  if (layout.bfloat16) text += " bfloat16";
  return text;
}

Relayout::Offsets Relayout::offsets(const Shape& shape, const Layout& layout) {
  Offsets terms;
  std::array<std::int64_t, Shape::max_rank> index{};
  for (int dim = 0; dim < shape.rank(); ++dim) {
    for (index[dim] = 0; index[dim] < shape.size(dim); ++index[dim]) {
      terms[dim].push_back(layout.offset(shape, index.data()));
    }
    index[dim] = 0;
  }
  return terms;
}

Relayout::Relayout(const Shape& shape, std::size_t element_bytes, const Layout& from,
                   const Layout& to)
    : shape_(shape),
      element_bytes_(element_bytes),
      from_bfloat16_(from.bfloat16),
      to_bfloat16_(to.bfloat16) {
  assert(from.fits(shape.rank()) && to.fits(shape.rank()));
  assert(element_bytes == 1 || element_bytes == 4 || element_bytes == 8);
  assert(element_bytes == 4 || !(from.bfloat16 || to.bfloat16));
  const std::size_t bytes =
      static_cast<std::size_t>(to.elements(shape)) * to.element_bytes(element_bytes);
  if (from == to) {
    same_bytes_ = bytes;
    return;
  }
  if (to.has_padding(shape)) padded_bytes_ = bytes;
  read_ = offsets(shape, from);
  write_ = offsets(shape, to);
}

namespace {

template <class To, class From>
To converted(From x) {
  if constexpr (std::is_same_v<From, To>) {
    return x;
  } else if constexpr (std::is_same_v<To, bfloat16>) {
    return to_bfloat16(x);
  } else {
    return to_float(x);
  }
}

}  // namespace

void Relayout::run(const void* source, void* target) const {
  if (same_bytes_ > 0) {
    std::memcpy(target, source, same_bytes_);
    return;
  }
  if (padded_bytes_ > 0) std::memset(target, 0, padded_bytes_);
  if (from_bfloat16_ && to_bfloat16_) return copy<bfloat16, bfloat16>(source, target);
  if (from_bfloat16_) return copy<bfloat16, float>(source, target);
  if (to_bfloat16_) return copy<float, bfloat16>(source, target);
  switch (element_bytes_) {
    case 1: return copy<std::uint8_t, std::uint8_t>(source, target);
    case 4: return copy<std::uint32_t, std::uint32_t>(source, target);
    default: return copy<std::uint64_t, std::uint64_t>(source, target);
  }
}

template <class From, class To>
void Relayout::copy(const void* source, void* target, int dim, std::int64_t from,
                    std::int64_t to) const {
  if (dim == shape_.rank()) {
    From element;
    std::memcpy(&element, static_cast<const std::byte*>(source) + from * sizeof(From),
                sizeof(From));
    const To result = converted<To>(element);
    std::memcpy(static_cast<std::byte*>(target) + to * sizeof(To), &result, sizeof(To));
    return;
  }
  for (std::size_t i = 0; i < read_[dim].size(); ++i) {
    copy<From, To>(source, target, dim + 1, from + read_[dim][i], to + write_[dim][i]);
  }
}

void relayout(const Shape& shape, std::size_t element_bytes, const Layout& from, const void* source,
              const Layout& to, void* target) {
  Relayout(shape, element_bytes, from, to).run(source, target);
}

}  // namespace sloy
