/// Tensors: numbers on the host, and the types that describe them.
#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/export.h>

namespace sloy {

/// Element types. Arithmetic is float32 (float64 on the reference backend); the integer types carry
/// labels, indices and raw pixels.
enum class DType : std::uint8_t { float32, float64, int32, uint8 };

/// How float values are held and computed.
enum class NumericPrecision : std::uint8_t {
  float32,  ///< in float32 everywhere
  float64,  ///< in double, by the reference backend's kernels
  /// Steps of training store activations and their gradients as bfloat16 (float32's range, 8 bits
  /// of mantissa, rounded to nearest even); products read bfloat16 and add up in float32. Weights,
  /// statistics, optimizer slots, losses and updates are float32, as is everything outside of
  /// training.
  mixed_bfloat16
};
constexpr std::array<std::string_view, 3> enum_names(NumericPrecision) {
  return {"float32", "float64", "mixed_bfloat16"};
}

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
    case DType::int32: return 4;
    case DType::float64: return 8;
    case DType::uint8: return 1;
  }
  return 0;
}

constexpr bool is_float(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

SLOY_EXPORT std::string_view to_string(DType dtype);
/// Throws ConfigError on a name that is no dtype.
SLOY_EXPORT DType parse_dtype(std::string_view name);

/// The dtype of a C++ type: of float, double, std::int32_t and std::uint8_t.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0,
                "elements are float, double, std::int32_t or std::uint8_t; a Tensor is made of "
                "std::int64_t too, which becomes std::int32_t");
  return DType{};
}();
template <>
inline constexpr DType dtype_of<float> = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::uint8;

/// One dimension: a number, or a multiple of the batch size, which stays open until compile.
class Dim {
 public:
  constexpr Dim() = default;
  /// Of any integer type. What does not fit 63 bits is negative, and refused where it is used.
  template <std::integral T>
  constexpr Dim(T size) : factor_(static_cast<std::int64_t>(size)) {}  // NOLINT: 3 is a dimension
  /// factor × batch.
  static constexpr Dim batches(std::int64_t factor) {
    Dim dim(factor);
    dim.symbolic_ = true;
    return dim;
  }

  constexpr bool is_symbolic() const { return symbolic_; }
  /// The number, or for k × batch its k.
  constexpr std::int64_t factor() const { return factor_; }
  /// The number. REQUIRES: not symbolic.
  constexpr std::int64_t size() const {
    assert(!symbolic_);
    return factor_;
  }
  /// The dimension with the batch size put in.
  constexpr Dim bind(std::int64_t batch_size) const {
    return symbolic_ ? Dim(factor_ * batch_size) : *this;
  }
  constexpr bool operator==(const Dim&) const = default;

 private:
  std::int64_t factor_ = 0;
  bool symbolic_ = false;
};

/// The batch dimension.
inline constexpr Dim batch = Dim::batches(1);

/// Dimensions of a tensor, outermost first. At most 8; images are (batch, height, width, channels).
class SLOY_EXPORT Shape {
 public:
  static constexpr int max_rank = 8;

  /// Of a scalar: no dimensions.
  Shape() = default;
  /// Throws ShapeError on more than max_rank dimensions, as push_back does.
  Shape(std::initializer_list<Dim> dims);
  explicit Shape(std::span<const Dim> dims);
  explicit Shape(std::span<const std::int64_t> dims);

  int rank() const { return rank_; }
  /// A negative axis counts from the end. REQUIRES: -rank ≤ axis < rank.
  const Dim& operator[](int axis) const { return dims_[axis < 0 ? axis + rank_ : axis]; }
  Dim& operator[](int axis) { return dims_[axis < 0 ? axis + rank_ : axis]; }
  const Dim* begin() const { return dims_; }
  const Dim* end() const { return dims_ + rank_; }
  /// One more dimension, the innermost.
  void push_back(Dim dim);

  /// The size along `axis`. REQUIRES: that dimension is not symbolic.
  std::int64_t size(int axis) const { return (*this)[axis].size(); }
  bool is_symbolic() const;
  /// Product of all dimensions; 1 for a scalar. Throws ShapeError where two are symbolic, one is
  /// negative, or the product does not fit 63 bits.
  Dim elements() const;
  /// The number of elements. REQUIRES: not symbolic.
  std::int64_t size() const { return elements().size(); }
  /// The shape with the batch size put in.
  Shape bind(std::int64_t batch_size) const;
  /// The shape with another first dimension. REQUIRES: rank ≥ 1.
  Shape with_first(Dim dim) const;
  /// The shape without one dimension; a negative axis counts from the end. REQUIRES: it has it.
  Shape without(int axis) const;

