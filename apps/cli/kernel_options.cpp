#include "kernel_options.h"

#include <CLI/CLI.hpp>

#include "usage.h"

namespace sloy::cli {

void add_kernel_options(CLI::App& command, KernelOptions& options) {
  command
      .add_option("--convolution", options.convolution,
                  "direct: by the formula, no Winograd, for its smaller rounding errors")
      ->check(one_of({"automatic", "direct"}));
  command.add_flag("--tune", options.tune,
                   "Kernels of convolutions and products by their time on this machine, kept in "
                   "~/.cache/sloy, instead of by a fixed rule");
}

void apply(const KernelOptions& options, RecipeTrain& train) {
  if (!options.convolution.empty()) from_config(Config(options.convolution), train.convolution);
  if (options.tune) train.tune = true;
}

void apply(const KernelOptions& options, CompileOptions& compile) {
  if (!options.convolution.empty()) from_config(Config(options.convolution), compile.convolution);
  if (options.tune) compile.tuning = Tuning::cached();
}

}  // namespace sloy::cli
