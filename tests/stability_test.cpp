// What every loss, activation, normalisation and pooling gives where formulas go wrong: scores of
// ±1000, probabilities of exactly 0 and 1, variance 0, a batch of one, a single pixel, a hundred
// thousand classes; and at kinks and ties the derivative that its header states. In double and in
// float, by the reference and by the CPU's kernels.

#include <gtest/gtest.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::Comparison;
using Numbers = std::vector<double>;
using std::numbers::ln2;

constexpr Comparison comparisons[] = {
    {BackendKind::reference, NumericPrecision::float64, 1e-9},
    {BackendKind::reference, NumericPrecision::float32, 1e-5},
    {BackendKind::cpu, NumericPrecision::float32, 1e-5},
};

using Function = std::function<Value(Build&, const std::vector<Value>&)>;

/// One row: a function at hard inputs, its result, and the derivative of Σ result·dy by the last of
/// the inputs.
struct Row {
  std::string what;  ///< the type or function
  std::string at;    ///< what is hard
  Function function;
  std::vector<Tensor> inputs;
  Numbers result;
  Numbers slopes;
  Numbers dy = {};  ///< left out: 1 everywhere
  /// where 1 − 1e-7 is another number in float
  Numbers float_result = {};
  bool has_batch = true;  ///< whether the inputs' first axis is the batch
};

Tensor tensor(const Shape& shape, const Numbers& numbers) { return Tensor(shape, numbers); }
Tensor row_of(const Numbers& numbers) {
  return tensor({1, static_cast<std::int64_t>(numbers.size())}, numbers);
}
Tensor label(std::int32_t number) { return Tensor({1}, std::vector<std::int32_t>{number}); }

// ---- Kinds of rows.

Row activation_row(const std::string& name, Activation::Function f, const Numbers& x,
                   const Numbers& result, const Numbers& slopes, const Numbers& dy = {}) {
  return {name,
          "far out and at kinks",
          [f](Build&, const auto& in) { return f(in[0]); },
          {row_of(x)},
          result,
          slopes,
          dy};
}

Row layer_row(const Layer& layer, const std::string& at, const Tensor& x, const Numbers& result,
              const Numbers& slopes, const Numbers& dy = {}) {
  const auto call = [layer](Build& build, const std::vector<Value>& in) {
    Scope scope = Scope(build).enter("layer");
    return layer.call(scope, in)[0];
  };
  return {std::string(layer.type()), at, call, {x}, result, slopes, dy};
}

Row loss_row(const Loss& loss, const std::string& at, const Tensor& target,
             const Numbers& prediction, double result, const Numbers& slopes,
             std::optional<double> in_float = {}) {
  Row row{std::string(loss.type()),
          at,
          [loss](Build&, const auto& in) { return loss(in[0], in[1]); },
          {target, row_of(prediction)},
          {result},
          slopes};
  if (in_float) row.float_result = {*in_float};
  return row;
}

Row penalty_row(const Regularizer& regularizer, const std::string& name, const std::string& at,
                const Tensor& weight, double result, const Numbers& slopes) {
  const auto call = [regularizer](Build&, const auto& in) { return regularizer(in[0]); };
  Row row{name, at, call, {weight}, {result}, slopes};
  row.has_batch = false;
  return row;
}

// ---- The table.

