#include "option_words.h"

#include <fmt/format.h>
#include <sloy/sloy.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace sloy::cli {
namespace {

constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/// How long the TOML value is that a text begins with: a text in quotes, a list, a number or word.
std::size_t length_of_value(std::string_view text) {
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
      continue;
    }
    if (text[i] == '"') is_quoted = !is_quoted;
    if (is_quoted) continue;
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    const bool has_closed = text[i] == '"' || text[i] == ']';
    if (depth == 0 && has_closed) return i + 1;
    if (depth == 0 && std::string_view(" ,;:").find(text[i]) != text.npos) return i;
  }
  return text.size();
}

/// `--set data.KEY=VALUE`. A text that can be nothing else needs no quotes of TOML.
std::string option_of(const std::string& key, std::string value) {
  const std::string inner = value.size() > 2 ? value.substr(1, value.size() - 2) : "";
  const bool is_word = value.front() == '"' && !inner.empty() &&
                       inner.find_first_not_of(letters) == inner.npos &&
                       inner.find_first_not_of("0123456789_") == 0 && inner != "true" &&
                       inner != "false" && inner != "nan" && inner != "inf";
  return "--set " + shell_word(fmt::format("data.{}={}", key, is_word ? inner : value));
}

}  // namespace

std::vector<std::string> data_keys() {
  std::set<std::string> keys;
  const auto add = [&](const Config& config) {
    for (const auto& [key, value] : config.as_map()) keys.insert(key);
  };
  add(to_config<RecipeData>(RecipeData{}));
  for (const TypeEntry<data::Files>& kind : data::file_kinds()) {
    add(data::to_config(kind.make_default()));
  }
  return {keys.begin(), keys.end()};
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "-=.,/:+@%…";
  const bool is_plain = std::all_of(text.begin(), text.end(), [&](char letter) {
    return letters.find(letter) != letters.npos || plain.find(letter) != plain.npos;
  });
  if (is_plain && !text.empty()) return text;
  std::string word = "'";
  for (char letter : text) word += letter == '\'' ? "'\\''" : std::string(1, letter);
  return word + "'";
}

std::string with_options(std::string message) {
  constexpr std::string_view sign = " = ";
  const std::size_t fix = message.rfind("\n  to fix ");
  if (fix == message.npos) return message;
  const std::vector<std::string> keys = data_keys();
  for (std::size_t at = fix; (at = message.find(sign, at)) != message.npos; ++at) {
    const std::size_t begin = message.find_last_not_of(letters, at - 1) + 1;
    const std::string key = message.substr(begin, at - begin);
    const bool says_which = key == "name" || key == "kind" || key == "path";
    if (says_which || !std::binary_search(keys.begin(), keys.end(), key)) continue;
    const std::string_view rest = std::string_view(message).substr(at + sign.size());
    const std::size_t length = length_of_value(rest);
    if (length == 0) continue;
    const std::string option = option_of(key, std::string(rest.substr(0, length)));
    message.replace(begin, at + sign.size() + length - begin, option);
    at = begin + option.size() - 1;
  }
  return message;
}

}  // namespace sloy::cli
