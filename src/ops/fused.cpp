#include "ops/fused.h"

#include <algorithm>
#include <limits>

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

std::optional<Reduction> reduction_of(const Op& op, const void* attributes, const Type& input) {
  bool is_sum = &op == &sum_op;
  if ((!is_sum && &op != &max_op) || input.dtype != DType::float32) return {};
  int rank = input.shape.rank();
  if (rank == 0 || input.shape.size() == 0) return {};
  ReduceOptions options = canonical(*static_cast<const ReduceOptions*>(attributes), input.shape);
  auto over = static_cast<int>(options.axes.size());
  bool last = over > 0 && options.axes.back() == rank - 1;
  if (is_sum && over == rank) return Reduction::total;
  if (is_sum && over == rank - 1 && !last) return Reduction::rows;
  if (over == 1 && last) return is_sum ? Reduction::row_sum : Reduction::row_max;
  return {};
}

namespace {

std::vector<Type> infer(const FusedAttributes& a, Operands operands) {
  for (int i = 0; i < operands.size(); ++i) {
    bool is_seed = operands[i].dtype == DType::int32 && operands.shape(i) == Shape{2};
    if (is_seed) continue;
    if (reach_of(operands.shape(i), a.space) == Reach::other) {
      throw ShapeError("operand " + std::to_string(i) + " does not meet the space",
                       {{"operand", to_string(operands[i])}, {"space", to_string(a.space)}});
    }
  }
  std::vector<Type> types;
  for (const FusedResult& result : a.results) types.push_back({DType::float32, result.shape});
  return types;
}

Cost cost(const FusedAttributes& a, Operands, std::span<const Type>) {
  std::size_t operations = a.instructions.size();
  for (const FusedResult& result : a.results) operations += result.reduction != Reduction::none;
  return {static_cast<double>(a.space.size()) * static_cast<double>(operations)};
}

template <class T>
void reduce(const FusedResult& result, const Shape& space, const T* x, T* y) {
  std::int64_t width = space.rank() == 0 ? 1 : space.size(-1);
  std::int64_t rows = width == 0 ? 0 : space.size() / width;
  T first = result.reduction == Reduction::row_max ? -std::numeric_limits<T>::infinity() : T(0);
  std::fill_n(y, result.shape.size(), first);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < width; ++c) {
      T value = x[r * width + c];
      switch (result.reduction) {
        case Reduction::rows: y[c] += value; break;
        case Reduction::row_sum: y[r] += value; break;
        case Reduction::row_max: y[r] = std::max(y[r], value); break;
        case Reduction::total: y[0] += value; break;
        case Reduction::none: break;
      }
    }
  }
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
    if (a.results[r].reduction == Reduction::none) {
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