std::vector<Row> activation_rows() {
  constexpr double scale = 1.0507009873554805, floor = -1.7580993408473766;
  constexpr double near_one = 1000.0 / 1001, flat = 1 / 1002001.0;
  const Numbers far{-1000, 0, 1000};
  return {
      activation_row("linear", linear, far, far, {1, 1, 1}),
      activation_row("relu", relu, far, {0, 0, 1000}, {0, 0, 1}),
      activation_row("relu6", relu6, {-1000, 0, 6, 1000}, {0, 0, 6, 6}, {0, 0, 0, 0}),
      activation_row("leaky_relu", leaky_relu, far, {-200, 0, 1000}, {0.2, 0.2, 1}),
      activation_row("elu", elu, far, {-1, 0, 1000}, {0, 1, 1}),
      activation_row("selu", selu, far, {floor, 0, 1000 * scale}, {0, -floor, scale}),
      activation_row("gelu", gelu, far, {0, 0, 1000}, {0, 0.5, 1}),
      activation_row("silu", silu, far, {0, 0, 1000}, {0, 0.5, 1}),
      activation_row("mish", mish, far, {0, 0, 1000}, {0, 0.6, 1}),
      activation_row("softplus", softplus, far, {0, ln2, 1000}, {0, 0.5, 1}),
      activation_row("softsign", softsign, far, {-near_one, 0, near_one}, {flat, 1, flat}),
      activation_row("exponential", exponential, {-1000, 0}, {0, 1}, {0, 1}),
      activation_row("tanh", tanh, far, {-1, 0, 1}, {0, 1, 0}),
      activation_row("sigmoid", sigmoid, far, {0, 0.5, 1}, {0, 0.25, 0}),
      activation_row("hard_sigmoid", hard_sigmoid, {-1000, -3, 0, 3, 1000}, {0, 0, 0.5, 1, 1},
                     {0, 0, 1. / 6, 0, 0}),
      activation_row("hard_silu", hard_silu, {-1000, -3, 0, 3, 1000}, {0, 0, 0, 3, 1000},
                     {0, 0, 0.5, 1, 1}),
      activation_row("softmax", softmax, {1000, -1000, 1000}, {0.5, 0, 0.5}, {-0.5, 0, 0.5},
                     {1, 2, 3}),
      activation_row("softmax", softmax, {1000}, {1}, {0}),
      activation_row("log_softmax", log_softmax, {1000, -1000, 1000}, {-ln2, -2000 - ln2, -ln2},
                     {-2, 2, 0}, {1, 2, 3}),
      layer_row(Softmax{.axis = {1, 2}}, "scores of ±1000",
                tensor({1, 2, 2}, {1000, -1000, 0, 1000}), {0.5, 0, 0, 0.5}, {-0.75, 0, 0, 0.75},
                {1, 2, 3, 4}),
      layer_row(ReLU{}, "the kink", row_of(far), {0, 0, 1000}, {0, 0, 1}),
      layer_row(ReLU{.max_value = 6, .negative_slope = 0.1, .threshold = 1}, "its kinks",
                row_of({-1000, 1, 6, 1000}), {-100.1, 1, 6, 6}, {0.1, 1, 1, 0}),
      layer_row(LeakyReLU{.negative_slope = 0.3}, "the kink", row_of(far), {-300, 0, 1000},
                {0.3, 0.3, 1}),
      layer_row(ELU{.alpha = 0.7}, "the kink", row_of(far), {-0.7, 0, 1000}, {0, 0.7, 1}),
      layer_row(PReLU{.alpha_initializer = Constant{0.25}}, "the kink", row_of(far),
                {-250, 0, 1000}, {0.25, 0.25, 1}),
      layer_row(GELU{.approximate = true}, "far out", row_of(far), {0, 0, 1000}, {0, 0.5, 1}),
  };
}

std::vector<Row> op_rows() {
  const auto op = [](const std::string& name, Value (*f)(Value), const Numbers& x,
                     const Numbers& result,
                     const Numbers& slopes) { return activation_row(name, f, x, result, slopes); };
  return {
      op("absolute", absolute, {-1000, 0, 1000}, {1000, 0, 1000}, {-1, 0, 1}),
      op("sign", sign, {-1000, 0, 1000}, {-1, 0, 1}, {0, 0, 0}),
      op("maximum(x, 2)", [](Value x) { return maximum(x, 2); }, {1, 2}, {2, 2}, {0, 1}),
      op("maximum(2, x)", [](Value x) { return maximum(2, x); }, {1, 2}, {2, 2}, {0, 0}),
      op("minimum(x, 2)", [](Value x) { return minimum(x, 2); }, {2, 3}, {2, 2}, {1, 0}),
      op("a clip's corners", [](Value x) { return minimum(maximum(x, -1), 1); },
         {-1000, -1, 1, 1000}, {-1, -1, 1, 1}, {0, 1, 1, 0}),
      op("max", [](Value x) { return max(x, {.axes = {-1}}); }, {1, 3, 3, 2}, {3}, {0, 1, 0, 0}),
  };
}

constexpr double clip = 1e-7, float_clip = 0x1p-23;  ///< 1 minus the float nearest to 1 − 1e-7

