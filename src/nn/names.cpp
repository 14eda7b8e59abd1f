#include "nn/names.h"

#include <fmt/format.h>

namespace sloy {
namespace {

bool is_upper(char c) { return 'A' <= c && c <= 'Z'; }
bool is_lower(char c) { return ('a' <= c && c <= 'z'); }

}  // namespace

std::string snake_case(std::string_view type) {
  std::string name;
  for (std::size_t i = 0; i < type.size(); ++i) {
    // Keras's rule: a word starts at a capital before a small letter, or after one.
    const bool before_lower = i + 1 < type.size() && is_lower(type[i + 1]);
    const bool after_lower = i > 0 && is_lower(type[i - 1]);
    if (i > 0 && is_upper(type[i]) && (before_lower || after_lower)) name += '_';
    name += is_upper(type[i]) ? static_cast<char>(type[i] - 'A' + 'a') : type[i];
  }
  return name;
}

std::string default_name(std::string_view type,
                         const std::function<bool(std::string_view)>& is_taken) {
  const std::string base = snake_case(type);
  std::string name = base;
  for (int number = 1; is_taken(name); ++number) name = fmt::format("{}_{}", base, number);
  return name;
}

}  // namespace sloy
