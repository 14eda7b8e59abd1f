/// Files that a recipe's callbacks write.
#pragma once

#include <sloy/sloy.h>

#include <string>
#include <vector>

#include "run_directory.h"

namespace sloy::cli {

/// The callbacks with their relative paths in the run directory, which is told of them. Throws
/// where one would write over a file of the run's own, another callback's or the recipe in
/// `recipe_file`, and, unless it appends or the run is gone on with, any other that is there.
std::vector<Callback> place_callbacks(const std::vector<Callback>& callbacks,
                                      RunDirectory& directory, const std::string& recipe_file);

}  // namespace sloy::cli