/// Where the right answer is sure and where the wrong one is.
std::vector<Row> loss_rows_of_scores() {
  const Tensor first = row_of({1, 0}), second = row_of({0, 1});
  const Numbers sure{1000, -1000};
  const SparseCategoricalCrossentropy sparse{.from_logits = true};
  const CategoricalCrossentropy categorical{.from_logits = true};
  const BinaryCrossentropy binary{.from_logits = true};
  const BinaryFocalCrossentropy focal{.from_logits = true};
  const CategoricalFocalCrossentropy categorical_focal{.from_logits = true};
  return {
      loss_row(sparse, "sure and right", label(0), sure, 0, {0, 0}),
      loss_row(sparse, "sure and wrong", label(1), sure, 2000, {1, -1}),
      loss_row(categorical, "sure and right", first, sure, 0, {0, 0}),
      loss_row(categorical, "sure and wrong", second, sure, 2000, {1, -1}),
      loss_row(CategoricalCrossentropy{.from_logits = true, .label_smoothing = 0.2},
               "sure of smoothed labels", first, sure, 200, {0.1, -0.1}),
      loss_row(binary, "sure and right", first, sure, 0, {0, 0}),
      loss_row(binary, "sure and wrong", second, sure, 1000, {0.5, -0.5}),
      loss_row(binary, "scores of 0", first, {0, 0}, ln2, {-0.25, 0.25}),
      loss_row(focal, "sure and right", first, sure, 0, {0, 0}),
      loss_row(focal, "sure and wrong", second, sure, 1000, {0.5, -0.5}),
      loss_row(BinaryFocalCrossentropy{.gamma = 0.5, .from_logits = true}, "gamma below 1", first,
               sure, 0, {0, 0}),
      loss_row(categorical_focal, "sure and right", first, sure, 0, {0, 0}),
      loss_row(categorical_focal, "sure and wrong", second, sure, 500, {0.25, -0.25}),
      loss_row(CategoricalFocalCrossentropy{.gamma = 0.5, .from_logits = true}, "gamma below 1",
               first, sure, 0, {0, 0}),
      // Margins of 0, 1001, exactly 1 and exactly 1.
      loss_row(Hinge{}, "scores of 1000 and its corner", row_of({1, -1, 0, 1}), {1000, 1000, -1, 1},
               1001. / 4, {0, 0.25, 0, 0}),
      loss_row(SquaredHinge{}, "scores of 1000 and its corner", row_of({1, -1, 0, 1}),
               {1000, 1000, -1, 1}, 1001. * 1001 / 4, {0, 1001. / 2, 0, 0}),
      loss_row(CategoricalHinge{}, "equal wrong scores", row_of({0, 1, 0}), {1000, -1000, 1000},
               2001, {1, -1, 0}),
      loss_row(CategoricalHinge{}, "its corner", first, {2, 1}, 0, {0, 0}),
  };
}

/// What is clipped passes no gradient.
std::vector<Row> loss_rows_of_probabilities() {
  const Tensor first = row_of({1, 0}), second = row_of({0, 1});
  const Numbers sure{1, 0};
  const double missed = -std::log(clip);
  // Of p = 1 where 0 is right, in float: log(1 − p) of the nearest to 1 − 1e-7.
  const double float_binary = (missed - std::log(float_clip)) / 2;
  return {
      loss_row(SparseCategoricalCrossentropy{}, "probability 1", label(0), sure, clip, {0, 0},
               float_clip),
      loss_row(SparseCategoricalCrossentropy{}, "probability 0", label(1), sure, missed, {0, 0}),
      loss_row(CategoricalCrossentropy{}, "probability 1", first, sure, clip, {0, 0}, float_clip),
      loss_row(CategoricalCrossentropy{}, "probability 0", second, sure, missed, {0, 0}),
      loss_row(BinaryCrossentropy{}, "probabilities 1 and 0, right", first, sure, clip, {0, 0}),
      loss_row(BinaryCrossentropy{}, "probabilities 1 and 0, wrong", second, sure, missed, {0, 0},
               float_binary),
      loss_row(BinaryFocalCrossentropy{}, "probabilities 1 and 0, right", first, sure, 0, {0, 0}),
      loss_row(BinaryFocalCrossentropy{}, "probabilities 1 and 0, wrong", second, sure,
               missed * (1 - 2 * clip), {0, 0}, float_binary),
      loss_row(CategoricalFocalCrossentropy{}, "probability 1", first, sure, 0, {0, 0}),
      loss_row(CategoricalFocalCrossentropy{}, "probability 0", second, sure,
               0.25 * missed * (1 - 2 * clip), {0, 0}),
      loss_row(KLDivergence{}, "probability 1, right", first, sure, 0, {-1, 0}),
      loss_row(KLDivergence{}, "probability 0 of what is sure", second, sure, missed, {0, 0}),
  };
}

