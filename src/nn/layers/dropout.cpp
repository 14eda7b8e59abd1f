#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/layers.h>

#include <cmath>

#include "nn/layers/arguments.h"

namespace sloy {
namespace {

void check_rate(double rate) {
  if (rate >= 0 && rate < 1) return;
  throw ConfigError(fmt::format("a dropout rate of {} is not in [0, 1)", rate), {},
                    "give the probability that a number becomes 0");
}

/// The shape of the mask that a noise_shape asks for.
Shape mask_shape(const Shape& input, const std::vector<int>& noise_shape) {
  if (noise_shape.empty()) return input;
  bool fits = noise_shape.size() == static_cast<std::size_t>(input.rank());
  Shape mask;
  for (int axis = 0; fits && axis < input.rank(); ++axis) {
    const int size = noise_shape[static_cast<std::size_t>(axis)];
    fits = size == -1 || size == 1 || Dim(size) == input[axis];
    mask.push_back(size == 1 ? Dim(1) : input[axis]);
  }
  if (fits) return mask;
  throw ShapeError(
      fmt::format("a noise_shape of ({}) does not fit the input", fmt::join(noise_shape, ", ")),
      {{"input", to_string(input)}},
      "give a number for each axis, batch first: 1 where the noise is the same, -1 elsewhere");
}

/// What is the same along inner axes, repeated along these: broadcasting there has no fast kernels,
/// and repeating keeps the channels as convolutions want them.
Value repeated(Value mask, const Shape& shape) {
  const int positions = shape.rank() - 2;
  if (positions < 1 || positions > 3 || mask.dim(0) == Dim(1)) return mask;
  std::vector<std::int64_t> factors;
  bool repeats = false;
  for (int axis = 1; axis <= positions; ++axis) {
    factors.push_back(mask.dim(axis) == Dim(1) ? shape.size(axis) : 1);
    repeats = repeats || factors.back() != 1;
  }
  return repeats ? upsample(mask, factors) : mask;
}

/// 1 with probability 1 − rate, else 0.
Value draw_mask(Scope& scope, const Shape& shape, const std::vector<int>& noise_shape,
                double rate) {
  const Value drawn = scope.random_uniform(mask_shape(shape, noise_shape));
  return repeated(greater_equal(drawn, rate), shape);
}

}  // namespace

Symbol Dropout::operator()(const Symbol& x) const { return apply(*this, x); }
Value Dropout::call(Scope& scope, Value x) const {
  check_rate(rate);
  mask_shape(x.shape(), noise_shape);
  if (rate == 0) return x;
  const bool is_inverted = form == DropoutForm::inverted;
  if (!scope.training()) return is_inverted ? x : x * (1.0 - rate);
  const Value keep = draw_mask(scope, x.shape(), noise_shape, rate);
  const Value kept = is_inverted ? x * (1.0 / (1.0 - rate)) : x;
  return where(keep, kept, scope.graph().constant(0.0));
}

template <int N>
Symbol SpatialDropout<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value SpatialDropout<N>::call(Scope& scope, Value x) const {
  require_directions(x, N);
  std::vector<int> noise_shape(N + 2, 1);
  noise_shape.front() = noise_shape.back() = -1;
  return Dropout{.rate = rate, .noise_shape = noise_shape}.call(scope, x);
}
template struct SpatialDropout<1>;
template struct SpatialDropout<2>;
template struct SpatialDropout<3>;

Symbol GaussianDropout::operator()(const Symbol& x) const { return apply(*this, x); }
Value GaussianDropout::call(Scope& scope, Value x) const {
  check_rate(rate);
  if (!scope.training() || rate == 0) return x;
  return x * (1.0 + std::sqrt(rate / (1.0 - rate)) * scope.random_normal(x.shape()));
}

Symbol GaussianNoise::operator()(const Symbol& x) const { return apply(*this, x); }
Value GaussianNoise::call(Scope& scope, Value x) const {
  require_number(stddev >= 0, "stddev", stddev, "of 0 or more");
  if (!scope.training() || stddev == 0) return x;
  return x + stddev * scope.random_normal(x.shape());
}

Symbol AlphaDropout::operator()(const Symbol& x) const { return apply(*this, x); }
Value AlphaDropout::call(Scope& scope, Value x) const {
  check_rate(rate);
  mask_shape(x.shape(), noise_shape);
  if (!scope.training() || rate == 0) return x;
  // What selu tends to far below 0.
  constexpr double dropped = -1.0507009873554805 * 1.6732632423543772;
  const double a = 1 / std::sqrt((1 - rate) * (1 + rate * dropped * dropped));
  const double b = -a * rate * dropped;
  const Value keep = draw_mask(scope, x.shape(), noise_shape, rate);
  return a * where(keep, x, scope.graph().constant(dropped)) + b;
}

}  // namespace sloy
