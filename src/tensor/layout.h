/// Layouts: in which order the elements of a logical shape lie in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sloy/fields.h>
#include <sloy/tensor.h>

namespace sloy {

/// The physical form of a value. `order` lists the logical dimensions from the outermost in memory
/// to the innermost; empty means row-major. Then come the inner blocks, outermost first: each
/// splits `size` neighbours off a dimension. A dimension whose size its blocks do not divide is
/// padded with zeros to the next multiple. A float32 value of a compiled program may be stored as
/// bfloat16: its numbers are rounded to that, and take two bytes each.
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
  bool bfloat16 = false;

  /// Row-major, and of the type's own elements.
  bool is_plain() const { return order.empty() && blocks.empty() && !bfloat16; }
  /// The same order of elements, stored as bfloat16 or as the type's own.
  Layout stored(bool as_bfloat16) const { return {order, blocks, as_bfloat16}; }
  /// Bytes of an element, those of the type's own being given.
  std::size_t element_bytes(std::size_t own) const { return bfloat16 ? 2 : own; }
  /// Whether it is a form of shapes of that rank: each dimension is named once in `order`, if any
  /// is, and blocks split dimensions there are.
  bool fits(int rank) const;
  bool operator==(const Layout&) const = default;
  static void fields(auto&& field) {
    field("order", &Layout::order);
    field("blocks", &Layout::blocks);
    field("bfloat16", &Layout::bfloat16);
  }

  /// Elements of a buffer that holds `shape` in this layout, padding included.
  std::int64_t elements(const Shape& shape) const;
  bool has_padding(const Shape& shape) const { return elements(shape) != shape.size(); }
  /// Where the element at `index` (one number a dimension) lies, in elements from the start.
  std::int64_t offset(const Shape& shape, const std::int64_t* index) const;
};

/// Activations (batch, spatial…, channels) with channels blocked by `width`.
Layout channels_blocked(int rank, int width);

/// A convolution's kernel (height, width, channels, filters) with both blocked by `width`, a block
/// of channels outside one of filters.
Layout packed_kernel(int width);

/// The block width where `layout` is channels_blocked for this rank and of the type's own elements,
/// else 0.
int blocked_channels(const Layout& layout, int rank);

/// True where two layouts put every element of `shape`, padding included, at the same place
/// although they may say it differently: 16 channels in one block of 16 are plain.
bool same_bytes(const Shape& shape, const Layout& a, const Layout& b);

/// "plain", "0312·3x16".
std::string to_string(const Layout& layout);

/// A copy of the elements of a shape from one layout to another; padding becomes zero.
class Relayout {
 public:
  /// REQUIRES: layouts that fit the shape's rank; element bytes (of the type's own) 1, 4 or 8, and
  /// 4 where a layout is bfloat16, from and to which floats are converted.
  Relayout(const Shape& shape, std::size_t element_bytes, const Layout& from, const Layout& to);
  /// Allocates nothing.
  void run(const void* source, void* target) const;

 private:
  /// An element's offset is a sum of one term a dimension, as every block splits a single
  /// dimension: `[d][i]` is what index i of dimension d adds.
  using Offsets = std::array<std::vector<std::int64_t>, Shape::max_rank>;
  static Offsets offsets(const Shape& shape, const Layout& layout);
  template <class From, class To>
  void copy(const void* source, void* target, int dim = 0, std::int64_t from = 0,
            std::int64_t to = 0) const;

  Shape shape_;
  std::size_t element_bytes_;
  bool from_bfloat16_;
  bool to_bfloat16_;
  std::size_t same_bytes_ = 0;    ///< to copy as they are, where the layouts are one
  std::size_t padded_bytes_ = 0;  ///< of the target, where it has padding
  Offsets read_;
  Offsets write_;
};

/// The same, once. For initialisers, files and tests: kernels have their own.
void relayout(const Shape& shape, std::size_t element_bytes, const Layout& from, const void* source,
              const Layout& to, void* target);

}  // namespace sloy
