/// Ops: the functions that write a computation into a graph. Shapes and dtypes are checked at the
/// call; every function throws ShapeError or ConfigError then, never at run time.
///
/// Images are (batch, height, width, channels), convolution kernels (height, width, channels per
/// group, filters), as in Keras. Unless said otherwise arithmetic is on float32, as IEEE 754 has
/// it: 1 / 0 is infinite, log(-1) not-a-number. An axis counts from 0, a negative one from the end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/fields.h>
#include <sloy/graph.h>

namespace sloy {

namespace detail {
/// A constant to compare `x` with, int32 where x is. Throws ConfigError where no int32 equals it.
SLOY_EXPORT Value comparable(Value x, double number);
}  // namespace detail

// ---- Element by element. Operands of different shapes broadcast as in NumPy: dimensions are
// matched from the last, a dimension of 1 or a missing one repeats. One of two operands may be a
// number: `power(x, 3)`.

/// a + b; also on int32, which wraps around.
SLOY_EXPORT Value add(Value a, Value b);
/// a − b, likewise.
SLOY_EXPORT Value subtract(Value a, Value b);
/// a · b, likewise.
SLOY_EXPORT Value multiply(Value a, Value b);
/// a / b.
SLOY_EXPORT Value divide(Value a, Value b);
/// The larger; where equal, the gradient goes to `a`.
SLOY_EXPORT Value maximum(Value a, Value b);
/// The smaller, likewise.
SLOY_EXPORT Value minimum(Value a, Value b);
/// a to the power b; the gradient of b needs a > 0.
SLOY_EXPORT Value power(Value a, Value b);

/// 1 where true, else 0, in float32; also of int32. No gradient flows.
SLOY_EXPORT Value equal(Value a, Value b);
SLOY_EXPORT Value not_equal(Value a, Value b);
SLOY_EXPORT Value greater(Value a, Value b);
SLOY_EXPORT Value greater_equal(Value a, Value b);
SLOY_EXPORT Value less(Value a, Value b);
SLOY_EXPORT Value less_equal(Value a, Value b);
/// `a` where `condition` is not 0, else `b`. No gradient flows to `condition`.
SLOY_EXPORT Value where(Value condition, Value a, Value b);

/// −x.
SLOY_EXPORT Value negative(Value x);
/// |x|, with derivative 0 at 0.
SLOY_EXPORT Value absolute(Value x);
/// −1, 0 or 1; derivative 0.
SLOY_EXPORT Value sign(Value x);
/// The largest whole number not above x; derivative 0.
SLOY_EXPORT Value floor(Value x);
/// eˣ.
SLOY_EXPORT Value exp(Value x);
/// The natural logarithm.
SLOY_EXPORT Value log(Value x);
/// log(1 + x), accurate near 0.
SLOY_EXPORT Value log1p(Value x);
/// exp(x) − 1, accurate near 0.
SLOY_EXPORT Value expm1(Value x);
/// x².
SLOY_EXPORT Value square(Value x);
/// √x.
SLOY_EXPORT Value sqrt(Value x);
/// 1 / √x.
SLOY_EXPORT Value rsqrt(Value x);
/// 1 / x.
SLOY_EXPORT Value reciprocal(Value x);
/// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
SLOY_EXPORT Value tanh(Value x);
/// 1 / (1 + exp(−x)).
SLOY_EXPORT Value sigmoid(Value x);
/// 2 / √π · ∫₀ˣ exp(−t²) dt.
SLOY_EXPORT Value erf(Value x);
/// max(x, 0), with derivative 0 at 0.
SLOY_EXPORT Value rectify(Value x);

/// Another dtype; towards int32 and uint8 by truncation. No gradient flows from an integer.
SLOY_EXPORT Value cast(Value x, DType dtype);
/// x itself, through which no gradient flows.
SLOY_EXPORT Value stop_gradient(Value x);

inline Value operator+(Value a, Value b) { return add(a, b); }
inline Value operator-(Value a, Value b) { return subtract(a, b); }
inline Value operator*(Value a, Value b) { return multiply(a, b); }
inline Value operator/(Value a, Value b) { return divide(a, b); }
inline Value operator-(Value x) { return negative(x); }
inline Value operator+(Value a, double b) { return add(a, a.graph().constant(b)); }
inline Value operator-(Value a, double b) { return subtract(a, a.graph().constant(b)); }
inline Value operator*(Value a, double b) { return multiply(a, a.graph().constant(b)); }
inline Value operator/(Value a, double b) { return divide(a, a.graph().constant(b)); }
inline Value operator+(double a, Value b) { return add(b.graph().constant(a), b); }
inline Value operator-(double a, Value b) { return subtract(b.graph().constant(a), b); }
inline Value operator*(double a, Value b) { return multiply(b.graph().constant(a), b); }
inline Value operator/(double a, Value b) { return divide(b.graph().constant(a), b); }

inline Value maximum(Value a, double b) { return maximum(a, a.graph().constant(b)); }
inline Value maximum(double a, Value b) { return maximum(b.graph().constant(a), b); }
inline Value minimum(Value a, double b) { return minimum(a, a.graph().constant(b)); }
inline Value minimum(double a, Value b) { return minimum(b.graph().constant(a), b); }
inline Value power(Value a, double b) { return power(a, a.graph().constant(b)); }
inline Value power(double a, Value b) { return power(b.graph().constant(a), b); }

inline Value equal(Value a, double b) { return equal(a, detail::comparable(a, b)); }
inline Value equal(double a, Value b) { return equal(detail::comparable(b, a), b); }
inline Value not_equal(Value a, double b) { return not_equal(a, detail::comparable(a, b)); }
inline Value not_equal(double a, Value b) { return not_equal(detail::comparable(b, a), b); }
inline Value greater(Value a, double b) { return greater(a, detail::comparable(a, b)); }
inline Value greater(double a, Value b) { return greater(detail::comparable(b, a), b); }
inline Value greater_equal(Value a, double b) { return greater_equal(a, detail::comparable(a, b)); }
inline Value greater_equal(double a, Value b) { return greater_equal(detail::comparable(b, a), b); }
inline Value less(Value a, double b) { return less(a, detail::comparable(a, b)); }
inline Value less(double a, Value b) { return less(detail::comparable(b, a), b); }
inline Value less_equal(Value a, double b) { return less_equal(a, detail::comparable(a, b)); }
inline Value less_equal(double a, Value b) { return less_equal(detail::comparable(b, a), b); }

// ---- Reductions.

/// Which axes to reduce; negative ones count from the end; none given means all.
struct ReduceOptions {
  std::vector<int> axes = {};
  bool keep_dims = false;  ///< reduced dimensions stay, with size 1
  bool operator==(const ReduceOptions&) const = default;
  static void fields(auto&& field) {
    field("axes", &ReduceOptions::axes);
    field("keep_dims", &ReduceOptions::keep_dims);
  }
};
/// The sum of the elements.
SLOY_EXPORT Value sum(Value x, ReduceOptions options = {});
/// The sum over the number of elements; over the batch axis it divides by the batch's size.
SLOY_EXPORT Value mean(Value x, ReduceOptions options = {});
/// The largest element; the gradient goes to the first of equals. There must be one.
SLOY_EXPORT Value max(Value x, ReduceOptions options = {});
/// Index (int32) of the largest element along `axis`, the first of equals. No gradient.
SLOY_EXPORT Value argmax(Value x, int axis = -1);

/// What `moments` gives.
struct Moments {
  Value mean;
  Value variance;  ///< biased: divided by the number of elements
};
/// Mean and biased variance over `axes`, computed stably.
SLOY_EXPORT Moments moments(Value x, std::vector<int> axes, bool keep_dims = false);

/// The number of elements over `axes` of x (all when empty), as a scalar known at compile.
SLOY_EXPORT Value count(Value x, std::vector<int> axes = {});

// ---- Shapes.

/// The same elements, in row-major order, under another shape of equal size.
SLOY_EXPORT Value reshape(Value x, Shape shape);
/// Dimension i of the result is dimension permutation[i] of x.
SLOY_EXPORT Value transpose(Value x, std::vector<int> permutation);
/// x repeated to `shape` by the broadcasting rule.
SLOY_EXPORT Value broadcast_to(Value x, Shape shape);
/// x summed over the axes that broadcasting from `shape` repeated: the gradient of broadcast_to.
SLOY_EXPORT Value sum_to(Value x, Shape shape);
/// One after the other along `axis`; the other sizes are equal.
SLOY_EXPORT Value concatenate(std::span<const Value> values, int axis = -1);
/// Elements begin ≤ index < end along `axis`, which must not be the batch.
SLOY_EXPORT Value slice(Value x, int axis, std::int64_t begin, std::int64_t end);
/// Zeros before and after along `axis`.
SLOY_EXPORT Value pad(Value x, int axis, std::int64_t before, std::int64_t after);
/// (…) int32 → (…, classes) float32: 1 at the index, else 0; all zeros where the index is out of
/// range.
SLOY_EXPORT Value one_hot(Value indices, Dim classes);

// ---- Products.

/// The matrix product: x (…, n) times w (n, m) → (…, m).
SLOY_EXPORT Value matmul(Value x, Value w);
/// Rank 2 only, with either operand transposed first.
struct MatmulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
  bool operator==(const MatmulOptions&) const = default;
  static void fields(auto&& field) {
    field("transpose_a", &MatmulOptions::transpose_a);
    field("transpose_b", &MatmulOptions::transpose_b);
  }
};
SLOY_EXPORT Value matmul(Value a, Value b, MatmulOptions options);