std::vector<Row> loss_rows_of_numbers() {
  const double far = 1000 - ln2, missed = -std::log(clip);
  const double below = std::pow(ln2 - std::log1p(clip), 2);
  const double length = std::sqrt(5);
  return {
      loss_row(MeanSquaredError{}, "errors of ±1000", row_of({0, 0}), {1000, -1000}, 1e6,
               {1000, -1000}),
      loss_row(MeanAbsoluteError{}, "an error of 0", row_of({5, 0}), {5, 1000}, 500, {0, 0.5}),
      loss_row(Huber{}, "errors of 0, delta and 1000", row_of({0, 0, 0}), {0, 1, 1000}, 1000. / 3,
               {0, 1. / 3, 1. / 3}),
      loss_row(LogCosh{}, "errors of 0 and ±1000", row_of({0, 0, 0}), {0, 1000, -1000}, 2 * far / 3,
               {0, 1. / 3, -1. / 3}),
      loss_row(MeanAbsolutePercentageError{}, "an error of 0", row_of({0, 2}), {0, 2}, 0, {0, 0}),
      loss_row(MeanAbsolutePercentageError{}, "a target of 0", row_of({0}), {1}, 1e9, {1e9}),
      loss_row(MeanSquaredLogarithmicError{}, "numbers below 0 and 0", row_of({1, 0}), {-5, 0},
               below / 2, {0, 0}),
      loss_row(CosineSimilarity{}, "a prediction of 0", row_of({1, 2}), {0, 0}, 0,
               {-1e7 / length, -2e7 / length}),
      loss_row(CosineSimilarity{}, "a target of 0", row_of({0, 0}), {1, 2}, 0, {0, 0}),
      loss_row(Poisson{}, "a rate of 0", row_of({3, 0}), {0, 0}, 3 * missed / 2,
               {(1 - 3e7) / 2, 0.5}),
      loss_row(Poisson{.log_input = true}, "a rate that is 0 in float", row_of({3}), {-1000}, 3000,
               {-3}),
  };
}

std::vector<Row> penalty_rows() {
  const Tensor weight = tensor({1, 3}, {-2, 0, 3});
  // The first and the last row point the same way; the middle one nowhere.
  const Tensor rows = tensor({3, 2}, {1, 0, 0, 0, 2, 0});
  return {
      penalty_row(L1{.l1 = 0.5}, "L1", "a weight of 0", weight, 2.5, {-0.5, 0, 0.5}),
      penalty_row(L2{.l2 = 0.5}, "L2", "a weight of 0", weight, 6.5, {-2, 0, 3}),
      penalty_row(L1L2{.l1 = 0.5, .l2 = 0.5}, "L1L2", "a weight of 0", weight, 9, {-2.5, 0, 3.5}),
      penalty_row(OrthogonalRegularizer{.factor = 3}, "OrthogonalRegularizer", "a row of zeros",
                  rows, 1, {0, 0, 0, 0, 0, 0}),
  };
}

