/// Text from outside: whether it is UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sloy {

/// Where in a text the first byte stands that isn't UTF-8 (Unicode 15, table 3-7); nothing where
/// all are.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

}  // namespace sloy
