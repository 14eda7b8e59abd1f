// What is random against Keras: its seed is not ours, so moments agree within their standard
// errors; the numbers that a generator is asked for agree exactly.

#include <gtest/gtest.h>
#include <sloy/initializers.h>
#include <sloy/layers.h>

#include <algorithm>
#include <cmath>

#include "harness/layer_of.h"

namespace sloy {
namespace {

using harness::apply_layer;
using harness::Golden;

/// Of chance alone a difference of five standard errors is seen once in two million comparisons.
constexpr double errors_allowed = 5;

struct Moments {
  double mean = 0, variance = 0;
  double mean_error = 0, variance_error = 0;
};

Moments moments_of(std::span<const double> numbers) {
  const auto count = static_cast<double>(numbers.size());
  Moments found;
  for (double x : numbers) found.mean += x / count;
  double fourth = 0;
  for (double x : numbers) {
    const double squared = (x - found.mean) * (x - found.mean);
    found.variance += squared / count;
    fourth += squared * squared / count;
  }
  found.mean_error = std::sqrt(found.variance / count);
  found.variance_error = std::sqrt((fourth - found.variance * found.variance) / count);
  return found;
}

void expect_moments(const Moments& ours, const Moments& keras, const std::string& name) {
  EXPECT_NEAR(ours.mean, keras.mean, errors_allowed * std::hypot(ours.mean_error, keras.mean_error))
      << name;
  EXPECT_NEAR(ours.variance, keras.variance,
              errors_allowed * std::hypot(ours.variance_error, keras.variance_error))
      << name;
}

Shape shape_of(const Golden::Case& of) {
  const std::vector<std::int64_t> sizes = of.integers("shape");
  return Shape(std::span<const std::int64_t>(sizes));
}

Initializer initializer_of(const Golden::Case& of) {
  Initializer initializer;
  from_config(of.attributes.at("initializer"), initializer);
  return initializer;
}

constexpr std::uint64_t seed = 7;
constexpr std::string_view path = "layer/kernel";

TEST(GoldenInitializer, MomentsAreKeras) {
  const Golden golden("moments");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "initializer") continue;
    const Tensor made = initializer_of(of)(shape_of(of), seed, path).cast(DType::float64);
    const auto values = golden.tensor(of, "moments"), errors = golden.tensor(of, "errors");
    expect_moments(moments_of(made.values<double>()),
                   {.mean = values.values<double>()[0],
                    .variance = values.values<double>()[1],
                    .mean_error = errors.values<double>()[0],
                    .variance_error = errors.values<double>()[1]},
                   of.name);
  }
}

/// Keras's bounds or deviation, drawn by our generator, are the very numbers of our initializer.
TEST(GoldenInitializer, AsksForTheNumbersThatKerasAsksFor) {
  const Golden golden("moments");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "initializer") continue;
    const Tensor made = initializer_of(of)(shape_of(of), seed, path);
    Tensor drawn(DType::float32, made.shape());
    WeightRandom random(seed, path);
    const std::string draws = of.attributes.at("draws").as_string();
    if (draws == "uniform") {
      random.uniform(drawn.mutable_values<float>(), of.number("minval"), of.number("maxval"));
    } else if (draws == "normal") {
      random.normal(drawn.mutable_values<float>(), of.number("mean"), of.number("stddev"));
    } else {
      ASSERT_EQ(draws, "truncated_normal");
      random.truncated_normal(drawn.mutable_values<float>(), of.number("mean"),
                              of.number("stddev"));
    }
    EXPECT_EQ(made, drawn) << of.name;
  }
}

/// Uniform and truncated numbers fill their range, and none is outside it.
TEST(GoldenInitializer, BoundsAreKeras) {
  const Golden golden("moments");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "initializer") continue;
    const std::string draws = of.attributes.at("draws").as_string();
    if (draws == "normal") continue;
    const bool is_uniform = draws == "uniform";
    const double low =
        is_uniform ? of.number("minval") : of.number("mean") - 2 * of.number("stddev");
    const double high =
        is_uniform ? of.number("maxval") : of.number("mean") + 2 * of.number("stddev");
    const Tensor made = initializer_of(of)(shape_of(of), seed, path).cast(DType::float64);
    const auto [least, most] =
        std::minmax_element(made.values<double>().begin(), made.values<double>().end());
    const Tensor keras = golden.tensor(of, "bounds");
    for (const auto& [lowest, highest] :
         {std::pair{*least, *most},
          std::pair{keras.values<double>()[0], keras.values<double>()[1]}}) {
      const double edge = 1e-3 * (high - low), rounding = 1e-6 * (high - low);
      EXPECT_GE(lowest, low - rounding) << of.name;
      EXPECT_LE(lowest, low + edge) << of.name;
      EXPECT_LE(highest, high + rounding) << of.name;
      EXPECT_GE(highest, high - edge) << of.name;
    }
  }
}

TEST(GoldenInitializer, FixedNumbersAreKeras) {
  const Golden golden("moments");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "fixed") continue;
    const Tensor expected = golden.tensor(of, "values");
    EXPECT_EQ(initializer_of(of)(expected.shape(), seed, path), expected.cast(DType::float32))
        << of.name;
  }
}

