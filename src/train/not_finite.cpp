#include "train/not_finite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "data/example_memory.h"

namespace sloy {
namespace {

/// The place of the first that isn't, or how many there are.
template <class T>
std::size_t first_not_finite(std::span<const T> numbers) {
  const auto found = std::find_if_not(numbers.begin(), numbers.end(),
                                      [](T number) { return std::isfinite(number); });
  return static_cast<std::size_t>(found - numbers.begin());
}

template <class T>
bool all_finite(std::span<const std::byte> bytes) {
  const std::span<const T> numbers = data::numbers_of<T>(bytes);
  return first_not_finite(numbers) == numbers.size();
}

bool all_finite(std::span<const std::byte> bytes, bool is_wide) {
  return is_wide ? all_finite<double>(bytes) : all_finite<float>(bytes);
}

/// "(0, 3)" of the i-th number of an example.
std::string position_of(std::size_t i, const Shape& shape) {
  std::vector<std::size_t> position(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(shape.size(axis));
    position[static_cast<std::size_t>(axis)] = i % size;
    i /= size;
  }
  return fmt::format("({})", fmt::join(position, ", "));
}

/// A kind of what a batch holds: "features".
struct Kind {
  const char* name;
  const data::Types& types;
  std::span<const std::span<const std::byte>> parts;
};

template <class PlaceOf>
std::optional<NumericError> find_in(const Kind& kind, PlaceOf place_of) {
  for (std::size_t part = 0; part < kind.parts.size(); ++part) {
    const Type& type = kind.types[part];
    if (type.dtype != DType::float32) continue;
    const std::span<const float> numbers = data::numbers_of<float>(kind.parts[part]);
    const std::size_t found = first_not_finite(numbers);
    if (found == numbers.size()) continue;
    const auto an_example = static_cast<std::size_t>(type.shape.size());
    // A not-a-number's sign says nothing.
    const double number = std::isnan(numbers[found]) ? NAN : numbers[found];
    NumericError error(
        fmt::format("the {} hold a number that is not finite: {}", kind.name, number),
        {place_of(static_cast<std::int64_t>(found / an_example))},
        "correct the data, or leave such examples out");
    if (type.shape.rank() > 0) {
      error.add({"position", fmt::format("{} of {}", position_of(found % an_example, type.shape),
                                         to_string(type.shape))});
    }
    if (kind.parts.size() > 1) {
      error.add({"of", fmt::format("part {} of the {}, counted from 0", part, kind.name)});
    }
    return error;
  }
  return {};
}

}  // namespace

std::optional<NumericError> not_finite_in(const data::Spec& spec, const data::Batch& given) {
  const Kind kinds[] = {{"features", spec.features, given.features},
                        {"targets", spec.targets, given.targets},
                        {"weights of examples", spec.weights, given.weights}};
  for (const Kind& kind : kinds) {
    const auto place_of = [&](std::int64_t i) { return given.place_of(i); };
    if (auto error = find_in(kind, place_of)) return error;
  }
  return {};
}

std::optional<NumericError> not_finite_in(const data::Dataset& dataset, ExampleKind kind,
                                          std::size_t part) {
  const bool is_fed = kind == ExampleKind::features;
  const char* name = is_fed ? "features" : "targets";
  const data::ExampleMemory memory(dataset.spec());
  const data::Types types{(is_fed ? dataset.spec().features : dataset.spec().targets)[part]};
  for (std::int64_t index = 0; index < dataset.size(); ++index) {
    dataset.read(index, memory.slot());
    const data::Example& example = memory.tensors();
    const Tensor& numbers = (is_fed ? example.features : example.targets)[part];
    const std::span<const std::byte> bytes(numbers.data(), numbers.bytes());
    const auto place_of = [&](std::int64_t) { return data::place_of(dataset, index); };
    if (auto error = find_in(Kind{name, types, {&bytes, 1}}, place_of)) return error;
  }
  return {};
}

std::string not_finite_in(const State& state, bool (*is_asked)(const Variable&)) {
  // A look at the block as it lies costs no memory. It holds a few integers too, which may look
  // like anything, so what is found is only worth a closer look.
  if (all_finite(state.bytes(), state.precision() == NumericPrecision::float64)) return {};
  const Variables& variables = *state.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (!is_float(variables[id].type.dtype) || !is_asked(variables[id])) continue;
    const Tensor numbers = state.get(id);
    const std::span<const std::byte> bytes(numbers.data(), numbers.bytes());
    if (!all_finite(bytes, numbers.dtype() == DType::float64)) return variables[id].name;
  }
  return {};
}

}  // namespace sloy
