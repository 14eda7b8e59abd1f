/// Phrases: several instructions that come together in optimizers, as one loop. What is between
/// them passes through no memory, and roots and divisions of one vector overlap with the rest of
/// others.
#pragma once

#include <cstdint>
#include <string_view>

namespace sloy::cpu {

enum class Phrase : std::uint8_t {
  none,
  average,
  average_of_square,
  descent_by_root_plus,
  descent_by_root_of_sum,
  descent_by_plain_root,
};

/// What a phrase computes of its operands a to f, operator before operands: r is the square root
/// and s the square.
struct PhraseForm {
  Phrase phrase;
  std::string_view text;
};
inline constexpr PhraseForm phrase_forms[] = {
    {Phrase::descent_by_root_plus, "-a/*bc+*rdef"},    // a − b·c / (√d·e + f)
    {Phrase::descent_by_root_of_sum, "-a/*bcr+*def"},  // a − b·c / √(d·e + f)
    {Phrase::descent_by_plain_root, "-a/*bc+rde"},     // a − b·c / (√d + e)
    {Phrase::average_of_square, "+*ab*csd"},           // a·b + c·d²
    {Phrase::average, "+*ab*cd"},                      // a·b + c·d
};
/// Operands of the longest.
inline constexpr int most_operands = 6;

constexpr bool is_operand(char c) { return c >= 'a' && c < 'a' + most_operands; }

constexpr int operands_of(Phrase phrase) {
  int count = 0;
  for (const PhraseForm& form : phrase_forms) {
    for (const char c : form.text) count += form.phrase == phrase && is_operand(c);
  }
  return count;
}

}  // namespace sloy::cpu
