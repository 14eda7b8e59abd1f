#include "backends/cpu/simd/find_phrase.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "backends/cpu/simd/fused_pairs.h"

namespace sloy::cpu {
namespace {

Opcode opcode_of(char symbol) {
  switch (symbol) {
    case '+': return Opcode::add;
    case '-': return Opcode::subtract;
    case '*': return Opcode::multiply;
    case '/': return Opcode::divide;
    case 's': return Opcode::square;
    default: return Opcode::sqrt;
  }
}

bool commutes(Opcode opcode) { return opcode == Opcode::add || opcode == Opcode::multiply; }

/// Reads a form from left to right along the steps that make a slot.
class Matcher {
 public:
  Matcher(const std::vector<Step>& steps, std::size_t last, const std::vector<int>& readers)
      : steps_(steps), last_(last), readers_(readers) {}

  std::optional<FoundPhrase> match(const PhraseForm& form) {
    text_ = form.text;
    if (!match_step(last_)) return {};
    Step whole = {.out = steps_[last_].out, .phrase = form.phrase};
    std::uint16_t* operands[] = {&whole.a, &whole.b, &whole.c, &whole.d, &whole.e, &whole.f};
    for (std::size_t i = 0; i < found_.size(); ++i) *operands[i] = found_[i];
    std::ranges::sort(inner_, std::greater());
    return FoundPhrase{whole, inner_};
  }

 private:
  bool match_slot(std::uint16_t slot) {
    if (is_operand(text_.front())) {
      text_.remove_prefix(1);
      found_.push_back(slot);
      return true;
    }
    if (readers_[slot] != 1) return false;
    for (std::size_t i = 0; i < last_; ++i) {
      if (steps_[i].out != slot) continue;
      inner_.push_back(i);
      return match_step(i);
    }
    return false;
  }

  bool match_step(std::size_t number) {
    const Step& step = steps_[number];
    const Opcode opcode = opcode_of(text_.front());
    if (!is_alone(step) || step.opcode != opcode) return false;
    text_.remove_prefix(1);
    if (info(opcode).operands == 1) return match_slot(step.a);
    const auto [text, found, inner] = std::tuple(text_, found_.size(), inner_.size());
    if (match_slot(step.a) && match_slot(step.b)) return true;
    text_ = text;
    found_.resize(found);
    inner_.resize(inner);
    return commutes(opcode) && match_slot(step.b) && match_slot(step.a);
  }

  const std::vector<Step>& steps_;
  std::size_t last_;
  const std::vector<int>& readers_;
  std::string_view text_;             ///< what is left to read
  std::vector<std::uint16_t> found_;  ///< operands
  std::vector<std::size_t> inner_;
};

}  // namespace

std::optional<FoundPhrase> find_phrase(const std::vector<Step>& steps, std::size_t last,
                                       const std::vector<int>& readers) {
  for (const PhraseForm& form : phrase_forms) {
    if (auto found = Matcher(steps, last, readers).match(form)) return found;
  }
  return {};
}

}  // namespace sloy::cpu
