/// What all optimizers share, as graph.
#pragma once

#include <sloy/optimizer.h>

#include <span>
#include <string_view>
#include <vector>

namespace sloy {

/// Throws ConfigError "the optimizer's momentum can't be 1.5" where it doesn't hold, and where the
/// value isn't finite: require_number of base/arguments.h.
void check_argument(bool holds, std::string_view argument, double value, std::string_view needed);
/// Throws ConfigError where an argument is out of its range or two clippings are given.
void check_ranges(const OptimizerOptions& options);
/// Throws ConfigError where a path or a word fits no weight, naming the nearest.
void check_names(const OptimizerOptions& options, const std::vector<std::string_view>& weights);

/// The multiplier of the longest path that a weight's begins with; 1 where none does.
double multiplier_of(const OptimizerOptions& options, std::string_view weight);
/// Whether a weight's path holds none of the words of exclude_from_weight_decay.
bool decays(const OptimizerOptions& options, std::string_view weight);

/// 1 − βᵗ, what an average that began at 0 is divided by, with all its digits where βᵗ is near 1.
Value bias_correction(double beta, Value t);

/// The gradients after clipping.
std::vector<Value> clipped(const OptimizerOptions& options, std::vector<Value> gradients);

/// Moves the running average of a weight on; gives the weight, or where it is due the average.
Value averaged(const OptimizerOptions& options, OptimizerScope& scope, Value weight);

}  // namespace sloy
