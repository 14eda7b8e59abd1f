#include <fmt/format.h>
#include <sloy/initializers.h>

#include <algorithm>
#include <cmath>

#include "base/arguments.h"
#include "nn/custom_types.h"
#include "tensor/random.h"

namespace sloy {
namespace {

/// Standard deviation of the standard normal distribution truncated at ±2.
constexpr double truncated_deviation = 0.87962566103423978;

void scaled_uniform(std::span<float> out, double variance, WeightRandom& random) {
  const double limit = std::sqrt(3.0 * variance);
  random.uniform(out, -limit, limit);
}

void scaled_normal(std::span<float> out, double variance, WeightRandom& random) {
  random.truncated_normal(out, 0.0, std::sqrt(variance) / truncated_deviation);
}

void check_normal(std::string_view type, double mean, double stddev) {
  require_finite(fmt::format("{}'s mean", type), mean);
  require_number(stddev >= 0, fmt::format("{}'s stddev", type), stddev, "of 0 or more");
}

double fan_of(const Shape& shape, FanMode mode) {
  const Fans fan = fans(shape);
  switch (mode) {
    case FanMode::fan_in: return std::max(1.0, fan.in);
    case FanMode::fan_out: return std::max(1.0, fan.out);
    case FanMode::fan_avg: break;
  }
  return std::max(1.0, (fan.in + fan.out) / 2);
}

double glorot(const Shape& shape) { return 1.0 / fan_of(shape, FanMode::fan_avg); }
double he(const Shape& shape) { return 2.0 / fan_of(shape, FanMode::fan_in); }
double lecun(const Shape& shape) { return 1.0 / fan_of(shape, FanMode::fan_in); }

/// Makes the columns of a matrix (rows, columns), in row-major order, orthogonal and of length 1:
/// Gram and Schmidt's way, each column twice, without which rounding would leave them at an angle.
/// It is the Q whose R has a positive diagonal. REQUIRES: rows ≥ columns.
void orthonormalize(std::vector<double>& matrix, std::size_t rows, std::size_t columns) {
  const auto at = [&](std::size_t row, std::size_t column) -> double& {
    return matrix[row * columns + column];
  };
  std::vector<double> shares(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    for (int pass = 0; pass < 2; ++pass) {
      std::fill(shares.begin(), shares.end(), 0.0);
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t before = 0; before < c; ++before) {
          shares[before] += at(r, before) * at(r, c);
        }
      }
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t before = 0; before < c; ++before) {
          at(r, c) -= shares[before] * at(r, before);
        }
      }
    }
    double squares = 0;
    for (std::size_t r = 0; r < rows; ++r) squares += at(r, c) * at(r, c);
    for (std::size_t r = 0; r < rows; ++r) at(r, c) /= std::sqrt(squares);
  }
}

}  // namespace

WeightRandom::WeightRandom(std::uint64_t seed, std::string_view path)
    : seed_(seed), stream_(stream_of(path)) {}

void WeightRandom::uniform(std::span<float> out, double low, double high) {
  const RandomKey key = random_key(seed_, Purpose::initialize, stream_);
  fill_uniform(key, {.step = draws_++, .example = 0}, 0, out);
  for (float& value : out) value = static_cast<float>(low + (high - low) * value);
}

void WeightRandom::normal(std::span<float> out, double mean, double stddev) {
  const RandomKey key = random_key(seed_, Purpose::initialize, stream_);
  fill_normal(key, {.step = draws_++, .example = 0}, 0, out);
  for (float& value : out) value = static_cast<float>(mean + stddev * value);
}

void WeightRandom::truncated_normal(std::span<float> out, double mean, double stddev) {
  const RandomKey key = random_key(seed_, Purpose::initialize, stream_);
  const std::uint64_t draw = draws_++;
  fill_normal(key, {.step = draw, .example = 0}, 0, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    // The n-th attempt at an element is the element's number in "example" n.
    for (std::uint64_t attempt = 1; std::abs(out[i]) > 2.0f; ++attempt) {
      fill_normal(key, {.step = draw, .example = attempt}, i, out.subspan(i, 1));
    }
    out[i] = static_cast<float>(mean + stddev * out[i]);
  }
}

Fans fans(const Shape& shape) {
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) {
    const auto size = static_cast<double>(shape.size(0));
    return {size, size};
  }
  double window = 1;
  for (int axis = 0; axis < shape.rank() - 2; ++axis) {
    window *= static_cast<double>(shape.size(axis));
  }
  return {window * static_cast<double>(shape.size(-2)),
          window * static_cast<double>(shape.size(-1))};
}

