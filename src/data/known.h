/// Where the sets that have names come from.
#pragma once

#include <sloy/error.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace sloy::data {

enum class Origin : std::uint8_t { formula, files };

/// Nothing where no set has that name.
std::optional<Origin> origin_of(std::string_view name);

/// About a setting that a set of that origin would leave unread.
ConfigError no_use(std::string_view setting, std::string_view name, Origin origin);

}  // namespace sloy::data
