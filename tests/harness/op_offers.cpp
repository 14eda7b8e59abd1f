#include "harness/op_offers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

namespace sloy {
namespace {

/// Memory for one operand between two guards whose bytes must stay.
class Guarded {
 public:
  explicit Guarded(std::size_t bytes)
      : bytes_(bytes), block_(static_cast<std::byte*>(::operator new(bytes + 2 * guard, align))) {
    std::memset(block_, filling, bytes + 2 * guard);
  }
  ~Guarded() { ::operator delete(block_, align); }
  Guarded(Guarded&& other) noexcept
      : bytes_(other.bytes_), block_(std::exchange(other.block_, nullptr)) {}
  Guarded& operator=(Guarded&&) = delete;

  std::byte* data() const { return block_ + guard; }
  bool intact() const {
    const auto kept = [](const std::byte* from) {
      return std::all_of(from, from + guard, [](std::byte b) { return b == std::byte{filling}; });
    };
    return kept(block_) && kept(data() + bytes_);
  }

 private:
  static constexpr std::size_t guard = 256;
  static constexpr std::align_val_t align{64};
  static constexpr unsigned char filling = 0xff;  // as a float: not-a-number

  std::size_t bytes_;
  std::byte* block_;
};

std::size_t bytes_of(const Type& type, const Layout& layout) {
  return static_cast<std::size_t>(layout.elements(type.shape)) *
         layout.element_bytes(size_of(type.dtype));
}

Guarded guarded_for(const Type& type, const Layout& layout) {
  return Guarded(bytes_of(type, layout));
}

class Run {
 public:
  Run(const Proposal& proposal, const BoundCase& bound, const std::vector<Tensor>& operands)
      : proposal_(proposal), bound_(bound), scratch_(proposal.scratch_bytes) {
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Type& type = bound.operands[i];
      inputs_.push_back(guarded_for(type, proposal.inputs[i]));
      relayout(type.shape, size_of(type.dtype), Layout{}, operands[i].data(), proposal.inputs[i],
               inputs_.back().data());
      input_pointers_.push_back(inputs_.back().data());
    }
    for (std::size_t r = 0; r < bound.results.size(); ++r) {
      outputs_.push_back(guarded_for(bound.results[r], proposal.outputs[r]));
      output_pointers_.push_back(outputs_.back().data());
    }
  }

  void take_over(std::pair<int, int> result_and_input) {
    const auto [result, input] = result_and_input;
    output_pointers_[static_cast<std::size_t>(result)] =
        inputs_[static_cast<std::size_t>(input)].data();
  }

  std::vector<Tensor> operator()() {
    proposal_.kernel->run({.inputs = input_pointers_.data(),
                           .outputs = output_pointers_.data(),
                           .scratch = scratch_.data()});
    check_guards();
    std::vector<Tensor> results;
    for (std::size_t r = 0; r < bound_.results.size(); ++r) results.push_back(result(r));
    return results;
  }

 private:
  void check_guards() const {
    const auto intact = [](const Guarded& memory) { return memory.intact(); };
    if (!std::all_of(inputs_.begin(), inputs_.end(), intact)) {
      throw std::runtime_error("it wrote outside an operand");
    }
    if (!std::all_of(outputs_.begin(), outputs_.end(), intact)) {
      throw std::runtime_error("it wrote outside a result");
    }
    if (!scratch_.intact()) throw std::runtime_error("it wrote outside its scratch");
  }

  Tensor result(std::size_t r) const {
    const Type& type = bound_.results[r];
    const Layout& layout = proposal_.outputs[r];
    Tensor tensor(type.dtype, type.shape);
    relayout(type.shape, size_of(type.dtype), layout, output_pointers_[r], Layout{},
             tensor.mutable_data());
    if (layout.has_padding(type.shape)) {
      const Guarded again = guarded_for(type, layout);
      relayout(type.shape, size_of(type.dtype), Layout{}, tensor.data(), layout, again.data());
      if (std::memcmp(again.data(), output_pointers_[r], bytes_of(type, layout)) != 0) {
        throw std::runtime_error(fmt::format("result {} has padding that is not zero", r));
      }
    }
    return tensor;
  }

