/// Layouts: in which order the elements of a logical shape lie in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sloy/fields.h>
#include <sloy/tensor.h>

namespace sloy {

/// The physical form of a value. `order` lists the logical dimensions from the outermost in memory
/// to the innermost; empty means row-major. Then come the inner blocks, outermost first: each
/// splits `size` neighbours off a dimension. A dimension whose size its blocks do not divide is
/// padded with zeros to the next multiple.
///
///     plain               {}
///     channels blocked    {.order = {0, 3, 1, 2}, .blocks = {{3, 16}}}     (batch, C/16, h, w, 16)
///     packed kernel       {.order = {3, 2, 0, 1}, .blocks = {{2, 16}, {3, 16}}}
struct Layout {
  struct Block {
    std::uint8_t dim;
    std::uint16_t size;
    bool operator==(const Block&) const = default;
    static void fields(auto&& field) {
      field("dim", &Block::dim);
      field("size", &Block::size);
    }
  };
  std::vector<std::uint8_t> order = {};
  std::vector<Block> blocks = {};

  bool is_plain() const { return order.empty() && blocks.empty(); }
  bool operator==(const Layout&) const = default;
  static void fields(auto&& field) {
    field("order", &Layout::order);
    field("blocks", &Layout::blocks);
  }

  /// Elements of a buffer that holds `shape` in this layout, padding included.
  std::int64_t elements(const Shape& shape) const;
  bool has_padding(const Shape& shape) const { return elements(shape) != shape.size(); }
  /// Where the element at `index` (one number a dimension) lies, in elements from the start.
  std::int64_t offset(const Shape& shape, const std::int64_t* index) const;
};

/// Activations (batch, spatial…, channels) with channels blocked by `width`.
Layout channels_blocked(int rank, int width);

/// The block width where `layout` is channels_blocked for this rank, else 0.
int blocked_channels(const Layout& layout, int rank);

/// True where two layouts put every element of `shape`, padding included, at the same place
/// although they may say it differently: 16 channels in one block of 16 are plain.
bool same_bytes(const Shape& shape, const Layout& a, const Layout& b);

/// "plain", "0312·3x16".
std::string to_string(const Layout& layout);

/// Copies the elements of `shape` from one layout to another; padding becomes zero. Element bytes
/// 1, 4 or 8. For initialisers, files and tests: kernels have their own.
void relayout(const Shape& shape, std::size_t element_bytes, const Layout& from, const void* source,
              const Layout& to, void* target);

}  // namespace sloy
