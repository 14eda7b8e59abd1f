/// Element-wise ops, alone or fused, and the reductions that fusion knows: all run as programs of
/// simd/fused.h.
#include "backends/cpu/fused_offers.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "backends/cpu/offers.h"
#include "backends/cpu/simd/fused.h"
#include "ops/elementwise.h"
#include "ops/fused.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/shape.h"

namespace sloy::cpu {
namespace {

bool is_random(const FusedInstruction& instruction) {
  return instruction.op->name() == "random_uniform";
}

/// A fused node laid out in memory, or why it can't be.
class Translation {
 public:
  Translation(const Request& request, const FusedAttributes& attributes)
      : request_(request), attributes_(attributes), space_(attributes.space) {}

  std::optional<Proposal> run(std::string& refusal) {
    if (!classify(refusal) || !choose_form(refusal) || !translate(refusal)) return {};
    Proposal proposal = layouts();
    auto kernel = std::make_shared<RunFused>(program_, form_, std::move(order_));
    proposal.scratch_bytes = kernel->scratch_bytes();
    proposal.implementation = implementation(kernel->is_one_loop());
    proposal.kernel = std::move(kernel);
    return proposal;
  }

  std::optional<FlatChain> run_flat(std::string& refusal) {
    if (!classify(refusal) || !choose_form(refusal)) return {};
    if (form_kind_ != Form::flat) {
      refusal = "the chain minds where an element stands";
      return {};
    }
    if (!translate(refusal)) return {};
    return FlatChain{program_, order_, layouts().in_place, implementation(false)};
  }

 private:
  /// Puts the node's operands into the program's order: loads first, then seeds and steps.
  class RunFused final : public Kernel {
   public:
    RunFused(const FusedProgram& program, const Space& space, std::vector<int> order)
        : kernel_(program, space), order_(std::move(order)), inputs_(order_.size()) {
      in_order_ = std::is_sorted(order_.begin(), order_.end());
    }
    std::size_t scratch_bytes() const { return kernel_.scratch_bytes(); }
    bool is_one_loop() const { return kernel_.is_one_loop(); }
    void run(const Pointers& pointers) const override {
      if (in_order_) return kernel_.run(pointers.inputs, pointers.outputs, pointers.scratch);
      for (std::size_t i = 0; i < order_.size(); ++i) inputs_[i] = pointers.inputs[order_[i]];
      kernel_.run(inputs_.data(), pointers.outputs, pointers.scratch);
    }

   private:
    FusedKernel kernel_;
    std::vector<int> order_;
    bool in_order_ = false;
    mutable std::vector<const void*> inputs_;  // one thread runs a kernel at a time
  };

  enum class Form { flat, plain, blocked };

  bool classify(std::string& refusal) {
    std::size_t count = request_.inputs.size();
    is_key_.resize(count, false);
    for (const FusedInstruction& instruction : attributes_.instructions) {
      if (!is_random(instruction)) continue;
      if (space_.rank() < 2) {
        refusal = "each element is an example of its own";
        return false;
      }
      has_random_ = true;
      for (int operand : instruction.operands) is_key_[static_cast<std::size_t>(operand)] = true;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Type& type = *request_.inputs[i].type;
      Reach reach = is_key_[i] ? Reach::scalar : reach_of(type.shape, space_);
      if (reach == Reach::other) {
        refusal = "operand " + std::to_string(i) + " is broadcast in its middle";
        return false;
      }
      // With one channel, or one row, several readings are true; the scalar one is cheapest.
      reach_.push_back(reach);
    }
    return true;
  }

  bool uses_rows_or_channels() const {
    for (Reach reach : reach_) {
      if (reach == Reach::channel || reach == Reach::row) return true;
    }
    for (const FusedResult& result : attributes_.results) {
      if (result.reduction != FusedReduction::none && result.reduction != FusedReduction::total)
        return true;
    }
    return has_random_;
  }

