/// Normalisations of what a net computes, by statistics of the batch or of the example.
#include <fmt/format.h>
#include <sloy/layers.h>

#include <functional>

#include "nn/layers/arguments.h"
#include "ops/rows.h"

namespace sloy {
namespace {

void check_epsilon(double epsilon) {
  require_number(epsilon > 0, "epsilon", epsilon,
                 "above 0: without it a variance of 0 divides by 0");
}

/// The axis of the channels, counted from the first.
int channels_of(Value x, int axis) {
  const int place = axis < 0 ? axis + x.rank() : axis;
  if (place >= 1 && place < x.rank()) return place;
  throw ShapeError(fmt::format("the input has no axis {} to normalise", axis),
                   {{"input", to_string(x.shape())}},
                   "give the channels' axis: -1 where channels come last");
}

/// (x − mean) / √(variance + epsilon) along the last axis, by its own mean and variance.
Value standardized(Value rows, double epsilon) {
  const Moments seen = moments(rows, {-1}, true);
  return (rows - seen.mean) * rsqrt(seen.variance + epsilon);
}

/// gamma·y + beta along the last axis, where the layer has them. Their shape may have several
/// dimensions for the numbers of a row.
template <class NormalizationLayer>
Value scaled_and_moved(const NormalizationLayer& layer, Scope& scope, Value y, const Shape& size) {
  const auto weight = [&](std::string_view name, const Initializer& initializer,
                          const Regularizer& regularizer, const Constraint& constraint) {
    const Value numbers = scope.weight(name, size, initializer, regularizer, constraint);
    return size.rank() == 1 ? numbers : reshape(numbers, {size.elements()});
  };
  if (layer.scale) {
    y = y *
        weight("gamma", layer.gamma_initializer, layer.gamma_regularizer, layer.gamma_constraint);
  }
  if (layer.center) {
    y = y + weight("beta", layer.beta_initializer, layer.beta_regularizer, layer.beta_constraint);
  }
  return y;
}

/// Group normalisation of channels that come last.
template <class NormalizationLayer>
Value group_normalized(const NormalizationLayer& layer, Scope& scope, Value x, int groups) {
  const std::int64_t channels = x.shape().size(-1);
  std::int64_t positions = 1;
  for (int axis = 1; axis < x.rank() - 1; ++axis) positions *= x.shape().size(axis);
  const Value by_group = reshape(x, {x.dim(0), positions, groups, channels / groups});
  const Rows rows(by_group, {1, 3});
  const Value y = reshape(rows.back(standardized(rows.rows(), layer.epsilon)), x.shape());
  return scaled_and_moved(layer, scope, y, {channels});
}

/// Mixes a batch's moments into what inference uses.
void update_statistics(const BatchNormalization& layer, Scope& scope, Value rows, Moments seen) {
  Value mean = stop_gradient(seen.mean);
  Value variance = stop_gradient(seen.variance);
  if (layer.unbiased_variance) {
    const Value values = count(rows) / static_cast<double>(rows.shape().size(-1));
    variance = variance * (values / maximum(values - 1.0, 1.0));
  }
  std::function<Value(Value, Value)> mixed;
  if (layer.statistics == InferenceStatistics::average) {
    // The first batch leaves nothing of what was there before.
    Value batches;
    scope.update("batches", [&](Value so_far) { return batches = so_far + 1.0; });
    mixed = [batches](Value old, Value now) { return old + (now - old) / batches; };
  } else {
    const bool weighs_old = layer.momentum_weighs == MomentumWeighs::old_value;
    const double of_old = weighs_old ? layer.momentum : 1.0 - layer.momentum;
    mixed = [of_old](Value old, Value now) { return of_old * old + (1.0 - of_old) * now; };
  }
  scope.update("moving_mean", [&](Value old) { return mixed(old, mean); });
  scope.update("moving_variance", [&](Value old) { return mixed(old, variance); });
}

}  // namespace

Symbol BatchNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value BatchNormalization::call(Scope& scope, Value x) const {
  require_number(momentum >= 0 && momentum <= 1, "momentum", momentum, "from 0 to 1");
  check_epsilon(epsilon);
  const Rows by_channel(x, {channels_of(x, axis)});
  const Value rows = by_channel.rows();
  const Shape size{rows.dim(-1)};
  std::vector<int> axes;
  for (int i = 0; i + 1 < rows.rank(); ++i) axes.push_back(i);

  Value mean = scope.statistic("moving_mean", size, moving_mean_initializer);
  Value variance = scope.statistic("moving_variance", size, moving_variance_initializer);
  if (statistics == InferenceStatistics::average) scope.statistic("batches", {});
  if (statistics == InferenceStatistics::training_set) {
    scope.measure("moving_mean", "moving_variance", rows, axes, {.unbiased = unbiased_variance});
  }
  if (scope.training() && scope.trainable()) {
    const Moments seen = moments(rows, axes);
    mean = seen.mean;
    variance = seen.variance;
    update_statistics(*this, scope, rows, seen);
  }

  Value factor = rsqrt(variance + epsilon);
  if (scale) {
    factor = factor *
             scope.weight("gamma", size, gamma_initializer, gamma_regularizer, gamma_constraint);
  }
  Value y = (rows - mean) * factor;
  if (center) {
    y = y + scope.weight("beta", size, beta_initializer, beta_regularizer, beta_constraint);
  }
  return by_channel.back(y);
}

Symbol LayerNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value LayerNormalization::call(Scope& scope, Value x) const {
  check_epsilon(epsilon);
  const Rows rows(x, axis.values());
  Shape size;
  for (int normalised : rows.axes()) size.push_back(x.dim(normalised));
  return rows.back(scaled_and_moved(*this, scope, standardized(rows.rows(), epsilon), size));
}

Symbol GroupNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value GroupNormalization::call(Scope& scope, Value x) const {
  check_epsilon(epsilon);
  const Rows by_channel(x, {channels_of(x, axis)});
  const auto channels = static_cast<int>(by_channel.rows().shape().size(-1));
  const int wanted = groups == -1 ? channels : groups;
  if (wanted < 1 || channels % wanted != 0) {
    throw ConfigError(fmt::format("{} groups do not divide {} channels", groups, channels),
                      {{"input", to_string(x.shape())}},
                      "give a divisor of the channels, 1 for one group or -1 for one each");
  }
  return by_channel.back(group_normalized(*this, scope, by_channel.rows(), wanted));
}

Symbol InstanceNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value InstanceNormalization::call(Scope& scope, Value x) const {
  check_epsilon(epsilon);
  const Rows by_channel(x, {channels_of(x, axis)});
  const auto channels = static_cast<int>(by_channel.rows().shape().size(-1));
  return by_channel.back(group_normalized(*this, scope, by_channel.rows(), channels));
}

Symbol UnitNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value UnitNormalization::call(Scope&, Value x) const {
  const Rows rows(x, axis.values());
  return rows.back(unit_normalize(rows.rows(), 1e-12));
}

Symbol LocalResponseNormalization::operator()(const Symbol& x) const { return apply(*this, x); }
Value LocalResponseNormalization::call(Scope& scope, Value x) const {
  require_positive("size", size);
  if (size % 2 == 0) {
    throw ConfigError(
        fmt::format("size can't be {}", size), {},
        "give an odd number: as many channels on both sides of the one in the middle");
  }
  require_number(alpha >= 0, "alpha", alpha, "of 0 or more");
  require_finite("beta", beta);
  require_number(bias > 0, "bias", bias, "above 0: the divisor of channels that are all 0");
  // A product with a band of ones sums neighbours: one kernel, where shifted copies would pass over
  // x once for each channel of the sum.
  const std::int64_t channels = x.dim(-1).size();
  Tensor band(DType::float32, {channels, channels});
  const auto ones = band.mutable_values<float>();
  for (std::int64_t row = 0; row < channels; ++row) {
    for (std::int64_t column = 0; column < channels; ++column) {
      const bool is_near = std::abs(row - column) <= size / 2;
      ones[static_cast<std::size_t>(row * channels + column)] = is_near ? 1.0f : 0.0f;
    }
  }
  const Value sums = matmul(square(x), scope.graph().constant(band));
  return x * power(bias + alpha * sums, -beta);
}

}  // namespace sloy
