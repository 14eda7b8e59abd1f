/// What is done to the data before the net: normalising by their own statistics, whitening,
/// rescaling.
#include <fmt/format.h>
#include <sloy/layers.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/arguments.h"

namespace sloy {
namespace {

/// What is to be measured, until it is: nobody takes that for a result.
struct Unmeasured {
  void fill(std::span<float> out, const Shape&, WeightRandom&) const {
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
  }
};

/// Covariance and eigenvectors of so many numbers take minutes, of twice as many ten times that.
constexpr std::int64_t largest_whitened = 1024;

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
  Graph& graph = scope.graph();
  constexpr double smallest_deviation = 1e-7;
  if (!mean.empty()) {
    const Shape size{static_cast<std::int64_t>(mean.size())};
    std::vector<double> factor;
    for (double m : mean) require_finite("mean", m);
    for (double v : variance) require_number(v >= 0, "variance", v, "of 0 or more");
    for (double v : variance) {
      const double deviation = std::max(std::sqrt(v), smallest_deviation);
      factor.push_back(invert ? deviation : 1.0 / deviation);
    }
    const Value by = graph.constant(Tensor(size, factor));
    const Value centre = graph.constant(Tensor(size, mean));
    return invert ? x * by + centre : (x - centre) * by;
  }
  const Value centre = scope.statistic("mean", {channels}, Unmeasured{});
  const Value variances = scope.statistic("variance", {channels}, Unmeasured{});
  const Value deviation = maximum(sqrt(variances), graph.constant(smallest_deviation));
  return invert ? x * deviation + centre : (x - centre) / deviation;
}

Symbol Whitening::operator()(const Symbol& x) const { return apply(*this, x); }
Value Whitening::call(Scope& scope, Value x) const {
  require_number(epsilon > 0, "epsilon", epsilon, "above 0");
  const std::int64_t size = x.dim(-1).size();
  if (size > largest_whitened) {
    throw ShapeError(
        fmt::format("the axis is too long to be whitened: {} numbers", size),
        {{"input", to_string(x.shape())}, {"at most", fmt::format("{} numbers", largest_whitened)}},
        "whiten the colours alone, before a Flatten, or use Normalization");
  }
  const Value centre = scope.statistic("mean", {size}, Unmeasured{});
  const Value matrix = scope.statistic("matrix", {size, size}, Unmeasured{});
  return matmul(x - centre, matrix);
}

Symbol Rescaling::operator()(const Symbol& x) const { return apply(*this, x); }
Value Rescaling::call(Scope&, Value x) const {
  require_finite("scale", scale);
  require_finite("offset", offset);
  return x * scale + offset;
}

}  // namespace sloy