  const Proposal& proposal_;
  const BoundCase& bound_;
  Guarded scratch_;
  std::vector<Guarded> inputs_;
  std::vector<Guarded> outputs_;
  std::vector<const void*> input_pointers_;
  std::vector<void*> output_pointers_;
};

/// The last two dimensions in blocks, outermost in memory.
Layout packed(int rank, int width) {
  const auto last = static_cast<std::uint8_t>(rank - 1);
  const auto before = static_cast<std::uint8_t>(rank - 2);
  const auto size = static_cast<std::uint16_t>(width);
  Layout layout{.order = {last, before}, .blocks = {{before, size}, {last, size}}};
  for (std::uint8_t dim = 0; dim < before; ++dim) layout.order.push_back(dim);
  return layout;
}

Layout stands_in(const Shape& shape, Stand stand, int block_width) {
  const int rank = shape.rank();
  if (block_width == 0) return {};
  if (stand == Stand::packed && rank >= 2) return packed(rank, block_width);
  const bool fills = rank >= 3 && shape.size(-1) % block_width == 0;
  const bool blocks = stand == Stand::blocked || stand == Stand::blocked_bfloat16;
  if (stand == Stand::padded && rank >= 3) return channels_blocked(rank, block_width);
  if (blocks && fills) return channels_blocked(rank, block_width);
  return {};
}

bool is_bfloat16(Stand stand) {
  return stand == Stand::bfloat16 || stand == Stand::blocked_bfloat16;
}

Request request_for(const BoundCase& bound, const std::vector<Operand>& operands,
                    bool to_bfloat16 = false) {
  Request request{.op = bound.op,
                  .attributes = bound.attributes.get(),
                  .inputs = operands,
                  .outputs = bound.results};
  for (const Type& result : bound.results) {
    request.bfloat16.push_back(to_bfloat16 && result.dtype == DType::float32);
  }
  return request;
}

bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](const Tensor& x, const Tensor& y) {
    return std::memcmp(x.data(), y.data(), x.bytes()) == 0;
  });
}

using Pairs = std::vector<std::pair<int, int>>;

/// Each result in the place of each operand it may take over, and as many at once as go together.
std::vector<Pairs> in_place_choices(const Proposal& proposal) {
  std::vector<Pairs> choices;
  Pairs together;
  for (const std::pair<int, int>& pair : proposal.in_place) {
    choices.push_back({pair});
    const bool taken = std::any_of(together.begin(), together.end(), [&](const auto& other) {
      return other.first == pair.first || other.second == pair.second;
    });
    if (!taken) together.push_back(pair);
  }
  if (together.size() > 1) choices.push_back(std::move(together));
  return choices;
}

}  // namespace

std::optional<Proposal> consider(const Offer& offer, const BoundCase& bound, Stand stand,
                                 int block_width, std::string& refusal) {
  std::vector<Layout> layouts;
  for (const Type& type : bound.operands) {
    const bool bfloat16 = is_bfloat16(stand) && type.dtype == DType::float32;
    layouts.push_back(stands_in(type.shape, stand, block_width).stored(bfloat16));
  }
  std::vector<Operand> operands;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    const bool free = stand != Stand::plain && i > 0 && layouts[i].is_plain();
    operands.push_back({.type = &bound.operands[i],
                        .layout = &layouts[i],
                        .free = free,
                        .bfloat16 = layouts[i].bfloat16});
  }
  return offer.consider(request_for(bound, operands, is_bfloat16(stand)), refusal);
}

Proposal reference_of(const BoundCase& bound, bool bfloat16) {
  const Layout plain;
  std::vector<Operand> operands;
  for (const Type& type : bound.operands) {
    operands.push_back(
        {.type = &type, .layout = &plain, .bfloat16 = bfloat16 && type.dtype == DType::float32});
  }
  return reference_proposal(request_for(bound, operands, bfloat16), bound.attributes,
                            NumericPrecision::float32);
}

std::vector<Tensor> run_proposal(const Proposal& proposal, const BoundCase& bound,
                                 const std::vector<Tensor>& operands) {
  const std::vector<Tensor> results = Run(proposal, bound, operands)();
  for (const Pairs& pairs : in_place_choices(proposal)) {
    Run in_place(proposal, bound, operands);
    for (const std::pair<int, int>& pair : pairs) in_place.take_over(pair);
    if (!same_bits(in_place(), results)) {
      throw std::runtime_error("it gives other numbers in the place of its operands");
    }
  }
  return results;
}

}  // namespace sloy
