#include "steps_text.h"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <utility>
#include <vector>

namespace sloy::cli {
namespace {

constexpr std::size_t most_letters = 23;

/// A chain's implementation is its form, then its ops: "blocked subtract multiply add rectify".
std::string short_chain(const Plan::Step& step) {
  std::istringstream words(step.implementation);
  std::vector<std::string> ops;
  std::string word;
  words >> word;
  while (words >> word) ops.push_back(word);
  if (ops.empty()) return "sums";
  std::string all = ops[0];
  for (std::size_t i = 1; i < ops.size(); ++i) all += " " + ops[i];
  if (all.size() <= most_letters) return all;
  const std::string ends = fmt::format("{} … {}, {}", ops.front(), ops.back(), ops.size());
  if (ends.size() <= most_letters + 2) return ends;  // … is three bytes
  return fmt::format("{} …, {}", ops.front(), ops.size());
}

}  // namespace

std::string_view phase_name(Phase phase) {
  static constexpr std::array<std::string_view, 3> names{"forward", "backward", "update"};
  return names[static_cast<std::size_t>(phase)];
}

std::string short_op(const Plan::Step& step) {
  if (step.op == "fused") return short_chain(step);
  if (step.op == "product_update") return "matmul dw and update";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> endings{
      {{"_input_gradient", " dx"}, {"_kernel_gradient", " dw"}, {"_gradient", " dx"}}};
  for (const auto& [ending, mark] : endings) {
    if (step.op.ends_with(ending)) {
      return shortened(step.op.substr(0, step.op.size() - ending.size()), most_letters - 3) +
             std::string(mark);
    }
  }
  return shortened(step.op, most_letters);
}

std::string shortened(const std::string& text, std::size_t most) {
  std::vector<std::string> letters;
  for (char byte : text) {
    const bool continues = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
    if (continues && !letters.empty()) {
      letters.back() += byte;
    } else {
      letters.emplace_back(1, byte);
    }
  }
  if (letters.size() <= most) return text;
  const std::size_t front = (most - 1) / 2, back = most - 1 - front;
  std::string shorter;
  for (std::size_t i = 0; i < front; ++i) shorter += letters[i];
  shorter += "…";
  for (std::size_t i = letters.size() - back; i < letters.size(); ++i) shorter += letters[i];
  return shorter;
}

}  // namespace sloy::cli