/// gain² on the diagonal of the product of a matrix with itself, elsewhere 0, to float's rounding.
bool is_scaled_identity(std::span<const float> w, std::size_t vectors, std::size_t length,
                        std::size_t vector_stride, std::size_t stride, double gain) {
  for (std::size_t a = 0; a < vectors; ++a) {
    for (std::size_t b = 0; b < vectors; ++b) {
      double product = 0;
      for (std::size_t i = 0; i < length; ++i) {
        product += double(w[a * vector_stride + i * stride]) * w[b * vector_stride + i * stride];
      }
      if (std::abs(product - (a == b ? gain * gain : 0)) > 1e-5) return false;
    }
  }
  return true;
}

/// Of a kernel that isn't square columns are orthogonal, or rows where there are fewer of them; the
/// gain multiplies their length.
TEST(GoldenInitializer, OrthogonalIsSoAsKeras) {
  const Golden golden("moments");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "orthogonal") continue;
    const Shape shape = shape_of(of);
    const Tensor made = initializer_of(of)(shape, seed, path);
    const std::span<const float> w = made.values<float>();
    const auto columns = static_cast<std::size_t>(shape.size(-1));
    const std::size_t rows = w.size() / columns;
    const double gain = of.attributes.at("initializer").at("gain").as_number();
    EXPECT_EQ(is_scaled_identity(w, columns, rows, 1, columns, gain),
              of.attributes.at("columns").as_bool())
        << of.name;
    EXPECT_EQ(is_scaled_identity(w, rows, columns, columns, 1, gain),
              of.attributes.at("rows").as_bool())
        << of.name;
    double squares = 0;
    for (float x : w) squares += double(x) * x;
    EXPECT_NEAR(std::sqrt(squares), golden.tensor(of, "norm").item(), 1e-5) << of.name;
  }
}

/// The numbers of one column at the first or last position of every example.
std::vector<double> column_of(const Tensor& y, std::size_t column, bool last_position) {
  const std::span<const double> numbers = y.values<double>();
  const auto rows = static_cast<std::size_t>(y.shape().size(0));
  const std::size_t in_row = numbers.size() / rows;
  const std::size_t columns = static_cast<std::size_t>(y.shape().size(-1));
  std::vector<double> found;
  for (std::size_t row = 0; row < rows; ++row) {
    found.push_back(numbers[row * in_row + (last_position ? in_row - columns : 0) + column]);
  }
  return found;
}

/// `columns` at every position of a tensor of this shape.
Tensor repeated(const Shape& shape, std::span<const double> columns) {
  Tensor x(DType::float64, shape);
  const std::span<double> numbers = x.mutable_values<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = columns[i % columns.size()];
  return x;
}

TEST(GoldenNoise, MomentsAreKeras) {
  const Golden golden("moments");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "noise") continue;
    SCOPED_TRACE(of.name);
    const Layer layer = layer_from_config(of.attributes.at("layer"));
    const Shape shape = shape_of(of);
    const Tensor given = golden.tensor(of, "columns"), used = golden.tensor(of, "used");
    const Tensor y = apply_layer(layer, repeated(shape, given.values<double>()), true);
    const Tensor moments = golden.tensor(of, "moments"), errors = golden.tensor(of, "errors");
    const Tensor zeros = golden.tensor(of, "zeros");
    const std::size_t columns = given.values<double>().size();
    bool alike = true;
    for (std::size_t column = 0; column < columns; ++column) {
      const std::vector<double> found = column_of(y, column, false);
      expect_moments(moments_of(found),
                     {.mean = moments.values<double>()[column],
                      .variance = moments.values<double>()[columns + column],
                      .mean_error = errors.values<double>()[column],
                      .variance_error = errors.values<double>()[columns + column]},
                     "column " + std::to_string(column));
      const auto count = static_cast<double>(found.size());
      const double share = double(std::count(found.begin(), found.end(), 0.0)) / count;
      EXPECT_NEAR(share, zeros.values<double>()[column],
                  errors_allowed * std::sqrt(2 * share * (1 - share) / count));
      alike = alike && found == column_of(y, column, true);
    }
    EXPECT_EQ(alike, golden.tensor(of, "positions_alike").item() == 1);
    EXPECT_EQ(column_of(apply_layer(layer, repeated(shape.with_first(1), given.values<double>())),
                        0, false)[0],
              used.values<double>()[0]);
  }
}

/// Keras has the inverted form alone: the classic one is that times 1 − rate, in training and use.
TEST(GoldenNoise, ClassicDropoutIsKerasTimesWhatIsKept) {
  const Golden golden("moments");
  for (const char* name : {"dropout", "dropout_high"}) {
    const Golden::Case& of = golden.find(name);
    const double kept = 1 - of.attributes.at("layer").at("rate").as_number();
    const Dropout layer{.rate = 1 - kept, .form = DropoutForm::classic};
    const Tensor given = golden.tensor(of, "columns");
    const Tensor y = apply_layer(layer, repeated(shape_of(of), given.values<double>()), true);
    const Tensor moments = golden.tensor(of, "moments"), errors = golden.tensor(of, "errors");
    for (std::size_t column = 0; column < 3; ++column) {
      expect_moments(moments_of(column_of(y, column, false)),
                     {.mean = kept * moments.values<double>()[column],
                      .variance = kept * kept * moments.values<double>()[3 + column],
                      .mean_error = kept * errors.values<double>()[column],
                      .variance_error = kept * kept * errors.values<double>()[3 + column]},
                     name);
      const Tensor used = apply_layer(layer, repeated({1, 3}, given.values<double>()));
      EXPECT_NEAR(used.values<double>()[column],
                  kept * golden.tensor(of, "used").values<double>()[column], 1e-12);
    }
  }
}

}  // namespace
}  // namespace sloy
