/// Private to this folder: what `Prepared` holds, and how kernels make one. The only header that
/// includes oneDNN's.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "backends/cpu/onednn/prepared.h"

namespace sloy::onednn {

/// The CPU engine. The first call fixes the instructions oneDNN may generate.
const dnnl::engine& cpu_engine();

/// Scratch is the caller's.
dnnl::primitive_attr user_scratch();

/// Which axis of ours each axis of a oneDNN descriptor is. oneDNN has channels before the spatial
/// axes and a kernel's filters first; a grouped kernel has its groups as an axis of their own,
/// which in ours is the outer part of the filters.
class Axes {
 public:
  static Axes activation(int spatial_rank);
  static Axes kernel(int spatial_rank, std::int64_t groups);
  /// Ours in oneDNN's order, or (rank 2 only) the other way round.
  static Axes same(int rank);
  static Axes transposed();

  /// oneDNN's dimensions of a shape of ours.
  dnnl::memory::dims dims(const Shape& shape) const;
  /// The layout is left to oneDNN.
  dnnl::memory::desc any(const Shape& shape, bool bfloat16 = false) const;
  /// Nothing where the layout blocks filters across groups.
  std::optional<dnnl::memory::desc> describe(const Shape& shape, const Layout& layout) const;
  /// Nothing where the descriptor is not a dense order of blocks in our axes. An activation's
  /// layout is said as plain or as channels blocked where it is the same bytes.
  std::optional<Layout> layout(const Shape& shape, const dnnl::memory::desc& desc) const;

 private:
  /// Of each oneDNN axis. In a grouped kernel axes 0 and 1 are both our last.
  std::vector<int> ours_;
  std::int64_t groups_ = 1;
  bool is_activation_ = false;
};

/// An operand of ours with the axes oneDNN sees, and the layout the caller insists on, if any,
/// which is of the same element type.
struct Side {
  Shape shape;
  Axes axes;
  std::optional<Layout> fixed = {};
  bool bfloat16 = false;
};

/// An operand and which argument of a primitive (DNNL_ARG_…) it is.
struct Role {
  int argument;
  const Side& side;
};

struct Prepared::Primitive {
  struct Argument {
    int id;
    Operand operand;
    dnnl::memory::desc desc;
  };
  /// REQUIRES: each argument's desc is the one the primitive was created with.
  static std::shared_ptr<const Prepared> prepare(const dnnl::primitive& primitive,
                                                 const dnnl::memory::desc& scratch,
                                                 std::string implementation,
                                                 std::vector<Argument> inputs,
                                                 std::vector<Argument> outputs);

  /// Memory is given to oneDNN only when it moves: setting it writes zeros into padding and
  /// allocates.
  struct Buffer {
    dnnl::memory memory;
    const void* current = nullptr;
    void set(const void* data);
  };

  dnnl::primitive primitive;
  dnnl::stream stream;
  std::vector<Buffer> inputs;
  std::vector<Buffer> outputs;
  std::optional<Buffer> scratch;
  std::size_t scratch_bytes = 0;
  std::string implementation;
  /// What execute is called with: built once, as the memory objects never change.
  std::vector<dnnl_exec_arg_t> arguments;
};

/// The layouts a primitive works on as we say them, or nothing where one of them can't be said.
std::optional<std::vector<Prepared::Primitive::Argument>> arguments(
    const dnnl::primitive_desc_base& desc, const std::vector<Role>& roles);

/// True for the implementations no one should wait for, which are refused in these words.
bool is_reference(const std::string& implementation);
inline constexpr const char* reference_only = "oneDNN has only its reference implementation";
/// True for convolutions by im2col and a matrix product: better than nothing.
bool is_gemm(const std::string& implementation);
inline constexpr const char* im2col_only = "oneDNN has only im2col";

/// The first of oneDNN's implementations that is not the reference and whose layouts we can say;
/// null, with the reason in `refusal`, where there is none. `desc` may be empty; the operation's
/// description and the hint it was made from must still live, as it keeps pointers to them.
/// Without `im2col` none of a convolution that does it is made: oneDNN keeps what was made, and
/// gives it again for any spelling of the same layouts, though with a kernel in another form.
template <class Primitive, class PrimitiveDesc>
std::shared_ptr<const Prepared> first_usable(PrimitiveDesc desc, const std::vector<Role>& inputs,
                                             const std::vector<Role>& outputs, std::string& refusal,
                                             bool im2col = true) {
  if (!desc) return nullptr;
  do {
    const std::string implementation = desc.impl_info_str();
    if (is_reference(implementation)) {
      refusal = reference_only;
      return nullptr;
    }
    if (!im2col && is_gemm(implementation)) {
      refusal = im2col_only;
      return nullptr;
    }
    auto input_arguments = arguments(desc, inputs);
    auto output_arguments = arguments(desc, outputs);
    if (input_arguments && output_arguments) {
      return Prepared::Primitive::prepare(Primitive(desc), desc.scratchpad_desc(), implementation,
                                          *input_arguments, *output_arguments);
    }
    refusal = "oneDNN's " + implementation + " wants a layout that cannot be said";
  } while (desc.next_impl());
  return nullptr;
}

}  // namespace sloy::onednn
