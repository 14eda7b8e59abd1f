/// Where the sets that have names come from, and kinds of files.
#pragma once

#include <sloy/error.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace sloy::data {

enum class Origin : std::uint8_t { formula, files };

/// Nothing where no set has that name.
std::optional<Origin> origin_of(std::string_view name);

/// Throws ConfigError where `load` knows no such kind, naming those it knows.
void check_kind(std::string_view kind);

/// About a setting that a set of that origin would leave unread.
ConfigError no_use(std::string_view setting, std::string_view name, Origin origin);

}  // namespace sloy::data
