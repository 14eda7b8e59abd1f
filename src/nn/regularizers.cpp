#include <sloy/ops.h>
#include <sloy/regularizers.h>

#include <array>

#include "base/arguments.h"
#include "nn/custom_types.h"

namespace sloy {
namespace {

/// A negative penalty would have no least value.
void check_penalty(std::string_view argument, double value) {
  require_number(value >= 0, argument, value, "of 0 or more");
}

Value l1_penalty(Value weight, double l1, bool proximal) {
  check_penalty("l1", l1);
  const Value penalty = l1 * sum(absolute(weight));
  return proximal ? stop_gradient(penalty) : penalty;
}

/// sign(w)·max(|w| − threshold, 0), exactly 0 where |w| is no larger.
Value soft_threshold(Value weight, Value threshold) {
  return weight - minimum(maximum(weight, -threshold), threshold);
}

/// The rows of a matrix with length 1.
Value unit_rows(Value matrix) {
  const Value squares = sum(square(matrix), {.axes = {1}, .keep_dims = true});
  return matrix / sqrt(maximum(squares, 1e-24));
}

}  // namespace

Value L1::call(Value weight) const { return l1_penalty(weight, l1, proximal); }
Value L1::proximal_step(Value weight, Value learning_rate) const {
  return proximal ? soft_threshold(weight, learning_rate * l1) : weight;
}
Value L2::call(Value weight) const {
  check_penalty("l2", l2);
  return l2 * sum(square(weight));
}
Value L1L2::call(Value weight) const {
  check_penalty("l2", l2);
  return l1_penalty(weight, l1, proximal) + l2 * sum(square(weight));
}
Value L1L2::proximal_step(Value weight, Value learning_rate) const {
  return proximal ? soft_threshold(weight, learning_rate * l1) : weight;
}

Value OrthogonalRegularizer::call(Value weight) const {
  check_penalty("factor", factor);
  if (weight.rank() != 2) {
    throw ShapeError("OrthogonalRegularizer needs a matrix", {{"shape", to_string(weight.shape())}},
                     "give it to the kernel of a Dense");
  }
  const Value vectors =
      unit_rows(mode == OrthogonalMode::rows ? weight : transpose(weight, {1, 0}));
  if (vectors.dim(0).is_symbolic()) {
    throw ShapeError("OrthogonalRegularizer compares a known number of vectors",
                     {{"given", to_string(weight.shape())}, {"mode", "rows"}},
                     "give it to the kernel of a Dense, or compare columns");
  }
  const std::int64_t count = vectors.shape().size(0);
  if (count < 2) return weight.graph().constant(0.0);
  Tensor apart(DType::float64, {count, count});
  const std::span<double> numbers = apart.mutable_values<double>();
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t j = 0; j < count; ++j) {
      numbers[static_cast<std::size_t>(i * count + j)] = i == j ? 0 : 1;
    }
  }
  const Value cosines = matmul(vectors, transpose(vectors, {1, 0}));
  const double pairs = static_cast<double>(count) * static_cast<double>(count - 1);
  return (factor / pairs) * sum(absolute(cosines) * weight.graph().constant(apart));
}

std::span<const TypeEntry<Regularizer>> regularizer_types() {
  static constexpr std::array types{type_entry<Regularizer, L1>(), type_entry<Regularizer, L2>(),
                                    type_entry<Regularizer, L1L2>(),
                                    type_entry<Regularizer, OrthogonalRegularizer>()};
  return types;
}

Config to_config(const Regularizer& regularizer) {
  if (!regularizer) return {};
  return detail::described_config(regularizer.held_->type(), regularizer.held_->fields());
}

void from_config(const Config& config, Regularizer& regularizer) {
  if (config.is_null()) {
    regularizer = {};
    return;
  }
  const std::span<const TypeEntry<Regularizer>> custom = CustomTypesInUse::current().regularizers;
  regularizer = make_described<Regularizer>(config, "regularizer", {regularizer_types(), custom});
}

}  // namespace sloy
