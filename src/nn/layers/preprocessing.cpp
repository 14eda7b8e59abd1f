/// What is done to the data before the net: normalising by their own statistics, rescaling.
#include <fmt/format.h>
#include <sloy/layers.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/arguments.h"

namespace sloy {
namespace {

/// What a Normalization's statistics are until they are measured: nobody takes that for a result.
struct Unmeasured {
  void fill(std::span<float> out, const Shape&, WeightRandom&) const {
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
  }
};

}  // namespace

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