// ---- Windows: convolution and pooling over one to three spatial dimensions.

/// Cells before the first and after the last of a direction.
struct Ends {
  int before = 0;
  int after = 0;
  constexpr bool operator==(const Ends&) const = default;
};

/// Cells around the data. `valid` adds none; `same` as many as give ⌈size / stride⌉ positions, the
/// odd cell at the end, as Keras does; `causal` puts all before the first, so that no position of a
/// sequence sees what comes after it. Or numbers: `Padding{1}` is one cell at both ends of every
/// direction, `{{1, 2}, {0, 1}}` those before and after along each. In files `"valid"`, `"same"`,
/// `"causal"`, `1`, `[[1, 2], [0, 1]]`.
class SLOY_EXPORT Padding {
 public:
  enum class Kind : std::uint8_t { valid, same, causal, cells };

  constexpr Padding() = default;
  constexpr explicit Padding(Kind kind) : kind_(kind) {}
  constexpr Padding(int cells)  // NOLINT: 1 is a padding
      : kind_(Kind::cells), ends_{Ends{cells, cells}} {}
  /// Throws ConfigError on more than three directions.
  Padding(std::initializer_list<Ends> directions)
      : Padding(std::span(directions.begin(), directions.size())) {}
  explicit Padding(std::span<const Ends> directions);

