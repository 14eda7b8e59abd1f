#include "harness/op_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/hash.h"

namespace sloy {
namespace {

/// Half a unit in the last place of 1: the rounding error of float32.
constexpr double epsilon = 0x1p-24;

double random_float(const OpCase& row, std::mt19937_64& random) {
  if (row.domain == Domain::positive) return std::uniform_real_distribution(0.5, 2.0)(random);
  return std::normal_distribution()(random);
}

double small_integer(const OpCase& row, std::mt19937_64& random) {
  if (row.domain == Domain::positive) return std::uniform_int_distribution(1, 4)(random);
  return std::uniform_int_distribution(-3, 3)(random);
}

/// The numbers of all operands of a row, none within 0.06 of another or of 0.
class Distinct {
 public:
  Distinct(std::int64_t count, std::mt19937_64& random) : places_(static_cast<std::size_t>(count)) {
    std::iota(places_.begin(), places_.end(), 0);
    std::shuffle(places_.begin(), places_.end(), random);
  }
  double next(Numbers numbers) {
    const auto middle = static_cast<std::int64_t>(places_.size() / 2);
    const std::int64_t place = places_[used_++] - middle;
    return numbers == Numbers::random ? 0.07 * (static_cast<double>(place) + 0.5)
                                      : static_cast<double>(place);
  }

