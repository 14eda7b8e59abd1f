/// --convolution and --tune: how kernels are chosen.
#pragma once

#include <sloy/sloy.h>

#include <string>

namespace CLI {
class App;
}

namespace sloy::cli {

struct KernelOptions {
  std::string convolution;  ///< empty: not given
  bool tune = false;
};

void add_kernel_options(CLI::App& command, KernelOptions& options);
/// Puts what was given over what the recipe says.
void apply(const KernelOptions& options, RecipeTrain& train);
/// The same for a training without a recipe.
void apply(const KernelOptions& options, CompileOptions& compile);

}  // namespace sloy::cli
