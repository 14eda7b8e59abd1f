/// Ops that move elements and compute nothing: joining, cutting and padding of plain operands and
/// of images whose channels are blocked, turning of plain ones, and the counting of int32 scalars.
#include <cstring>

#include "backends/cpu/offers.h"
#include "backends/cpu/simd/copy.h"
#include "base/parallel.h"
#include "ops/elementwise.h"
#include "ops/shape.h"

namespace sloy::cpu {
namespace {

/// Bytes copied by one thread before a second is worth waking.
constexpr std::int64_t bytes_for_a_thread = 1 << 18;

/// Runs of neighbouring bytes that lie at equal distances in source and target.
struct Runs {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  std::int64_t source_step = 0;
  std::int64_t target_step = 0;
  std::int64_t source_offset = 0;
  std::int64_t target_offset = 0;

  void copy(const void* source, void* target) const {
    const auto* from = static_cast<const std::byte*>(source) + source_offset;
    auto* to = static_cast<std::byte*>(target) + target_offset;
    std::int64_t grain = bytes_for_a_thread / std::max<std::int64_t>(bytes, 1) + 1;
    parallel_for(count, grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t r = first; r < last; ++r) {
        std::memcpy(to + r * target_step, from + r * source_step, static_cast<std::size_t>(bytes));
      }
    });
  }
};

std::int64_t product(const Shape& shape, int first, int last) {
  std::int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= shape.size(axis);
  return product;
}

/// Operands as they lie in memory: plain ones are themselves, of images with blocked channels the
/// channels are an axis of blocks, outside of the pixels, and one within a block, inside of them.
class Form {
 public:
  Form(int width, int rank) : width_(width), rank_(rank) {}

  Layout layout() const { return width_ == 0 ? Layout{} : channels_blocked(rank_, width_); }
  Shape shape(const Shape& logical) const {
    if (width_ == 0) return logical;
    Shape physical{logical.size(0), logical.size(-1) / width_};
    for (int axis = 1; axis + 1 < rank_; ++axis) physical.push_back(logical.size(axis));
    physical.push_back(width_);
    return physical;
  }
  int axis(int logical) const {
    if (width_ == 0 || logical == 0) return logical;
    return is_channels(logical) ? 1 : logical + 1;
  }
  /// A place along that axis.
  std::int64_t place(int logical, std::int64_t index) const {
    return is_channels(logical) ? index / width_ : index;
  }
  /// Whether a cut there leaves all blocks whole.
  bool can_cut(int logical, std::int64_t index) const {
    return !is_channels(logical) || index % width_ == 0;
  }

 private:
  bool is_channels(int logical) const { return width_ > 0 && logical == rank_ - 1; }
  int width_;  ///< 0 where they are plain
  int rank_;
};

/// The form that moves the least: that of most of the operands' elements, as far as their blocks
/// are whole.
Form form_of(const Request& request) {
  const int rank = request.outputs[0].shape.rank();
  const auto is_whole = [](const Shape& shape, int width) { return shape.size(-1) % width == 0; };
  int width = 0;
  std::int64_t blocked = 0, plain = 0;
  for (const Operand& input : request.inputs) {
    const Shape& shape = input.type->shape;
    const int own = input.free ? 0 : blocked_channels(*input.layout, rank);
    (own > 0 ? blocked : plain) += shape.size();
    if (own > 0) width = own;
  }
  if (width == 0 || blocked < plain || request.outputs[0].dtype != DType::float32) return {0, rank};
  bool whole = is_whole(request.outputs[0].shape, width);
  for (const Operand& input : request.inputs) {
    whole = whole && is_whole(input.type->shape, width);
  }
  return {whole ? width : 0, rank};
}

/// How the part of `whole` that begins at `begin` along `axis` and has the shape `part` lies in it.
/// The copy goes from the part to the whole. REQUIRES: the form can be cut there.
Runs into(const Form& form, const Shape& whole_shape, const Shape& part_shape, int axis,
          std::int64_t begin, DType dtype) {
  const Shape whole = form.shape(whole_shape), part = form.shape(part_shape);
  begin = form.place(axis, begin);
  axis = form.axis(axis);
  auto width = static_cast<std::int64_t>(size_of(dtype));
  std::int64_t inner = product(whole, axis + 1, whole.rank()) * width;
  Runs runs;
  runs.count = product(whole, 0, axis);
  runs.bytes = part.size(axis) * inner;
  runs.source_step = runs.bytes;
  runs.target_step = whole.size(axis) * inner;
  runs.target_offset = begin * inner;
  return runs;
}

Runs reversed(Runs runs) {
  std::swap(runs.source_step, runs.target_step);
  std::swap(runs.source_offset, runs.target_offset);
  return runs;
}

int from_front(int axis, const Shape& shape) { return axis < 0 ? axis + shape.rank() : axis; }

class CopyKernel final : public Kernel {
 public:
  CopyKernel(std::vector<Runs> runs, std::size_t zeroed)
      : runs_(std::move(runs)), zeroed_(zeroed) {}
  void run(const Pointers& pointers) const override {
    if (zeroed_ > 0) std::memset(pointers.outputs[0], 0, zeroed_);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      runs_[i].copy(pointers.inputs[i], pointers.outputs[0]);
    }
  }

 private:
  std::vector<Runs> runs_;  ///< one an input
  std::size_t zeroed_;      ///< bytes of the result that are zeros first
};

