#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/tensor.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>

namespace sloy {
namespace {

constexpr std::size_t alignment = 64;

/// Zeroed memory for `bytes`, aligned to a cache line. By calloc, as the system's fresh pages are
/// zero already: a large tensor that is filled at once is not written twice.
std::shared_ptr<std::byte[]> zeroed_buffer(std::size_t bytes) {
  std::size_t space = bytes + alignment;
  void* allocated = std::calloc(1, space);
  if (!allocated) throw std::bad_alloc();
  void* aligned = allocated;
  std::align(alignment, bytes, aligned, space);
  return {static_cast<std::byte*>(aligned), [allocated](std::byte*) { std::free(allocated); }};
}

/// Calls `function` with a value of the C++ type that `dtype` names.
template <class Function>
decltype(auto) with_type(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::float64: return function(double{});
    case DType::int32: return function(std::int32_t{});
    case DType::uint8: return function(std::uint8_t{});
    case DType::float32: break;
  }
  return function(float{});
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_integral_v<To>) {
    // Every source type is exact in double, so the range is checked there.
    const double wide = value;
    if (std::isnan(wide)) return 0;
    if (wide <= std::numeric_limits<To>::min()) return std::numeric_limits<To>::min();
    if (wide >= std::numeric_limits<To>::max()) return std::numeric_limits<To>::max();
  }
  return static_cast<To>(value);
}

}  // namespace

Tensor::Tensor() : Tensor(DType::float32, Shape{}) {}

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), shape_(shape) {
  if (shape.is_symbolic()) {
    throw ShapeError("a tensor's shape can't depend on the batch size",
                     {{"shape", to_string(shape)}});
  }
  size_ = shape.size();
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(size_), size_of(dtype), &bytes) ||
      bytes > std::numeric_limits<std::ptrdiff_t>::max() - alignment) {
    throw ShapeError("a tensor's bytes do not fit the address space",
                     {{"type", to_string(type())}});
  }
  buffer_ = zeroed_buffer(bytes);
}

Tensor::Tensor(Shape shape, std::span<const std::int64_t> values)
    : Tensor(DType::int32, std::move(shape)) {
  check_count(values.size());
  const std::span<std::int32_t> elements = mutable_values<std::int32_t>();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i] = static_cast<std::int32_t>(values[i]);
    if (elements[i] == values[i]) continue;
    throw DataError(fmt::format("the number {} does not fit int32", values[i]),
                    {{"element", std::to_string(i), "counted from 0"}},
                    "class labels count from 0; what is measured is given as float or double");
  }
}

std::byte* Tensor::mutable_data() & {
  if (buffer_.use_count() == 1) {
    // Another thread may have read through a copy that it dropped just now: its reads come first.
    std::atomic_thread_fence(std::memory_order_acquire);
    return buffer_.get();
  }
  std::shared_ptr<std::byte[]> own = zeroed_buffer(bytes());
  if (buffer_) std::memcpy(own.get(), buffer_.get(), bytes());
  buffer_ = std::move(own);
  return buffer_.get();
}

double Tensor::item() const {
  if (size_ != 1) {
    throw ShapeError("only a tensor of one element is a number", {{"type", to_string(type())}});
  }
  return with_type(dtype_, [&](auto value) -> double {
    std::memcpy(&value, data(), sizeof value);
    return value;
  });
}

Tensor Tensor::reshaped(Shape shape) const {
  if (shape.is_symbolic() || shape.size() != size_) {
    throw ShapeError(
        "a tensor is reshaped to a shape of another size",
        {{"from", to_string(shape_), fmt::format("{} elements", size_)},
         {"to", to_string(shape), fmt::format("{} elements", to_string(shape.elements()))}});
  }
  Tensor result = *this;
  result.shape_ = shape;
  return result;
}

Tensor Tensor::cast(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor result(dtype, shape_);
  with_type(dtype_, [&](auto from) {
    with_type(dtype, [&](auto to) {
      const auto source = values<decltype(from)>();
      const auto target = result.mutable_values<decltype(to)>();
      for (std::size_t i = 0; i < source.size(); ++i) {
        target[i] = convert<decltype(to)>(source[i]);
      }
    });
  });
  return result;
}

bool Tensor::operator==(const Tensor& other) const {
  return type() == other.type() &&
         (buffer_ == other.buffer_ || std::memcmp(data(), other.data(), bytes()) == 0);
}

void Tensor::check_dtype(DType asked) const {
  if (asked != dtype_) {
    throw ShapeError(
        fmt::format("the tensor holds {}, {} was asked for", to_string(dtype_), to_string(asked)),
        {{"type", to_string(type())}}, "cast the tensor first");
  }
}

void Tensor::check_count(std::size_t count) const {
  if (count == static_cast<std::size_t>(size_)) return;
  throw ShapeError(fmt::format("{} values were given for a tensor of {} elements", count, size_),
                   {{"type", to_string(type())}});
}

void Tensor::copy_from(const void* values, std::size_t count) {
  check_count(count);
  if (count != 0) std::memcpy(mutable_data(), values, bytes());
}

}  // namespace sloy