/// With ε = 1e-3 and variance 0 a normalisation multiplies what differs from the mean of dy by
/// 1 / √ε; of a single number nothing is left.
std::vector<Row> normalization_rows() {
  const double steep = 1 / std::sqrt(1e-3);
  const Tensor pixel = tensor({1, 1, 1, 2}, {1000, -1000});
  const double sum = 2 + 1e-4 * 1e6, power = std::pow(sum, -0.75);
  return {
      layer_row(BatchNormalization{}, "variance 0", tensor({2, 1}, {5, 5}), {0, 0},
                {-0.5 * steep, 0.5 * steep}, {1, 2}),
      layer_row(BatchNormalization{}, "a batch of one", row_of({1000, -1000}), {0, 0}, {0, 0},
                {1, 2}),
      layer_row(BatchNormalization{}, "a single pixel", pixel, {0, 0}, {0, 0}, {1, 2}),
      layer_row(LayerNormalization{}, "variance 0", row_of({5, 5, 5}), {0, 0, 0},
                {-steep, 0, steep}, {1, 2, 3}),
      layer_row(LayerNormalization{}, "a single number", row_of({1000}), {0}, {0}),
      layer_row(LayerNormalization{}, "numbers of ±1000", row_of({1000, -1000}), {1, -1}, {0, 0},
                {1, 2}),
      layer_row(GroupNormalization{.groups = 2}, "variance 0", tensor({1, 2, 2}, {5, 7, 5, 7}),
                {0, 0, 0, 0}, {-steep, -steep, steep, steep}, {1, 2, 3, 4}),
      layer_row(GroupNormalization{.groups = 2}, "a single pixel", pixel, {0, 0}, {0, 0}, {1, 2}),
      layer_row(InstanceNormalization{}, "variance 0", tensor({1, 2, 1}, {5, 5}), {0, 0},
                {-0.5 * steep, 0.5 * steep}, {1, 2}),
      layer_row(InstanceNormalization{}, "a single pixel", pixel, {0, 0}, {0, 0}, {1, 2}),
      layer_row(UnitNormalization{}, "length 0", row_of({0, 0}), {0, 0}, {1e12, 2e12}, {1, 2}),
      layer_row(UnitNormalization{}, "a single number", row_of({-1000}), {-1}, {0}),
      layer_row(Normalization{.mean = {5}, .variance = {0}}, "variance 0", row_of({5}), {0}, {1e7}),
      layer_row(Normalization{.mean = {5}, .variance = {0}, .invert = true}, "variance 0, inverted",
                row_of({1000}), {5.0001}, {1e-7}),
      layer_row(LocalResponseNormalization{}, "0", tensor({1, 1, 1, 1}, {0}), {0},
                {std::pow(2, -0.75)}),
      layer_row(LocalResponseNormalization{}, "1000", tensor({1, 1, 1, 1}, {1000}), {1000 * power},
                {power * (1 - 0.75 * 2e-4 * 1e6 / sum)}),
      layer_row(Dense{.units = 1, .kernel_initializer = Ones{}, .weight_standardization = true},
                "weights of variance 0", row_of({1000, -1}), {0}, {0, 0}),
  };
}

std::vector<Row> pooling_rows() {
  const Tensor pixel = tensor({1, 1, 1, 1}, {-1000});
  const Tensor video = tensor({1, 1, 1, 1, 1}, {-1000});
  const Tensor tied = tensor({1, 4, 1}, {5, 5, -1, -1});
  return {
      layer_row(MaxPool1D{}, "ties", tied, {5, -1}, {1, 0, 1, 0}),
      layer_row(MaxPool1D{.strides = 1}, "ties where windows overlap", tensor({1, 3, 1}, {5, 5, 5}),
                {5, 5}, {1, 1, 0}),
      layer_row(MaxPool2D{.pool_size = 3, .padding = same}, "a single pixel", pixel, {-1000}, {1}),
      layer_row(MaxPool3D{.pool_size = 2, .padding = same}, "a single pixel", video, {-1000}, {1}),
      layer_row(AveragePool1D{.pool_size = 3, .padding = same}, "a single position",
                tensor({1, 1, 1}, {-1000}), {-1000}, {1}),
      layer_row(AveragePool2D{.pool_size = 3, .padding = same}, "a single pixel", pixel, {-1000},
                {1}),
      layer_row(AveragePool2D{.pool_size = 3, .padding = same, .count_include_pad = true},
                "a single pixel among zeros that count", pixel, {-1000. / 9}, {1. / 9}),
      layer_row(AveragePool3D{.pool_size = 2, .padding = same}, "a single pixel", video, {-1000},
                {1}),
      layer_row(GlobalMaxPooling1D{}, "ties", tied, {5}, {1, 0, 0, 0}),
      layer_row(GlobalMaxPooling2D{}, "a single pixel", pixel, {-1000}, {1}),
      layer_row(GlobalMaxPooling3D{}, "a single pixel", video, {-1000}, {1}),
      layer_row(GlobalAveragePooling1D{}, "a single position", tensor({1, 1, 1}, {-1000}), {-1000},
                {1}),
      layer_row(GlobalAveragePooling2D{}, "a single pixel", pixel, {-1000}, {1}),
      layer_row(GlobalAveragePooling3D{}, "a single pixel", video, {-1000}, {1}),
  };
}

