/// The recipes that are part of the library: the texts of src/train/recipes/*.toml.
#pragma once

#include <span>
#include <string_view>

namespace sloy {

struct ShippedRecipe {
  std::string_view name;
  std::string_view text;
};

std::span<const ShippedRecipe> shipped_recipes();

}  // namespace sloy
