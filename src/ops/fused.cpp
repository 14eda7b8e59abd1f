#include "ops/fused.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ops/check.h"
#include "ops/elementwise.h"
#include "ops/random.h"
#include "ops/reduce.h"

namespace sloy {

Config to_config(const FusedInstruction& instruction) {
  Config config;
  config["op"] = std::string(instruction.op->name());
  config["attributes"] = instruction.op->to_config(instruction.attributes);
  config["operands"] = to_config(instruction.operands);
  return config;
}

void from_config(const Config& config, FusedInstruction& instruction) {
  const std::string& name = config.at("op").as_string();
  instruction.op = find_op(name);
  if (!instruction.op) throw config_error(config, "there is no op named " + name);
  instruction.attributes = instruction.op->parse(config.at("attributes"));
  from_config(config.at("operands"), instruction.operands);
}

Reach reach_of(const Shape& operand, const Shape& space) {
  if (operand == space) return Reach::full;
  if (operand.size() == 1) return Reach::scalar;
  if (operand.rank() > space.rank()) return Reach::other;
  int missing = space.rank() - operand.rank();
  bool channel = true;
  bool row = missing == 0;
  for (int axis = 0; axis < operand.rank(); ++axis) {
    bool last = axis == operand.rank() - 1;
    bool one = operand[axis] == Dim(1);
    bool equal = operand[axis] == space[axis + missing];
    channel = channel && (last ? equal : one);
    row = row && (last ? one : equal);
  }
  if (channel) return Reach::channel;
  return row ? Reach::row : Reach::other;
}

bool is_arithmetic(const Op& op, Operands operands, const Type& result) {
  if (op.kind() != Kind::element_wise || result.dtype != DType::float32) return false;
  if (&op == &cast_op || &op == &random_uniform_op) return true;
  for (int i = 0; i < operands.size(); ++i) {
    if (operands[i].dtype == DType::int32) return false;
  }
  return true;
}

std::optional<FusedReduction> reduction_of(const Op& op, const void* attributes,
                                           const Type& input) {
  bool is_sum = &op == &sum_op;
  if ((!is_sum && &op != &max_op) || input.dtype != DType::float32) return {};
  int rank = input.shape.rank();
  if (rank == 0 || input.shape.size() == 0) return {};
  ReduceOptions options = canonical(*static_cast<const ReduceOptions*>(attributes), input.shape);
  auto over = static_cast<int>(options.axes.size());
  bool last = over > 0 && options.axes.back() == rank - 1;
  if (is_sum && over == rank) return FusedReduction::total;
  if (is_sum && over == rank - 1 && !last) return FusedReduction::rows;
  if (over == 1 && last) return is_sum ? FusedReduction::row_sum : FusedReduction::row_max;
  return {};
}

namespace {

/// The types that instructions and results count: of the node's operands, then of the instructions.
std::vector<Type> value_types(const FusedAttributes& a, Operands operands) {
  std::vector<Type> types;
  for (int i = 0; i < operands.size(); ++i) types.push_back(operands[i]);
  for (std::size_t n = 0; n < a.instructions.size(); ++n) {
    const FusedInstruction& instruction = a.instructions[n];
    std::vector<Type> read;
    for (int operand : instruction.operands) {
      if (operand < 0 || operand >= static_cast<int>(types.size())) {
        throw ShapeError(fmt::format("instruction {} reads value {}, before it are {}", n, operand,
                                     types.size()));
      }
      read.push_back(types[static_cast<std::size_t>(operand)]);
    }
    const Type type = instruction.op->infer(instruction.attributes, Operands(read)).front();
    if (!is_arithmetic(*instruction.op, Operands(read), type)) {
      throw ShapeError(fmt::format("instruction {} is {}, which is no arithmetic of float32", n,
                                   instruction.op->name()));
    }
    if (type.shape != a.space) {
      throw ShapeError(fmt::format("instruction {} gives another shape than the space", n),
                       {shape_note("result", type.shape), shape_note("space", a.space)});
    }
    types.push_back(type);
  }
  return types;
}

bool is_random(const FusedInstruction& instruction) { return instruction.op == &random_uniform_op; }

/// Seeds and steps are no elements of the space.
bool is_key(const FusedAttributes& a, int operand) {
  return std::any_of(
      a.instructions.begin(), a.instructions.end(), [&](const FusedInstruction& instruction) {
        const std::vector<int>& read = instruction.operands;
        return is_random(instruction) && std::find(read.begin(), read.end(), operand) != read.end();
      });
}

/// The axes along which a reduction goes.
std::vector<int> axes_of(FusedReduction reduction, const Shape& space) {
  std::vector<int> axes;
  for (int axis = 0; axis < space.rank(); ++axis) {
    const bool is_last = axis == space.rank() - 1;
    const bool wants_last = reduction != FusedReduction::rows;
    if (reduction == FusedReduction::total || is_last == wants_last) axes.push_back(axis);
  }
  return axes;
}

void check_result(const FusedAttributes& a, std::size_t r, const std::vector<Type>& values) {
  const FusedResult& result = a.results[r];
  if (result.value < 0 || result.value >= static_cast<int>(values.size())) {
    throw ShapeError(
        fmt::format("result {} is value {}, there are {}", r, result.value, values.size()));
  }
  const Type& value = values[static_cast<std::size_t>(result.value)];
  if (value != Type{DType::float32, a.space}) {
    throw ShapeError(fmt::format("result {} is no float32 value over the space", r),
                     {{"value", to_string(value)}, shape_note("space", a.space)});
  }
  Shape kept = a.space;
  Shape reduced = a.space;
  if (result.reduction != FusedReduction::none) {
    const std::vector<int> axes = axes_of(result.reduction, a.space);
    if (axes.empty()) {
      throw ShapeError(fmt::format("result {} is reduced along no axis", r),
                       {shape_note("space", a.space)});
    }
    kept = kept_dims(a.space, axes);
    reduced = reduced_shape(a.space, {.axes = axes});
  }
  if (result.shape != kept && result.shape != reduced) {
    throw ShapeError(fmt::format("result {} has the shape {}, not {}", r, to_string(result.shape),
                                 to_string(reduced)));
  }
}

std::vector<Type> infer(const FusedAttributes& a, Operands operands) {
  if (a.space.is_symbolic()) {
    throw ShapeError("the space depends on the batch", {shape_note("space", a.space)});
  }
  const std::vector<Type> values = value_types(a, operands);
  for (int i = 0; i < operands.size(); ++i) {
    if (is_key(a, i) || reach_of(operands.shape(i), a.space) != Reach::other) continue;
    throw ShapeError(fmt::format("operand {} does not meet the space", i),
                     {{"operand", to_string(operands[i])}, shape_note("space", a.space)});
  }
  if (a.results.empty()) throw ShapeError("nothing leaves the chain");
  std::vector<Type> types;
  for (std::size_t r = 0; r < a.results.size(); ++r) {
    check_result(a, r, values);
    types.push_back({DType::float32, a.results[r].shape});
  }
  return types;
}

Cost cost(const FusedAttributes& a, Operands, std::span<const Type>) {
  std::size_t operations = a.instructions.size();
  for (const FusedResult& result : a.results)
    operations += result.reduction != FusedReduction::none;
  return {static_cast<double>(a.space.size()) * static_cast<double>(operations)};
}

template <class T>
void reduce(const FusedResult& result, const Shape& space, const T* x, T* y) {
  const std::int64_t width = space.rank() == 0 ? 1 : space.size(-1);
  const bool is_max = result.reduction == FusedReduction::row_max;
  const double first = is_max ? -std::numeric_limits<double>::infinity() : 0;
  std::vector<double> reduced(static_cast<std::size_t>(result.shape.size()), first);
  for (std::int64_t i = 0, size = space.size(); i < size; ++i) {
    std::int64_t place = 0;
    if (result.reduction == FusedReduction::rows) place = i % width;
    if (result.reduction == FusedReduction::row_sum || is_max) place = i / width;
    double& so_far = reduced[static_cast<std::size_t>(place)];
    if (!is_max) {
      so_far += x[i];
    } else if (x[i] > so_far || x[i] != x[i]) {
      so_far = x[i];  // not-a-number wins over everything
    }
  }
  std::transform(reduced.begin(), reduced.end(), y, [](double v) { return static_cast<T>(v); });
}

/// Each instruction by its own reference kernel on a temporary of the whole space.
template <class T>
void reference(const FusedAttributes& a, const Buffers& b) {
  std::vector<Buffer> values(b.inputs.begin(), b.inputs.end());
  std::vector<std::vector<T>> temporaries;
  for (const FusedInstruction& instruction : a.instructions) {
    temporaries.emplace_back(static_cast<std::size_t>(a.space.size()));
    std::vector<Buffer> inputs;
    for (int operand : instruction.operands) {
      inputs.push_back(values[static_cast<std::size_t>(operand)]);
    }
    Buffer output{DType::float32, a.space, temporaries.back().data()};
    instruction.op->reference(instruction.attributes, {inputs, {&output, 1}, nullptr},
                              sizeof(T) == sizeof(double));
    values.push_back(output);
  }
  for (std::size_t r = 0; r < a.results.size(); ++r) {
    const Buffer& value = values[static_cast<std::size_t>(a.results[r].value)];
    auto* y = static_cast<T*>(b.outputs[r].data);
    const auto* x = static_cast<const T*>(value.data);
    if (a.results[r].reduction == FusedReduction::none) {
      std::copy_n(x, a.space.size(), y);
    } else {
      reduce(a.results[r], a.space, x, y);
    }
  }
}

}  // namespace

constinit const OpDefinition<FusedAttributes> fused_op{{
    .name = "fused",
    .infer = infer,
    .gradient = not_differentiable<FusedAttributes>(),
    .reference = OpRules<FusedAttributes>::References{reference<float>, reference<double>},
    .cost = cost,
    .formula = "its instructions, element by element",
}};

}  // namespace sloy