  constexpr Kind kind() const { return kind_; }
  /// Of Kind::cells: how many directions have numbers of their own, 0 where one holds for all.
  constexpr int directions() const { return directions_; }
  /// Of Kind::cells: the numbers along a direction. REQUIRES: one of `directions`, where not 0.
  constexpr Ends ends(int direction) const {
    return ends_[directions_ == 0 ? 0 : static_cast<std::size_t>(direction)];
  }
  constexpr bool operator==(const Padding&) const = default;

 private:
  Kind kind_ = Kind::valid;
  int directions_ = 0;
  std::array<Ends, 3> ends_ = {};
};
SLOY_EXPORT Config to_config(const Padding& padding);
SLOY_EXPORT void from_config(const Config& config, Padding& padding);
inline constexpr Padding valid{Padding::Kind::valid};
inline constexpr Padding same{Padding::Kind::same};
inline constexpr Padding causal{Padding::Kind::causal};

/// How a window moves. One number a spatial dimension; empty lists mean 1 (0 for padding).
struct Window {
  std::vector<std::int64_t> strides = {};
  std::vector<std::int64_t> dilations = {};
  std::vector<std::int64_t> padding_low = {};   ///< cells added before the first
  std::vector<std::int64_t> padding_high = {};  ///< cells added after the last
  bool operator==(const Window&) const = default;
  static void fields(auto&& field) {
    field("strides", &Window::strides);
    field("dilations", &Window::dilations);
    field("padding_low", &Window::padding_low);
    field("padding_high", &Window::padding_high);
  }
};
/// The window with `padding` as numbers, from the spatial sizes of `input` (batch, spatial…,
/// channels). Throws ConfigError on a padding for another number of directions, or below 0.
SLOY_EXPORT Window window(const Shape& input, std::vector<std::int64_t> kernel_size,
                          std::vector<std::int64_t> strides, const Padding& padding,
                          std::vector<std::int64_t> dilations = {});

struct ConvolutionOptions {
  Window window = {};
  std::int64_t groups = 1;  ///< parts of the channels and filters that don't see one another
  bool operator==(const ConvolutionOptions&) const = default;
  static void fields(auto&& field) {
    field("window", &ConvolutionOptions::window);
    field("groups", &ConvolutionOptions::groups);
  }
};
/// y[n, i, o] = Σ_{k, c} x[n, i·stride + k·dilation − low, c] · kernel[k, c, o] (cross-correlation)
/// x (batch, spatial…, channels), kernel (spatial…, channels / groups, filters)
/// → (batch, positions…, filters). LeCun et al. 1998.
SLOY_EXPORT Value convolution(Value x, Value kernel, ConvolutionOptions options = {});
/// The gradient of convolution for its input of shape `input`; also the transposed convolution.
SLOY_EXPORT Value convolution_input_gradient(Value dy, Value kernel, Shape input,
                                             ConvolutionOptions options = {});
/// The gradient of convolution for its kernel of shape `kernel`.
SLOY_EXPORT Value convolution_kernel_gradient(Value x, Value dy, Shape kernel,
                                              ConvolutionOptions options = {});