Proposal proposal_of(const Request& request, const Form& form) {
  Proposal proposal;
  proposal.inputs.assign(request.inputs.size(), form.layout());
  proposal.outputs.assign(request.outputs.size(), form.layout());
  proposal.implementation = form.layout().is_plain() ? "plain" : "blocked";
  return proposal;
}

template <class K, class... Arguments>
Proposal plain(const Request& request, Arguments&&... arguments) {
  Proposal proposal = proposal_of(request, Form(0, request.outputs[0].shape.rank()));
  proposal.kernel = std::make_shared<K>(std::forward<Arguments>(arguments)...);
  return proposal;
}

Proposal copying(const Request& request, const Form& form, std::vector<Runs> runs,
                 std::size_t zeroed) {
  Proposal proposal = proposal_of(request, form);
  proposal.kernel = std::make_shared<CopyKernel>(std::move(runs), zeroed);
  return proposal;
}

std::optional<Proposal> consider_concatenate(const Request& request, std::string&) {
  const Type& whole = request.outputs[0];
  int axis = from_front(request.as<ConcatenateAttributes>().axis, whole.shape);
  const Form form = form_of(request);
  std::vector<Runs> runs;
  std::int64_t begin = 0;
  for (const Operand& input : request.inputs) {
    runs.push_back(into(form, whole.shape, input.type->shape, axis, begin, whole.dtype));
    begin += input.type->shape.size(axis);
  }
  return copying(request, form, std::move(runs), 0);
}

std::optional<Proposal> consider_slice(const Request& request, std::string&) {
  const auto& attributes = request.as<SliceAttributes>();
  const Type& whole = *request.inputs[0].type;
  int axis = from_front(attributes.axis, whole.shape);
  Form form = form_of(request);
  if (!form.can_cut(axis, attributes.begin)) form = Form(0, whole.shape.rank());
  Runs runs =
      into(form, whole.shape, request.outputs[0].shape, axis, attributes.begin, whole.dtype);
  return copying(request, form, {reversed(runs)}, 0);
}

std::optional<Proposal> consider_pad(const Request& request, std::string&) {
  const auto& attributes = request.as<PadAttributes>();
  const Type& whole = request.outputs[0];
  int axis = from_front(attributes.axis, whole.shape);
  Form form = form_of(request);
  if (!form.can_cut(axis, attributes.before)) form = Form(0, whole.shape.rank());
  Runs runs =
      into(form, whole.shape, request.inputs[0].type->shape, axis, attributes.before, whole.dtype);
  std::size_t bytes = static_cast<std::size_t>(whole.shape.size()) * size_of(whole.dtype);
  return copying(request, form, {runs}, bytes);
}

/// Elements of 4 bytes, which move as floats without being looked at.
class TransposeKernel final : public Kernel {
 public:
  explicit TransposeKernel(const std::vector<CopyAxis>& axes) : copy_(axes) {}
  void run(const Pointers& pointers) const override {
    copy_.run(static_cast<const float*>(pointers.inputs[0]),
              static_cast<float*>(pointers.outputs[0]));
  }

 private:
  StridedCopy copy_;
};

std::optional<Proposal> consider_transpose(const Request& request, std::string& refusal) {
  const Type& x = *request.inputs[0].type;
  if (size_of(x.dtype) != 4) {
    refusal = "the elements are not of 4 bytes";
    return {};
  }
  const Shape& y = request.outputs[0].shape;
  std::vector<CopyAxis> axes;
  for (int axis : request.as<TransposeAttributes>().permutation) {
    const int to = static_cast<int>(axes.size());
    axes.push_back({.size = y.size(to),
                    .from = product(x.shape, from_front(axis, x.shape) + 1, x.shape.rank()),
                    .to = product(y, to + 1, y.rank())});
  }
  return plain<TransposeKernel>(request, axes);
}

/// Counters are one int32: nothing to vectorise.
class CountKernel final : public Kernel {
 public:
  void run(const Pointers& pointers) const override {
    auto number = [&](int i) { return *static_cast<const std::uint32_t*>(pointers.inputs[i]); };
    *static_cast<std::uint32_t*>(pointers.outputs[0]) = number(0) + number(1);
  }
};

std::optional<Proposal> consider_count(const Request& request, std::string& refusal) {
  const Type& type = request.outputs[0];
  if (type.dtype != DType::int32 || type.shape.size() != 1) {
    refusal = "not one int32";
    return {};
  }
  Proposal proposal = plain<CountKernel>(request);
  proposal.in_place = {{0, 0}, {0, 1}};
  return proposal;
}

constexpr Offer offers[] = {
    {&concatenate_op, "copy", consider_concatenate},
    {&slice_op, "copy", consider_slice},
    {&pad_op, "copy", consider_pad},
    {&transpose_op, "copy", consider_transpose},
    {&add_op, "counter", consider_count},
};

}  // namespace

std::span<const Offer> copy_offers() { return offers; }

}  // namespace sloy::cpu
