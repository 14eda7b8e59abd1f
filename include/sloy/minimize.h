/// Minimize: optimizers on a function of a few numbers, without a network.
///
///     const Descent path = minimize(
///         [](std::span<const Value> w) {  // Rosenbrock's function, least at (1, 1)
///           return square(1 - w[0]) + 100 * square(w[1] - square(w[0]));
///         },
///         {-1.5, 2.0}, Adam{.learning_rate = 0.05}, 1000);
///     const double nearest = path.values.back();
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <sloy/optimizers.h>

namespace sloy {

/// Where an optimizer went.
struct Descent {
  std::vector<std::vector<double>> points = {};  ///< the start, then where each step led
  std::vector<double> values = {};               ///< the function there
};

/// A function as graph: of scalars, giving a scalar.
using Objective = std::function<Value(std::span<const Value>)>;

/// `steps` steps of an optimizer from `start`, in double. All numbers are one weight, so norms are
/// over all of them. Where the function diverges, points and values become not-a-number; nothing is
/// thrown. Throws ConfigError where `steps` is negative, there is no start or an argument of the
/// optimizer is out of its range; ShapeError where the function's value is no scalar. REQUIRES: the
/// function reads no more numbers than `start` has.
SLOY_EXPORT Descent minimize(const Objective& function, const std::vector<double>& start,
                             const Optimizer& optimizer, int steps);

}  // namespace sloy