  bool operator==(const Shape& other) const;

 private:
  Dim dims_[max_rank];
  int rank_ = 0;
};

/// "(batch, 28, 28, 1)", "()" for a scalar.
SLOY_EXPORT std::string to_string(const Dim& dim);
SLOY_EXPORT std::string to_string(const Shape& shape);

/// What is known of a tensor before it has numbers.
struct Type {
  DType dtype = DType::float32;
  Shape shape = {};
  /// REQUIRES: a shape without symbols.
  std::size_t bytes() const { return static_cast<std::size_t>(shape.size()) * size_of(dtype); }
  bool operator==(const Type&) const = default;
};

/// "float32 (batch, 28, 28, 1)".
SLOY_EXPORT std::string to_string(const Type& type);

/// Numbers on the host: a dtype, a shape without symbols, and the elements in row-major order.
/// A value: copying is cheap (the buffer is shared until one copy is written to) and a copy never
/// sees writes to another. Different threads may read one tensor at once.
class SLOY_EXPORT Tensor {
 public:
  /// A scalar 0 of float32.
  Tensor();
  /// Zeros. Throws ShapeError on a symbolic or negative dimension.
  Tensor(DType dtype, Shape shape);
  /// Elements given in row-major order. Throws ShapeError where their number is not the shape's.
  template <class T>
  Tensor(Shape shape, std::span<const T> values) : Tensor(dtype_of<T>, std::move(shape)) {
    copy_from(values.data(), values.size());
  }
  /// int64, as class labels often come, becomes int32. Throws DataError on a number that is no
  /// int32.
  Tensor(Shape shape, std::span<const std::int64_t> values);
  template <class T>
  Tensor(Shape shape, const std::vector<T>& values)
      : Tensor(std::move(shape), std::span<const T>(values)) {}
  /// Tensor({2}, {1.0f, 2.0f}); of ints it is int32, of doubles float64.
  template <class T>
  requires std::is_arithmetic_v<T> Tensor(Shape shape, std::initializer_list<T> values)
      : Tensor(std::move(shape), std::span<const T>(values.begin(), values.size())) {}
  /// A tensor of shape ().
  template <class T>
  static Tensor scalar(T value) {
    return Tensor(Shape{}, std::span<const T>(&value, 1));
  }

  DType dtype() const { return dtype_; }
  const Shape& shape() const& { return shape_; }
  Shape shape() const&& { return shape_; }
  Type type() const { return {dtype_, shape_}; }
  /// The number of elements, and of their bytes.
  std::int64_t size() const { return size_; }
  std::size_t bytes() const { return static_cast<std::size_t>(size_) * size_of(dtype_); }

  /// Valid while this tensor lives and isn't written to or assigned, as `values` is.
  const std::byte* data() const& { return buffer_.get(); }
  const std::byte* data() const&& = delete;
  /// For writing: makes the buffer this tensor's own first.
  std::byte* mutable_data() &;

  /// The elements. Throws ShapeError where T is not the tensor's dtype.
  template <class T>
  std::span<const T> values() const& {
    check_dtype(dtype_of<T>);
    return {reinterpret_cast<const T*>(data()), static_cast<std::size_t>(size_)};
  }
  /// A copy of them, where the tensor itself is about to go: model.weight("w").values<float>().
  template <class T>
  std::vector<T> values() const&& {
    const std::span<const T> all = values<T>();
    return {all.begin(), all.end()};
  }
  /// The elements for writing. Throws as `values` does.
  template <class T>
  std::span<T> mutable_values() & {
    check_dtype(dtype_of<T>);
    return {reinterpret_cast<T*>(mutable_data()), static_cast<std::size_t>(size_)};
  }
  /// The one element of a tensor of size 1, as a double. Throws ShapeError on another size.
  double item() const;

  /// The same elements under another shape. Throws ShapeError where its size is another.
  Tensor reshaped(Shape shape) const;
  /// Every element converted; to an integer type by rounding towards zero and keeping to its
  /// range, not-a-number becoming 0.
  Tensor cast(DType dtype) const;

  /// Same dtype, shape and bytes.
  bool operator==(const Tensor& other) const;

 private:
  void check_dtype(DType asked) const;
  void check_count(std::size_t count) const;
  void copy_from(const void* values, std::size_t count);

  DType dtype_ = DType::float32;
  Shape shape_;
  std::int64_t size_ = 1;
  std::shared_ptr<std::byte[]> buffer_;
};

}  // namespace sloy