std::vector<Row> table() {
  std::vector<Row> rows;
  for (auto part : {activation_rows, op_rows, loss_rows_of_scores, loss_rows_of_probabilities,
                    loss_rows_of_numbers, penalty_rows, normalization_rows, pooling_rows}) {
    const std::vector<Row> more = part();
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

// ---- The tests.

struct Found {
  Tensor result, slopes;
};

Found run(const Row& row, const Comparison& comparison) {
  Graph graph;
  Build build(graph, true);
  std::vector<Value> inputs;
  for (const Tensor& input : row.inputs) {
    const DType dtype = is_float(input.dtype()) ? DType::float32 : input.dtype();
    const Shape shape = row.has_batch ? input.shape().with_first(batch) : input.shape();
    inputs.push_back(graph.input("x" + std::to_string(inputs.size()), {dtype, shape}));
  }
  const Value y = row.function(build, inputs);
  std::vector<Tensor> feeds = row.inputs;
  const Value dy = graph.input("dy", y.type());
  Tensor weights(DType::float64, y.shape().bind(row.inputs[0].shape().size(0)));
  for (std::size_t i = 0; i < weights.values<double>().size(); ++i) {
    weights.mutable_values<double>()[i] = row.dy.empty() ? 1 : row.dy[i];
  }
  feeds.push_back(weights);
  const Value slopes = gradient(sum(y * dy), std::vector{inputs.back()})[0];
  const Program program = compile(
      {.outputs = {y, slopes}, .backend = comparison.backend, .precision = comparison.precision});
  State state(program.variables(), {.precision = comparison.precision});
  const Results results = program.run(state, feeds);
  return {results[0].cast(DType::float64), results[1].cast(DType::float64)};
}

void expect_near(const Tensor& found, const Numbers& expected, double tolerance) {
  ASSERT_EQ(found.values<double>().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.values<double>()[i], expected[i], tolerance * (1 + std::abs(expected[i])));
  }
}

TEST(Stability, ValuesAndGradientsAreAsStated) {
  for (const Row& row : table()) {
    for (const Comparison& comparison : comparisons) {
      const bool is_float = comparison.precision == NumericPrecision::float32;
      SCOPED_TRACE(row.what + " at " + row.at + (is_float ? ", float" : ", double") +
                   (comparison.backend == BackendKind::cpu ? ", CPU" : ""));
      const Found found = run(row, comparison);
      const bool rounds = is_float && !row.float_result.empty();
      expect_near(found.result, rounds ? row.float_result : row.result, comparison.tolerance);
      expect_near(found.slopes, row.slopes, comparison.tolerance);
    }
  }
}

/// "MaxPool" of "MaxPool2D".
std::string without_directions(std::string_view type) {
  const bool has_them = type.ends_with("1D") || type.ends_with("2D") || type.ends_with("3D");
  return std::string(type.substr(0, type.size() - (has_them ? 2 : 0)));
}

TEST(Stability, HasARowForEveryLossActivationPenaltyNormalizationAndPooling) {
  std::set<std::string> rows;
  for (const Row& row : table()) rows.insert(without_directions(row.what));
  for (const TypeEntry<Loss>& type : loss_types()) {
    EXPECT_TRUE(rows.contains(std::string(type.name))) << type.name;
  }
  for (const TypeEntry<Regularizer>& type : regularizer_types()) {
    EXPECT_TRUE(rows.contains(std::string(type.name))) << type.name;
  }
  for (const Activation& one : activations()) {
    // Of two names for one function the first.
    const auto first = std::find(activations().begin(), activations().end(), one);
    EXPECT_TRUE(rows.contains(std::string(first->function_name()))) << first->function_name();
  }
  for (const LayerEntry& entry : layer_types()) {
    const bool is_normalization = entry.name.find("Normalization") != entry.name.npos;
    if (!is_normalization && entry.name.find("Pool") == entry.name.npos) continue;
    const Layer layer = layer_from_config(Config(std::string(entry.name)));
    EXPECT_TRUE(rows.contains(without_directions(layer.type()))) << layer.type();
  }
}

/// All classes equally likely in one example, in the other one of them far more than all others:
/// log of their number, and 0; and so the slopes.
TEST(Stability, OfAHundredThousandClasses) {
  constexpr std::int64_t classes = 100000;
  constexpr std::size_t one = 99999, other = 77;
  Tensor scores(DType::float64, {2, classes}), one_hot(DType::float64, {2, classes});
  scores.mutable_values<double>()[classes + other] = 50;
  one_hot.mutable_values<double>()[one] = one_hot.mutable_values<double>()[classes + other] = 1;
  const Tensor labels({2}, std::vector<std::int32_t>{one, other});
  const double log_classes = std::log(double(classes));
  const double smoothing = 0.1, share = 1 / double(classes);
  struct Case {
    Loss loss;
    bool takes_labels;
    double result;
    double at_one, elsewhere;  ///< slopes of the first example's scores
  };
  const Case cases[] = {
      {SparseCategoricalCrossentropy{.from_logits = true}, true, log_classes / 2, (share - 1) / 2,
       share / 2},
      {CategoricalCrossentropy{.from_logits = true}, false, log_classes / 2, (share - 1) / 2,
       share / 2},
      // The second example's mean score is 50 / classes, 50 below what it is smoothed from.
      {SparseCategoricalCrossentropy{.from_logits = true, .label_smoothing = smoothing}, true,
       (log_classes + smoothing * (50 - 50 * share)) / 2, (1 - smoothing) * (share - 1) / 2,
       (1 - smoothing) * share / 2},
      {CategoricalFocalCrossentropy{.alpha = 1, .gamma = 1, .from_logits = true}, false,
       (1 - share) * log_classes / 2, -(1 - share) * (1 - share + share * log_classes) / 2,
       share * (1 - share + share * log_classes) / 2},
  };
  for (const Case& of : cases) {
    const Row row{std::string(of.loss.type()),
                  "a hundred thousand classes",
                  [&of](Build&, const auto& in) { return of.loss(in[0], in[1]); },
                  {of.takes_labels ? labels : one_hot, scores},
                  {},
                  {}};
    for (const Comparison& comparison : comparisons) {
      SCOPED_TRACE(to_json(to_config(of.loss)));
      const bool is_float = comparison.precision == NumericPrecision::float32;
      const Found found = run(row, comparison);
      const std::span<const double> slopes = found.slopes.values<double>();
      const double tolerance = is_float ? 1e-3 : 1e-9;  // a float sum of so many logarithms
      EXPECT_NEAR(found.result.item(), of.result, tolerance * of.result);
      EXPECT_NEAR(slopes[one], of.at_one, tolerance);
      EXPECT_NEAR(slopes[0], of.elsewhere, tolerance * of.elsewhere);
      double sum = 0;
      for (double slope : slopes) {
        ASSERT_TRUE(std::isfinite(slope));
        sum += slope;
      }
      EXPECT_NEAR(sum, 0, tolerance) << "a softmax's scores may all grow alike";
    }
  }
}

/// A gradient of 0, with a norm of 0 and from slots of 0: weights of 0 stay, whatever is divided
/// by.
TEST(Stability, EveryOptimizerTakesAGradientOfZero) {
  for (const TypeEntry<Optimizer>& type : optimizer_types()) {
    for (const std::string option : {"", "clipnorm", "global_clipnorm", "clipvalue"}) {
      Config config;
      if (!option.empty()) config[option] = 1.0;
      config["type"] = std::string(type.name);
      for (const Comparison& comparison : comparisons) {
        SCOPED_TRACE(to_json(config));
        Graph graph;
        const VariableId weight =
            graph.variables().add({.name = "w", .type = {DType::float32, {3}}});
        const Value loss = sum(square(graph.variable(weight)));
        const Program step = compile({.outputs = {loss},
                                      .updates = optimizer_from_config(config).minimize(loss),
                                      .backend = comparison.backend,
                                      .precision = comparison.precision});
        State state(step.variables(), {.precision = comparison.precision});
        for (int i = 0; i < 3; ++i) step.run(state, {});
        const Tensor after = state.get(weight).cast(DType::float64);
        for (double number : after.values<double>()) EXPECT_EQ(number, 0);
      }
    }
  }
}

}  // namespace
}  // namespace sloy