void Zeros::fill(std::span<float> out, const Shape&, WeightRandom&) const {
  std::fill(out.begin(), out.end(), 0.0f);
}
void Ones::fill(std::span<float> out, const Shape&, WeightRandom&) const {
  std::fill(out.begin(), out.end(), 1.0f);
}
void Constant::fill(std::span<float> out, const Shape&, WeightRandom&) const {
  require_finite("Constant's value", value);
  std::fill(out.begin(), out.end(), static_cast<float>(value));
}
void RandomNormal::fill(std::span<float> out, const Shape&, WeightRandom& random) const {
  check_normal(type_name<RandomNormal>(), mean, stddev);
  random.normal(out, mean, stddev);
}
void RandomUniform::fill(std::span<float> out, const Shape&, WeightRandom& random) const {
  require_finite("RandomUniform's minval", minval);
  require_number(maxval >= minval, "RandomUniform's maxval", maxval,
                 fmt::format("of minval, {}, or more", minval));
  random.uniform(out, minval, maxval);
}
void TruncatedNormal::fill(std::span<float> out, const Shape&, WeightRandom& random) const {
  check_normal(type_name<TruncatedNormal>(), mean, stddev);
  random.truncated_normal(out, mean, stddev);
}
void VarianceScaling::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  require_number(scale > 0, "VarianceScaling's scale", scale, "above 0");
  const double variance = scale / fan_of(shape, mode);
  switch (distribution) {
    case WeightDistribution::truncated_normal: return scaled_normal(out, variance, random);
    case WeightDistribution::untruncated_normal: return random.normal(out, 0, std::sqrt(variance));
    case WeightDistribution::uniform: return scaled_uniform(out, variance, random);
  }
}
void StandardUniform::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  const double limit = std::sqrt(lecun(shape));
  random.uniform(out, -limit, limit);
}
void GlorotUniform::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  scaled_uniform(out, glorot(shape), random);
}
void GlorotNormal::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  scaled_normal(out, glorot(shape), random);
}
void HeUniform::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  scaled_uniform(out, he(shape), random);
}
void HeNormal::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  scaled_normal(out, he(shape), random);
}
void LecunUniform::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  scaled_uniform(out, lecun(shape), random);
}
void LecunNormal::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  scaled_normal(out, lecun(shape), random);
}

void Orthogonal::fill(std::span<float> out, const Shape& shape, WeightRandom& random) const {
  require_finite("Orthogonal's gain", gain);
  if (shape.rank() < 2) {
    throw ShapeError("Orthogonal needs a weight of two axes or more", {{"shape", to_string(shape)}},
                     "give it to a kernel, not to a bias");
  }
  const auto columns = static_cast<std::size_t>(shape.size(-1));
  const std::size_t rows = out.size() / columns;
  const std::size_t longer = std::max(rows, columns), shorter = std::min(rows, columns);
  random.normal(out, 0, 1);
  std::vector<double> matrix(out.begin(), out.end());
  orthonormalize(matrix, longer, shorter);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t row = i / columns, column = i % columns;
    out[i] = static_cast<float>(gain * matrix[rows < columns ? column * shorter + row : i]);
  }
}
void Identity::fill(std::span<float> out, const Shape& shape, WeightRandom&) const {
  require_finite("Identity's gain", gain);
  if (shape.rank() != 2) {
    throw ShapeError("Identity needs a weight of two axes", {{"shape", to_string(shape)}},
                     "give it to the kernel of a Dense");
  }
  const auto columns = static_cast<std::size_t>(shape.size(-1));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = i / columns == i % columns ? static_cast<float>(gain) : 0.0f;
  }
}

Tensor Initializer::operator()(const Shape& shape, std::uint64_t seed,
                               std::string_view path) const {
  Tensor values(DType::float32, shape);
  WeightRandom random(seed, path);
  held_->fill(values.mutable_values<float>(), shape, random);
  return values;
}

std::span<const TypeEntry<Initializer>> initializer_types() {
  static constexpr std::array types{
      type_entry<Initializer, Zeros>(),           type_entry<Initializer, Ones>(),
      type_entry<Initializer, Constant>(),        type_entry<Initializer, RandomNormal>(),
      type_entry<Initializer, RandomUniform>(),   type_entry<Initializer, TruncatedNormal>(),
      type_entry<Initializer, GlorotUniform>(),   type_entry<Initializer, GlorotNormal>(),
      type_entry<Initializer, HeUniform>(),       type_entry<Initializer, HeNormal>(),
      type_entry<Initializer, LecunUniform>(),    type_entry<Initializer, LecunNormal>(),
      type_entry<Initializer, VarianceScaling>(), type_entry<Initializer, StandardUniform>(),
      type_entry<Initializer, Orthogonal>(),      type_entry<Initializer, Identity>()};
  return types;
}

Config to_config(const Initializer& initializer) {
  return detail::described_config(initializer.held_->type(), initializer.held_->fields());
}

void from_config(const Config& config, Initializer& initializer) {
  const std::span<const TypeEntry<Initializer>> custom = CustomTypesInUse::current().initializers;
  initializer = make_described<Initializer>(config, "initializer", {initializer_types(), custom});
}

}  // namespace sloy