  bool reduces_rows() const {
    return std::any_of(attributes_.results.begin(), attributes_.results.end(), [](auto& result) {
      return result.reduction == FusedReduction::row_sum ||
             result.reduction == FusedReduction::row_max;
    });
  }

  /// The form of the full operands: what one of them has already, as far as the program allows.
  bool choose_form(std::string& refusal) {
    for (std::size_t i = 0; i < reach_.size(); ++i) {
      const Layout layout = request_.inputs[i].layout->stored(false);
      if (reach_[i] != Reach::full || request_.inputs[i].free || layout.is_plain()) continue;
      if (request_.inputs[i].type->shape != space_) continue;
      if (int width = blocked_channels(layout, space_.rank()); width > 0) {
        if (reduces_rows() || space_.size(-1) % width != 0) continue;
        layout_ = layout;
        width_ = width;
        form_kind_ = Form::blocked;
        break;
      }
      // Some other order of all elements: fine as long as an element's place does not matter.
      // What a program makes of padding need not be zero.
      if (uses_rows_or_channels() || layout.has_padding(space_)) continue;
      layout_ = layout;
      form_kind_ = Form::flat;
      break;
    }
    if (layout_.is_plain()) form_kind_ = uses_rows_or_channels() ? Form::plain : Form::flat;
    if (space_.size() == 0) {
      refusal = "the space is empty";
      return false;
    }
    form_ = space_of_form();
    return true;
  }

  Space space_of_form() const {
    std::int64_t width = space_.rank() == 0 ? 1 : space_.size(-1);
    std::int64_t rows = space_.size() / width;
    switch (form_kind_) {
      case Form::flat: return Space::flat(layout_.elements(space_));
      case Form::plain: return Space::plain(rows, width);
      case Form::blocked: break;
    }
    std::int64_t batch = space_.size(0);
    return Space::blocked(batch, rows / batch, width, width_);
  }

  static Indexing indexing(Reach reach) {
    switch (reach) {
      case Reach::channel: return Indexing::channel;
      case Reach::row: return Indexing::row;
      case Reach::scalar: return Indexing::scalar;
      default: return Indexing::full;
    }
  }

  /// Full operands alone are read as bfloat16: for others that saves nothing.
  bool reads_bfloat16(std::size_t i) const {
    return reach_[i] == Reach::full && request_.inputs[i].bfloat16;
  }

  Element element(std::size_t i) const {
    if (reads_bfloat16(i)) return Element::bfloat16;
    const DType dtype = request_.inputs[i].type->dtype;
    if (dtype == DType::int32) return Element::int32;
    return dtype == DType::uint8 ? Element::uint8 : Element::float32;
  }

  bool translate(std::string& refusal) {
    place_.resize(reach_.size(), 0);
    for (std::size_t i = 0; i < reach_.size(); ++i) {
      if (is_key_[i]) continue;
      place_[i] = static_cast<std::uint16_t>(program_.loads.size());
      order_.push_back(static_cast<int>(i));
      program_.loads.push_back({indexing(reach_[i]), element(i)});
    }
    for (std::size_t i = 0; i < reach_.size(); ++i) {
      if (!is_key_[i]) continue;
      place_[i] = static_cast<std::uint16_t>(order_.size());
      order_.push_back(static_cast<int>(i));
    }
    for (const FusedInstruction& instruction : attributes_.instructions) {
      if (!add(instruction, refusal)) return false;
    }
    for (std::size_t r = 0; r < attributes_.results.size(); ++r) {
      add(attributes_.results[r], request_.is_bfloat16(r));
    }
    return true;
  }

  std::uint16_t value(int operand) const {
    auto inputs = static_cast<int>(reach_.size());
    if (operand < inputs) return place_[static_cast<std::size_t>(operand)];
    return static_cast<std::uint16_t>(values_[static_cast<std::size_t>(operand - inputs)]);
  }

  std::uint16_t push(FusedProgram::Instruction instruction) {
    program_.instructions.push_back(instruction);
    return static_cast<std::uint16_t>(program_.loads.size() + program_.instructions.size() - 1);
  }

