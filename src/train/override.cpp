/// Values put over a recipe's, as `sloy train --set` does.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/nearest.h>
#include <sloy/recipe.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "nn/names.h"

namespace sloy {
namespace {

/// What stands in an argument of the command line has no line.
void set_where_throughout(Config& config, const std::string& where) {
  config.set_where(where);
  if (config.is_list()) {
    for (Config& item : config.as_list()) set_where_throughout(item, where);
  } else if (config.is_map()) {
    for (auto& [key, item] : config.as_map()) set_where_throughout(item, where);
  }
}

/// Whether a text can be meant as nothing but a whole number.
bool is_whole_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789_") == std::string_view::npos;
}

Config value_of(const std::string& text) {
  try {
    return parse_toml("value = " + text).at("value");
  } catch (const ConfigError&) {
    if (!is_whole_number(text)) return text;  // a name needs no quotes
    throw ConfigError(fmt::format("{} is no whole number that can be read", text), {},
                      fmt::format("give at most {}, without zeros before it",
                                  std::numeric_limits<std::int64_t>::max()));
  }
}

/// What a recipe has where it says nothing and a part of it is set: the optimizer of the default
/// type, empty lists. A recipe that names no loss has none.
Config default_at(std::string_view path) {
  if (path == "train.optimizer") {
    return Config::Map{{"type", std::string(RecipeTrain{}.optimizer.type())}};
  }
  if (path == "train.metrics" || path == "train.callbacks") return Config::List{};
  return {};
}

/// The type's own name where a file may have another for it: MaxPool2D for MaxPooling2D.
std::string type_of(const Config& item) {
  const Config* type = item.is_map() ? item.find("type") : &item;
  if (!type || !type->is_string()) return {};
  for (const LayerEntry& entry : layer_types()) {
    if (entry.name == type->as_string()) return std::string(entry.make_default().type());
  }
  return type->as_string();
}

/// The names of a list's items, as a model names its layers; empty for what has none.
std::vector<std::string> names_in(const Config::List& list) {
  std::vector<std::string> names;
  for (const Config& item : list) {
    const Config* given = item.is_map() ? item.find("name") : nullptr;
    if (given && given->is_string()) {
      names.push_back(given->as_string());
      continue;
    }
    const std::string type = type_of(item);
    names.push_back(type.empty() ? "" : default_name(type, [&](std::string_view name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    }));
  }
  return names;
}

Config& item_of(Config::List& list, std::string_view key) {
  std::size_t index = list.size();
  const auto parsed = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool is_number = parsed.ec == std::errc{} && parsed.ptr == key.data() + key.size();
  if (is_number && index < list.size()) return list[index];
  if (list.empty()) {
    throw ConfigError(fmt::format("the list is empty: it has no '{}'", key), {},
                      "set the whole list, in brackets");
  }
  const std::vector<std::string> names = names_in(list);
  const auto found = std::find(names.begin(), names.end(), key);
  if (found != names.end() && !key.empty()) {
    return list[static_cast<std::size_t>(found - names.begin())];
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string range = fmt::format("count from 0 to {}", list.size() - 1);
  throw ConfigError(fmt::format("the list has nothing numbered or named '{}'", key),
                    {{"names", fmt::format("{}", fmt::join(names, ", "))}, {"numbers", range}},
                    did_you_mean(key, known, "take one of the names or numbers"));
}

/// What a map or list has at one step of a path.
Config& inner(Config& config, std::string_view key) {
  // "Adam" is short for { type = "Adam" }.
  if (config.is_string()) {
    const std::string where = config.where();
    config = Config(Config::Map{{"type", config.as_string()}});
    config.set_where(where);
  }
  if (config.is_null() || config.is_map()) return config[key];
  if (config.is_list()) return item_of(config.as_list(), key);
  throw ConfigError(
      fmt::format("'{}' can't be set: what is to hold it is {}", key, config.describe()));
}

/// An error about a layer, an optimizer … names its line, and what was put over a part of it.
void note_change(Config& described, const std::string& where) {
  const std::string before = described.where();
  if (!described.is_map() || !described.find("type") || before == where) return;
  const char* joint = before.find(" with --set ") == std::string::npos ? " with " : ", ";
  described.set_where(before.empty() ? where : before + joint + where);
}

}  // namespace

void override_value(Config& recipe, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError(fmt::format("'{}' sets nothing", assignment), {},
                      "write it as train.epochs=3");
  }
  const std::string where = fmt::format("--set {}", assignment);
  try {
    Config value = value_of(std::string(assignment.substr(equals + 1)));
    set_where_throughout(value, where);
    const std::string_view path = assignment.substr(0, equals);
    Config* place = &recipe;
    std::vector<Config*> around;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('.', begin), path.size());
      Config* outer = place;
      place = &inner(*outer, path.substr(begin, end - begin));
      around.push_back(outer);
      if (place->is_null() && end < path.size()) *place = default_at(path.substr(0, end));
      if (place->is_null()) place->set_where(where);
      begin = end + 1;
    }
    *place = std::move(value);
    for (Config* config : around) note_change(*config, where);
  } catch (ConfigError& error) {
    error.add({"where", where});
    throw;
  }
}

}  // namespace sloy
