/// The name a user probably meant.
#pragma once

#include <span>
#include <string_view>

namespace sloy {

/// The known name that differs from `name` by the fewest single-letter insertions, deletions,
/// substitutions and swaps of neighbours, letter case aside; empty where none is close enough to be
/// a slip. The first of equals.
std::string_view nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace sloy