  bool add(const FusedInstruction& instruction, std::string& refusal) {
    if (is_random(instruction)) return add_random(instruction);
    std::string_view name = instruction.op->name();
    bool moves = name == "cast" || name == "stop_gradient" || name == "broadcast_to";
    auto opcode = moves ? Opcode::move : find_opcode(name);
    if (!opcode) {
      refusal = "there is no instruction for " + std::string(name);
      return false;
    }
    std::array<std::uint16_t, 3> operands{};
    assert(instruction.operands.size() <= operands.size());
    for (std::size_t i = 0; i < instruction.operands.size(); ++i) {
      operands[i] = value(instruction.operands[i]);
    }
    values_.push_back(push({*opcode, operands[0], operands[1], operands[2]}));
    return true;
  }

  bool add_random(const FusedInstruction& instruction) {
    const auto& options = OpDefinition<RandomOptions>::as(instruction.attributes);
    std::int64_t examples = space_.size(0);
    // As random_key of ops/random.h has it.
    std::uint64_t stream = std::uint64_t{options.purpose} << 32 | options.stream;
    program_.randoms.push_back({value(instruction.operands[0]), value(instruction.operands[1]),
                                static_cast<std::uint32_t>(Purpose::op), stream,
                                form_.panels * form_.rows / form_.blocks / examples});
    FusedProgram::Instruction random{Opcode::random_uniform};
    random.random = static_cast<std::uint16_t>(program_.randoms.size() - 1);
    values_.push_back(push(random));
    return true;
  }

  void add(const FusedResult& result, bool bfloat16) {
    std::uint16_t from = value(result.value);
    switch (result.reduction) {
      case FusedReduction::none: return program_.stores.push_back({Result::full, from, bfloat16});
      case FusedReduction::rows: return program_.stores.push_back({Result::channel_sum, from});
      case FusedReduction::total: return program_.stores.push_back({Result::total_sum, from});
      case FusedReduction::row_sum:
        return program_.stores.push_back({Result::row, push({Opcode::row_sum, from})});
      case FusedReduction::row_max:
        return program_.stores.push_back({Result::row, push({Opcode::row_max, from})});
    }
  }

  Proposal layouts() const {
    Proposal proposal;
    for (std::size_t i = 0; i < reach_.size(); ++i) {
      const bool full = reach_[i] == Reach::full;
      proposal.inputs.push_back(full ? layout_.stored(reads_bfloat16(i)) : Layout{});
    }
    for (std::size_t r = 0; r < attributes_.results.size(); ++r) {
      const bool full = attributes_.results[r].reduction == FusedReduction::none;
      const bool bfloat16 = full && request_.is_bfloat16(r);
      proposal.outputs.push_back(full ? layout_.stored(bfloat16) : Layout{});
      for (std::size_t i = 0; full && i < reach_.size(); ++i) {
        const bool as_wide =
            request_.inputs[i].type->dtype == DType::float32 && reads_bfloat16(i) == bfloat16;
        if (reach_[i] == Reach::full && as_wide) {
          proposal.in_place.emplace_back(static_cast<int>(r), static_cast<int>(i));
        }
      }
    }
    return proposal;
  }

  std::string implementation(bool is_one_loop) const {
    constexpr std::array<std::string_view, 3> forms{"flat", "plain", "blocked"};
    std::string text(forms[static_cast<std::size_t>(form_kind_)]);
    if (is_one_loop) text += "-loop";
    const auto narrow = [](const FusedProgram::Store& store) { return store.bfloat16; };
    if (std::ranges::any_of(program_.stores, narrow)) text += " to bfloat16";
    for (const FusedInstruction& instruction : attributes_.instructions) {
      text += ' ' + std::string(instruction.op->name());
    }
    return text;
  }