struct PoolOptions {
  std::vector<std::int64_t> pool_size = {};  ///< cells of a window, one number a spatial dimension
  Window window = {};
  bool operator==(const PoolOptions&) const = default;
  static void fields(auto&& field) {
    field("pool_size", &PoolOptions::pool_size);
    field("window", &PoolOptions::window);
  }
};
/// What `max_pool` gives, both (batch, positions…, channels).
struct MaxPool {
  Value values;
  Value indices;  ///< int32: place of the maximum in its image's plane, row-major; first of equals
};
/// The largest of each window of x (batch, spatial…, channels); padding never wins.
SLOY_EXPORT MaxPool max_pool(Value x, PoolOptions options);
/// dy scattered to the places that won, summed where windows overlap.
SLOY_EXPORT Value max_pool_gradient(Value dy, Value indices, Shape input, PoolOptions options);
/// x at the places that won: the gradient of max_pool_gradient.
SLOY_EXPORT Value max_pool_gather(Value x, Value indices, PoolOptions options);
/// The mean of each window of x (batch, spatial…, channels) → (batch, positions…, channels);
/// padding does not count, as in Keras.
SLOY_EXPORT Value average_pool(Value x, PoolOptions options);
/// The gradient of average_pool for its input of shape `input`.
SLOY_EXPORT Value average_pool_gradient(Value dy, Shape input, PoolOptions options);
/// Every position of x (batch, spatial…, channels) repeated `factors` times, one number a spatial
/// dimension.
SLOY_EXPORT Value upsample(Value x, std::vector<std::int64_t> factors);
/// Sums over blocks of `factors` positions: the gradient of upsample.
SLOY_EXPORT Value upsample_gradient(Value dy, std::vector<std::int64_t> factors);

// ---- Probabilities.

/// Turns scores into probabilities that sum to one along the last axis: eˣ / Σ eˣ (Bridle 1990).
/// Stable for any finite scores. For a loss on scores use softmax_cross_entropy.
SLOY_EXPORT Value softmax(Value x);
/// scores − log Σ exp(scores) along the last axis.
SLOY_EXPORT Value log_softmax(Value x);
/// (…, classes) scores and (…) int32 labels → (…): −log of the label's softmax. Stable. A label
/// that is no class gives not-a-number.
SLOY_EXPORT Value softmax_cross_entropy(Value scores, Value labels);
/// −y log σ(x) − (1 − y) log(1 − σ(x)) of each score x and target y in [0, 1]. Stable.
SLOY_EXPORT Value sigmoid_cross_entropy(Value scores, Value targets);

// ---- Activations with an argument. activations.h has those without.

/// x where x > 0, else negative_slope · x (Maas, Hannun and Ng 2013); that slope at 0 too.
SLOY_EXPORT Value leaky_relu(Value x, double negative_slope);
/// x where x > 0, else alpha·(eˣ − 1), slope alpha at 0 (Clevert, Unterthiner, Hochreiter 2016).
SLOY_EXPORT Value elu(Value x, double alpha);
/// x·Φ(x), Φ the standard normal distribution's (Hendrycks and Gimpel 2016): ½·x·(1 + erf(x / √2)),
/// or approximately ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
SLOY_EXPORT Value gelu(Value x, bool approximate);
/// log(1 + exp(x)), stable (Dugas et al. 2001).
SLOY_EXPORT Value softplus(Value x);

// ---- Normalisation.

/// What is learned: either may be absent.
struct Affine {
  Value gamma = {};
  Value beta = {};
};
/// (x − mean) / √(variance + epsilon) · gamma + beta; all broadcast to x.
SLOY_EXPORT Value normalize(Value x, Moments moments, Affine affine, double epsilon);
/// x / max(‖x‖, epsilon) along the last axis, the Euclidean norm: at 0 its slope is 1 / epsilon.
SLOY_EXPORT Value unit_normalize(Value x, double epsilon);

// ---- Random numbers. The same numbers whatever the layout, threads or batches: each is a function
// of (seed, purpose, stream) and (step, example, element).

struct RandomOptions {
  Shape shape = {};           ///< the first dimension counts examples
  std::uint32_t purpose = 0;  ///< dropout, noise, …: keeps uses apart
  std::uint32_t stream = 0;   ///< a number of the layer's own: keeps layers apart
  bool operator==(const RandomOptions&) const = default;
  static void fields(auto&& field) {
    field("shape", &RandomOptions::shape);
    field("purpose", &RandomOptions::purpose);
    field("stream", &RandomOptions::stream);
  }
};
/// Uniform in [0, 1), a multiple of 2⁻²⁴. `seed` is int32 (2), the low word first; `step` an int32
/// scalar.
/// Philox4x32-10: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011).
SLOY_EXPORT Value random_uniform(Value seed, Value step, RandomOptions options);
/// Standard normal, by Box and Muller's method (1958) on two uniforms; operands likewise.
SLOY_EXPORT Value random_normal(Value seed, Value step, RandomOptions options);

}  // namespace sloy
