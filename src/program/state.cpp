#include <sloy/error.h>
#include <sloy/program.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstring>
#include <new>

#include "base/huge_pages.h"
#include "graph/form.h"
#include "tensor/precision.h"

namespace sloy {
namespace {

constexpr std::align_val_t line{64};

std::byte* allocate(std::size_t size) {
  auto* block = static_cast<std::byte*>(::operator new(size, line));
  prefer_huge_pages(block, size);
  std::memset(block, 0, size);
  return block;
}

std::size_t element_bytes(DType dtype, NumericPrecision precision) {
  return dtype == DType::float32 && precision == NumericPrecision::float64 ? 8 : size_of(dtype);
}

/// The initial values of a large weight stood beside the state for a moment. glibc would keep that
/// memory, up to 32 MB, for as long as the process lives.
void give_back_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

void State::Free::operator()(std::byte* block) const { ::operator delete(block, line); }

State::State(std::shared_ptr<Variables> variables, StateOptions options)
    : variables_(std::move(variables)), precision_(state_precision(options.precision)) {
  StateForm& form = variables_->form();
  form.fix(*variables_);
  std::size_t width = precision_ == NumericPrecision::float64 ? 8 : 4;
  size_ = static_cast<std::size_t>(form.elements()) * width;
  block_.reset(allocate(size_));
  for (VariableId id = 0; id < variables_->size(); ++id) {
    const Variable& variable = (*variables_)[id];
    if (variable.initial) set(id, variable.initial(options.seed));
  }
  give_back_free_memory();
}

State::State(const State& other)
    : variables_(other.variables_), size_(other.size_), precision_(other.precision_) {
  block_.reset(allocate(size_));
  if (size_ > 0) std::memcpy(block_.get(), other.block_.get(), size_);
}

State& State::operator=(const State& other) {
  if (this == &other) return *this;
  if (size_ != other.size_ || !block_) return *this = State(other);
  variables_ = other.variables_;
  precision_ = other.precision_;
  if (size_ > 0) std::memcpy(block_.get(), other.block_.get(), size_);
  return *this;
}

const Variable& State::known(VariableId id) const {
  if (!variables_) {
    throw ConfigError("the state is empty: it has no variables", {},
                      "make it of a program's variables: State state(program.variables());");
  }
  return (*variables_)[id];
}

const Variable& State::known_scalar(VariableId id) const {
  const Variable& variable = known(id);
  if (variable.type.shape.size() != 1) {
    throw ShapeError("the variable " + variable.name + " is no scalar",
                     {{"shape", to_string(variable.type.shape)}}, "use get or set");
  }
  return variable;
}

std::byte* State::at(VariableId id) const {
  std::int64_t width = precision_ == NumericPrecision::float64 ? 8 : 4;
  return block_.get() + variables_->form().offset(id) * width;
}

Tensor State::get(VariableId id) const {
  const Type& type = known(id).type;
  bool wide = type.dtype == DType::float32 && precision_ == NumericPrecision::float64;
  Tensor tensor(wide ? DType::float64 : type.dtype, type.shape);
  relayout(type.shape, element_bytes(type.dtype, precision_), *variables_->form().layout(id),
           at(id), Layout{}, tensor.mutable_data());
  return tensor;
}

void State::set(VariableId id, const Tensor& value) {
  const Variable& variable = known(id);
  if (value.shape() != variable.type.shape) {
    throw ShapeError(
        "the numbers for " + variable.name + " have another shape than the variable",
        {{"numbers", to_string(value.shape())}, {"variable", to_string(variable.type.shape)}},
        "give them in the variable's shape: Tensor::reshaped, where they are as many");
  }
  bool wide = variable.type.dtype == DType::float32 && precision_ == NumericPrecision::float64;
  Tensor converted = value.cast(wide ? DType::float64 : variable.type.dtype);
  relayout(variable.type.shape, element_bytes(variable.type.dtype, precision_), Layout{},
           converted.data(), *variables_->form().layout(id), at(id));
}

double State::scalar(VariableId id) const {
  switch (known_scalar(id).type.dtype) {
    case DType::int32: return *reinterpret_cast<const std::int32_t*>(at(id));
    case DType::uint8: return static_cast<double>(*reinterpret_cast<const std::uint8_t*>(at(id)));
    default: break;
  }
  if (precision_ == NumericPrecision::float64) return *reinterpret_cast<const double*>(at(id));
  return *reinterpret_cast<const float*>(at(id));
}

void State::set_scalar(VariableId id, double value) {
  switch (known_scalar(id).type.dtype) {
    case DType::int32:
      *reinterpret_cast<std::int32_t*>(at(id)) = static_cast<std::int32_t>(value);
      return;
    case DType::uint8:
      *reinterpret_cast<std::uint8_t*>(at(id)) = static_cast<std::uint8_t>(value);
      return;
    default: break;
  }
  if (precision_ == NumericPrecision::float64) {
    *reinterpret_cast<double*>(at(id)) = value;
  } else {
    *reinterpret_cast<float*>(at(id)) = static_cast<float>(value);
  }
}

}  // namespace sloy
