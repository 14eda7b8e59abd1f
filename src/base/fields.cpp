#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/fields.h>
#include <sloy/nearest.h>

#include <algorithm>

namespace sloy::detail {

int enum_from_config(const Config& config, std::span<const std::string_view> names) {
  const auto found = std::find(names.begin(), names.end(), config.as_string());
  if (found != names.end()) return static_cast<int>(found - names.begin());
  ConfigError error =
      config_error(config, fmt::format("\"{}\" is not one of the choices", config.as_string()),
                   did_you_mean(config.as_string(), names, "take one of the choices"));
  error.add({"choices", fmt::format("{}", fmt::join(names, ", "))});
  throw error;
}

void check_keys(const Config& config, std::span<const std::string_view> names) {
  for (const auto& [key, value] : config.as_map()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    ConfigError error =
        config_error(value, fmt::format("there is no key '{}' here", key),
                     did_you_mean(key, names, names.empty() ? "" : "write one of these keys"));
    if (!names.empty()) error.add({"keys", fmt::format("{}", fmt::join(names, ", "))});
    throw error;
  }
}

void missing_key(const Config& config, std::string_view key) {
  throw config_error(config, fmt::format("'{}' is missing here", key),
                     fmt::format("give {} = …", key));
}

std::int64_t integer_in(const Config& config, std::int64_t low, std::int64_t high) {
  const std::int64_t value = config.as_integer();
  if (value < low) {
    throw config_error(config, fmt::format("{} is too small here", value),
                       fmt::format("give {} or more", low));
  }
  if (value > high) {
    throw config_error(config, fmt::format("{} is too large here", value),
                       fmt::format("give {} or less", high));
  }
  return value;
}

void name_key(ConfigError& error, std::string_view key) { error.add({"key", std::string(key)}); }

}  // namespace sloy::detail