  const Request& request_;
  const FusedAttributes& attributes_;
  const Shape& space_;
  std::vector<bool> is_key_;  ///< operands that are seeds and steps
  bool has_random_ = false;
  std::vector<Reach> reach_;
  Layout layout_;  ///< of full operands
  int width_ = 0;
  Form form_kind_ = Form::flat;
  Space form_;
  FusedProgram program_;
  std::vector<int> order_;            ///< the node's operand at each place of a run
  std::vector<std::uint16_t> place_;  ///< of each of the node's operands
  std::vector<int> values_;           ///< of each instruction
};

std::optional<Proposal> consider_fused(const Request& request, std::string& refusal) {
  return Translation(request, request.as<FusedAttributes>()).run(refusal);
}

/// One element-wise op is a chain of one.
std::optional<Proposal> consider_element_wise(const Request& request, std::string& refusal) {
  const Type& result = request.outputs[0];
  if (result.dtype != DType::float32) {
    refusal = "the result is not float32";
    return {};
  }
  std::vector<Type> operands;
  for (const Operand& input : request.inputs) operands.push_back(*input.type);
  if (request.op->kind() == Kind::element_wise &&
      !is_arithmetic(*request.op, Operands(operands), result)) {
    refusal = "float32 does not hold every int32";
    return {};
  }
  FusedAttributes attributes;
  attributes.space = request.outputs[0].shape;
  FusedInstruction instruction{request.op, {std::shared_ptr<const void>(), request.attributes}, {}};
  for (int i = 0; i < static_cast<int>(request.inputs.size()); ++i) {
    instruction.operands.push_back(i);
  }
  int value = static_cast<int>(request.inputs.size());
  attributes.instructions.push_back(std::move(instruction));
  attributes.results.push_back({value, FusedReduction::none, attributes.space});
  return Translation(request, attributes).run(refusal);
}

/// A reduction is a chain of none.
std::optional<Proposal> consider_reduction(const Request& request, std::string& refusal) {
  const Type& input = *request.inputs[0].type;
  auto reduction = reduction_of(*request.op, request.attributes, input);
  if (!reduction) {
    refusal = "the axes are neither the last, nor all but the last, nor all";
    return {};
  }
  FusedAttributes attributes;
  attributes.space = input.shape;
  attributes.results.push_back({0, *reduction, request.outputs[0].shape});
  return Translation(request, attributes).run(refusal);
}

constexpr Offer element_wise(const Op& op) { return {&op, "fused", consider_element_wise}; }

constexpr Offer offers[] = {
    {&fused_op, "fused", consider_fused},
    {&sum_op, "fused", consider_reduction},
    {&max_op, "fused", consider_reduction},
    element_wise(add_op),
    element_wise(subtract_op),
    element_wise(multiply_op),
    element_wise(divide_op),
    element_wise(maximum_op),
    element_wise(minimum_op),
    element_wise(power_op),
    element_wise(equal_op),
    element_wise(not_equal_op),
    element_wise(greater_op),
    element_wise(greater_equal_op),
    element_wise(less_op),
    element_wise(less_equal_op),
    element_wise(where_op),
    element_wise(negative_op),
    element_wise(absolute_op),
    element_wise(sign_op),
    element_wise(floor_op),
    element_wise(exp_op),
    element_wise(log_op),
    element_wise(log1p_op),
    element_wise(expm1_op),
    element_wise(square_op),
    element_wise(sqrt_op),
    element_wise(rsqrt_op),
    element_wise(reciprocal_op),
    element_wise(tanh_op),
    element_wise(sigmoid_op),
    element_wise(erf_op),
    element_wise(rectify_op),
    element_wise(cast_op),
    element_wise(stop_gradient_op),
    element_wise(broadcast_to_op),
    element_wise(random_uniform_op),
};

}  // namespace

std::span<const Offer> fused_offers() { return offers; }

std::optional<FlatChain> flat_chain(const Request& request, std::string& refusal) {
  return Translation(request, request.as<FusedAttributes>()).run_flat(refusal);
}

}  // namespace sloy::cpu
