#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/described.h>
#include <sloy/nearest.h>

#include <algorithm>

#include "nn/unknown_type.h"

namespace sloy::detail {
namespace {

/// The entries of a map under `keys`, taken out of it.
Config take_keys(Config& config, std::span<const std::string_view> keys) {
  Config taken = Config::Map{};
  taken.set_where(config.where());
  if (!config.is_map()) return taken;
  std::erase_if(config.as_map(), [&](auto& entry) {
    if (std::find(keys.begin(), keys.end(), entry.first) == keys.end()) return false;
    taken.as_map().push_back(std::move(entry));
    return true;
  });
  return taken;
}

}  // namespace

void refuse_to_lose_members(std::string_view type) {
  throw ConfigError(
      fmt::format("{} has members but no fields(): a file would lose their values", type), {},
      fmt::format("list them: static void fields(auto&& field) {{ field(\"name\", &{}::name); }}",
                  type));
}

Config described_config(std::string_view type, Config fields) {
  if (fields.as_map().empty()) return std::string(type);
  Config::Map map{{"type", std::string(type)}};
  for (auto& entry : fields.as_map()) map.push_back(std::move(entry));
  return map;
}

const std::string& type_in(const Config& config) {
  if (config.is_string()) return config.as_string();
  if (const Config* type = config.find("type")) return type->as_string();
  throw config_error(config, "the key 'type' is missing",
                     "write which one it is: type = \"…\", or the name alone");
}

Config fields_in(const Config& config) {
  Config::Map fields;
  if (config.is_map()) {
    for (const auto& entry : config.as_map()) {
      if (entry.first != "type") fields.push_back(entry);
    }
  }
  Config rest(std::move(fields));
  rest.set_where(config.where());
  return rest;
}

Config take_shared(Config& config, const Config& own, std::span<const std::string_view> shared) {
  std::vector<std::string_view> known;
  for (const auto& [key, value] : own.as_map()) known.push_back(key);
  std::vector<std::string_view> only_shared;
  for (std::string_view key : shared) {
    if (!own.find(key)) only_shared.push_back(key);
  }
  known.insert(known.end(), only_shared.begin(), only_shared.end());
  check_keys(fields_in(config), known);
  return take_keys(config, only_shared);
}

void unknown_type(const Config& config, std::string_view kind,
                  std::span<const std::string_view> known) {
  const std::string& type = type_in(config);
  UnknownType error(config_error(config.is_map() ? config.at("type") : config,
                                 fmt::format("there is no {} of type '{}'", kind, type),
                                 did_you_mean(type, known, "name one of the known")),
                    std::string(kind), type);
  error.add({"known", fmt::format("{}", fmt::join(known, ", "))});
  throw error;
}

void refuse_taken_name(std::string_view type, std::string_view kind) {
  throw ConfigError(
      fmt::format("two {} types are named '{}': a file could not tell them apart", kind, type), {},
      fmt::format("give yours another name in files: "
                  "static constexpr std::string_view type_name = \"My{}\";",
                  type));
}

}  // namespace sloy::detail
