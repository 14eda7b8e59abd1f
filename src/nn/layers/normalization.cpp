#include <fmt/format.h>
#include <sloy/layers.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/arguments.h"

namespace sloy {
namespace {

/// (1, …, size, …, 1) with the size of `x` at `axis`: what broadcasts along it.
Shape along(Value x, int axis) {
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) shape.push_back(i == axis ? x.dim(i) : Dim(1));
  return shape;
}

/// What a Normalization's statistics are until they are measured: nobody takes that for a result.
struct Unmeasured {
  void fill(std::span<float> out, const Shape&, WeightRandom&) const {
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
  }
};

}  // namespace

Symbol BatchNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value BatchNormalization::call(Scope& scope, Value x) const {
  const int place = axis < 0 ? axis + x.rank() : axis;
  if (place < 1 || place >= x.rank()) {
    throw ShapeError(fmt::format("the input has no axis {} to normalise", axis),
                     {{"input", to_string(x.shape())}},
                     "give the channels' axis: -1 where channels come last");
  }
  require_number(momentum >= 0 && momentum <= 1, "momentum", momentum, "from 0 to 1");
  require_number(epsilon > 0, "epsilon", epsilon,
                 "above 0: without it a variance of 0 divides by 0");
  const Shape size{x.dim(place)};
  const bool is_last = place == x.rank() - 1;
  // A vector broadcasts along the last axis as it is.
  const auto spread = [&](Value vector) {
    return is_last ? vector : reshape(vector, along(x, place));
  };

  Value mean = scope.statistic("moving_mean", size, moving_mean_initializer);
  Value variance = scope.statistic("moving_variance", size, moving_variance_initializer);
  if (scope.training() && scope.trainable()) {
    std::vector<int> axes;
    for (int i = 0; i < x.rank(); ++i) {
      if (i != place) axes.push_back(i);
    }
    const Moments batch_moments = moments(x, axes);
    mean = batch_moments.mean;
    variance = batch_moments.variance;
    const auto blend = [&](Value seen) {
      return [this, seen](Value old) { return momentum * old + (1.0 - momentum) * seen; };
    };
    scope.update("moving_mean", blend(stop_gradient(mean)));
    scope.update("moving_variance", blend(stop_gradient(variance)));
  }

  Value factor = rsqrt(variance + epsilon);
  if (scale) factor = factor * scope.weight("gamma", size, gamma_initializer, gamma_regularizer);
  Value y = (x - spread(mean)) * spread(factor);
  if (center) {
    y = y + spread(scope.weight("beta", size, beta_initializer, beta_regularizer));
  }
  return y;
}

Symbol Normalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value Normalization::call(Scope& scope, Value x) const {
  const std::int64_t channels = x.dim(-1).size();
  if (mean.size() != variance.size() ||
      (!mean.empty() && mean.size() != 1 && mean.size() != static_cast<std::size_t>(channels))) {
    throw ShapeError("mean and variance need one number for each channel, or one for all",
                     {{"input", to_string(x.shape())},
                      {"mean", fmt::format("{} numbers", mean.size())},
                      {"variance", fmt::format("{} numbers", variance.size())}});
  }
  constexpr double smallest_deviation = 1e-7;
  if (!mean.empty()) {
    const Shape size{static_cast<std::int64_t>(mean.size())};
    Graph& graph = scope.graph();
    std::vector<double> factor;
    for (double m : mean) require_finite("mean", m);
    for (double v : variance) require_number(v >= 0, "variance", v, "of 0 or more");
    for (double v : variance) factor.push_back(1.0 / std::max(std::sqrt(v), smallest_deviation));
    return (x - graph.constant(Tensor(size, mean))) * graph.constant(Tensor(size, factor));
  }
  const Value measured_mean = scope.statistic("mean", {channels}, Unmeasured{});
  const Value measured_variance = scope.statistic("variance", {channels}, Unmeasured{});
  return (x - measured_mean) /
         maximum(sqrt(measured_variance), scope.graph().constant(smallest_deviation));
}

Symbol Rescaling::operator()(const Symbol& x) const { return apply(*this, x); }
Value Rescaling::call(Scope&, Value x) const {
  require_finite("scale", scale);
  require_finite("offset", offset);
  return x * scale + offset;
}

}  // namespace sloy