 private:
  std::vector<std::int64_t> places_;
  std::size_t used_ = 0;
};

Tensor given(const std::vector<double>& values, const Type& type) {
  return Tensor(type.shape, values).cast(type.dtype);
}

std::vector<Tensor> magnitudes(std::vector<Tensor> tensors) {
  for (Tensor& tensor : tensors) {
    if (tensor.dtype() != DType::float64) continue;
    for (double& value : tensor.mutable_values<double>()) value = std::abs(value);
  }
  return tensors;
}

/// The exact result as a float32 kernel could at best give it.
std::vector<double> rounded(const Tensor& exact, DType dtype) {
  const bool narrows = exact.dtype() == DType::float64 && dtype == DType::float32;
  const Tensor tensor = (narrows ? exact.cast(DType::float32) : exact).cast(DType::float64);
  return {tensor.values<double>().begin(), tensor.values<double>().end()};
}

double root_mean_square(const std::vector<double>& values) {
  double squares = 0;
  for (double value : values) squares += std::isfinite(value) ? value * value : 0;
  return values.empty() ? 0 : std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

BoundCase::BoundCase(const OpCase& row)
    : op(row.op), attributes(op->bind(row.attributes, row_batch_size)) {
  for (const Type& type : row.operands) {
    operands.push_back({type.dtype, type.shape.bind(row_batch_size)});
  }
  results = op->infer(attributes, Operands(operands));
  flops = op->cost(attributes, Operands(operands), results).flops;
}

double BoundCase::products(std::size_t result) const {
  const std::int64_t elements = std::max<std::int64_t>(results[result].shape.size(), 1);
  return std::max(1.0, flops / static_cast<double>(elements));
}

std::vector<Tensor> operands(const OpCase& row, Numbers numbers) {
  std::mt19937_64 random(hash64(row.name));
  std::vector<Tensor> tensors;
  std::int64_t total = 0;
  for (const Type& type : row.operands) total += type.shape.bind(row_batch_size).size();
  Distinct distinct(total, random);
  for (std::size_t i = 0; i < row.operands.size(); ++i) {
    const Type type{row.operands[i].dtype, row.operands[i].shape.bind(row_batch_size)};
    if (i < row.values.size()) {
      tensors.push_back(given(row.values[i], type));
      continue;
    }
    std::vector<double> values(static_cast<std::size_t>(type.shape.size()));
    for (double& value : values) {
      if (!is_float(type.dtype)) {
        value = std::uniform_int_distribution(0, row.below - 1)(random);
      } else if (row.domain == Domain::distinct) {
        value = distinct.next(numbers);
      } else {
        value = numbers == Numbers::random ? random_float(row, random) : small_integer(row, random);
      }
    }
    tensors.push_back(given(values, type));
  }
  if (row.prepare) row.prepare(row, tensors);
  return tensors;
}

std::vector<Tensor> widened(std::vector<Tensor> tensors) {
  for (Tensor& tensor : tensors) {
    if (tensor.dtype() == DType::float32) tensor = tensor.cast(DType::float64);
  }
  return tensors;
}

std::vector<Tensor> run_reference(const BoundCase& bound, const std::vector<Tensor>& operands) {
  bool in_double = operands.empty();
  std::vector<Buffer> inputs;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    in_double |= operands[i].dtype() == DType::float64;
    auto* data = const_cast<std::byte*>(operands[i].data());
    inputs.push_back({bound.operands[i].dtype, bound.operands[i].shape, data});
  }
  std::vector<Tensor> tensors;
  std::vector<Buffer> outputs;
  tensors.reserve(bound.results.size());
  for (const Type& type : bound.results) {
    const bool wide = in_double && type.dtype == DType::float32;
    tensors.emplace_back(wide ? DType::float64 : type.dtype, type.shape);
    outputs.push_back({type.dtype, type.shape, tensors.back().mutable_data()});
  }
  bound.op->reference(bound.attributes, {.inputs = inputs, .outputs = outputs}, in_double);
  return tensors;
}

Bounds bounds(const OpCase& row, const BoundCase& bound, const std::vector<Tensor>& operands,
              Numbers numbers) {
  const std::vector<Tensor> wide = widened(operands);
  Bounds bounds{.exact = run_reference(bound, wide), .allowed = {}};
  const bool exact_on_integers = row.accuracy == Accuracy::sums || row.accuracy == Accuracy::chain;
  const bool exact =
      row.accuracy == Accuracy::exact || (exact_on_integers && numbers == Numbers::small_integers);
  for (std::size_t r = 0; r < bounds.exact.size(); ++r) {
    bounds.allowed.emplace_back(DType::float64, bounds.exact[r].shape());
  }
  if (exact) return bounds;
  // Σ|ab| is what the same sums give for the magnitudes of the operands.
  const std::vector<Tensor> sizes =
      row.accuracy == Accuracy::function ? bounds.exact : run_reference(bound, magnitudes(wide));
  for (std::size_t r = 0; r < sizes.size(); ++r) {
    const double factor = row.accuracy == Accuracy::function
                              ? 8 * epsilon
                              : 4 * epsilon * std::sqrt(bound.products(r));
    const Tensor value = bounds.exact[r].cast(DType::float64);
    const Tensor size = sizes[r].cast(DType::float64);
    auto errors = bounds.allowed[r].mutable_values<double>();
    for (std::size_t i = 0; i < errors.size(); ++i) {
      const double magnitude =
          std::max(std::abs(value.values<double>()[i]), std::abs(size.values<double>()[i]));
      if (!std::isfinite(magnitude)) continue;
      errors[i] = factor * magnitude;
    }
    if (row.accuracy == Accuracy::sums || row.accuracy == Accuracy::function) continue;
    if (errors.empty()) continue;
    std::fill(errors.begin(), errors.end(), *std::max_element(errors.begin(), errors.end()));
  }
  return bounds;
}

std::string difference(const Bounds& bounds, const std::vector<Tensor>& got, double tolerance) {
  for (std::size_t r = 0; r < got.size(); ++r) {
    const std::vector<double> wanted = rounded(bounds.exact[r], got[r].dtype());
    const Tensor wide = got[r].cast(DType::float64);
    auto found = wide.values<double>();
    auto allowed = bounds.allowed[r].values<double>();
    const double besides = tolerance * root_mean_square(wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (found[i] == wanted[i] || (std::isnan(found[i]) && std::isnan(wanted[i]))) continue;
      if (std::abs(found[i] - wanted[i]) <= allowed[i] + besides) continue;
      return fmt::format(
          "result {} element {} of {}: {:.9g}, expected {:.9g}, allowed error {:.3g}", r, i,
          to_string(got[r].type()), found[i], wanted[i], allowed[i] + besides);
    }
  }
  return {};
}

}  // namespace sloy
