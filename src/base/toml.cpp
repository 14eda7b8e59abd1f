#include <fmt/format.h>
#include <sloy/config.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace sloy {
namespace {

constexpr std::size_t deepest_nesting = 64;
constexpr std::int64_t most_whole = std::numeric_limits<std::int64_t>::max();

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  Config read(const toml::node& node, std::size_t depth = 0) const {
    Config config = value_of(node, depth);
    config.set_where(where(node.source().begin));
    return config;
  }

  std::string where(const toml::source_position& position) const {
    return fmt::format("{}:{}", source_, position.line);
  }

 private:
  Config value_of(const toml::node& node, std::size_t depth) const {
    if (depth > deepest_nesting) {
      throw ConfigError(fmt::format("values are nested more than {} deep", deepest_nesting),
                        {{"where", where(node.source().begin)}});
    }
    switch (node.type()) {
      case toml::node_type::boolean: return node.as_boolean()->get();
      case toml::node_type::integer: return node.as_integer()->get();
      case toml::node_type::floating_point: return node.as_floating_point()->get();
      case toml::node_type::string: return node.as_string()->get();
      case toml::node_type::array: return list(*node.as_array(), depth);
      case toml::node_type::table: return map(*node.as_table(), depth);
      default:
        throw ConfigError("dates and times have no use here",
                          {{"where", where(node.source().begin)}}, "put the date in quotes");
    }
  }

  Config list(const toml::array& array, std::size_t depth) const {
    Config::List list;
    for (const toml::node& item : array) list.push_back(read(item, depth + 1));
    return list;
  }

  /// toml++ keeps keys in alphabetical order; the file's order is found from their places.
  Config map(const toml::table& table, std::size_t depth) const {
    struct Entry {
      const toml::key* key;
      const toml::node* value;
    };
    std::vector<Entry> entries;
    for (auto it = table.cbegin(); it != table.cend(); ++it) {
      entries.push_back({&it->first, &it->second});
    }
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      const auto& left = a.key->source().begin;
      const auto& right = b.key->source().begin;
      return std::pair(left.line, left.column) < std::pair(right.line, right.column);
    });
    Config::Map map;
    for (const Entry& entry : entries) {
      map.emplace_back(std::string(entry.key->str()), read(*entry.value, depth + 1));
    }
    return map;
  }

  std::string_view source_;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char letter : text) {
    switch (letter) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
          out += fmt::format("\\u{:04X}", static_cast<unsigned>(letter));
        } else {
          out += letter;
        }
    }
  }
  return out + '"';
}

std::string key_text(std::string_view key) {
  auto bare = [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '_' ||
           c == '-';
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), bare) ? std::string(key) : quoted(key);
}

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  const std::string text = fmt::format("{}", number);  // the shortest that reads back the same
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string inline_text(const Config& config) {
  if (config.is_bool()) return config.as_bool() ? "true" : "false";
  if (config.is_integer()) return std::to_string(config.as_integer());
  if (config.is_number()) return number_text(config.as_number());
  if (config.is_string()) return quoted(config.as_string());
  if (config.is_null()) throw ConfigError("TOML has no way to write nothing inside a list");
  std::string out;
  if (config.is_list()) {
    for (const Config& item : config.as_list()) {
      out += (out.empty() ? "" : ", ") + inline_text(item);
    }
    return "[" + out + "]";
  }
  for (const auto& [key, value] : config.as_map()) {
    if (value.is_null()) continue;
    out += (out.empty() ? "" : ", ") + key_text(key) + " = " + inline_text(value);
  }
  return out.empty() ? "{}" : "{ " + out + " }";
}

bool is_list_of_maps(const Config& config) {
  if (!config.is_list() || config.as_list().empty()) return false;
  const auto& list = config.as_list();
  return std::all_of(list.begin(), list.end(), [](const Config& item) { return item.is_map(); });
}

/// Whether a value gets [headers] of its own: the outermost maps, and maps or lists of maps too
/// wide for one line.
bool is_section(std::string_view key, const Config& value, bool outermost) {
  if (!value.is_map() && !is_list_of_maps(value)) return false;
  constexpr std::size_t widest = 100;
  if (outermost && value.is_map()) return true;
  return key.size() + 3 + inline_text(value).size() > widest;
}

void write_table(const Config& table, const std::string& path, std::string& out) {
  const bool outermost = path.empty();
  for (const auto& [key, value] : table.as_map()) {
    if (value.is_null() || is_section(key, value, outermost)) continue;
    out += key_text(key) + " = " + inline_text(value) + "\n";
  }
  for (const auto& [key, value] : table.as_map()) {
    if (value.is_null() || !is_section(key, value, outermost)) continue;
    const std::string inner = outermost ? key_text(key) : path + "." + key_text(key);
    if (value.is_map()) {
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", inner);
      write_table(value, inner, out);
      continue;
    }
    for (const Config& item : value.as_list()) {
      out += fmt::format("{}[[{}]]\n", out.empty() ? "" : "\n", inner);
      write_table(item, inner, out);
    }
  }
}

}  // namespace

Config parse_toml(std::string_view text, std::string_view source) {
  const Reader reader(source);
  try {
    return reader.read(toml::parse(text, source));
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    // toml++ says it with its own place and trailing dots; ours stands in the note.
    if (what.starts_with("Error while parsing ")) what = "in " + what.substr(20);
    const auto& begin = error.source().begin;
    const auto says = [&](std::string_view part) { return what.find(part) != std::string::npos; };
    std::string fix = "correct the line: key = value, texts in quotes, lists in brackets";
    if (says("not representable in 64 bits")) fix = fmt::format("give at most {}", most_whole);
    if (says("redefine")) fix = "give each key and each [section] once";
    throw ConfigError("this is not TOML: " + what,
                      {{"where", fmt::format("{}:{}:{}", source, begin.line, begin.column)}},
                      std::move(fix));
  }
}

std::string to_toml(const Config& config) {
  std::string out;
  write_table(config, "", out);
  return out;
}

}  // namespace sloy
