#include "ops/softmax.h"

#include <limits>

#include "harness/op_cases.h"

namespace sloy {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <>
OpCases cases<softmax_op>() {
  return {softmax_op,
          {{.values = {{1e4, 1e4, -1e4}}, .expect = {{0.5, 0.5, 0.0}}},
           // softmax(x, 0) is the logistic function of x
           {.shapes = {{2, 2}},
            .values = {{1, 0, -2, 0}},
            .expect = {{0.7310585786300049, 0.2689414213699951, 0.11920292202211755,
                        0.8807970779778823}}},
           {.shapes = {{4, 7}}},
           {.shapes = {{batch, 3}}},
           {.shapes = {{batch, 3, 5}}},
           {.shapes = {{3, 1}}, .mostly_constant = true},
           {.shapes = {{1, 15}}},
           {.shapes = {{5, 16}}},
           {.shapes = {{5, 17}}},
           {.shapes = {{3, 33}}},
           {.shapes = {{128, 10}}},
           {.shapes = {{16, 1000}}},
           {.shapes = {{2, 8, 8, 64}}},
           {.shapes = {{}}, .error = "softmax: a scalar has no axis -1"},
           {.shapes = {{3, batch}}, .error = "softmax: the size along axis 1 depends on the batch"},
           {.shapes = {{3, 0}}, .error = "softmax: there are no elements to work on"},
           {.shapes = {{3}},
            .dtypes = {DType::int32},
            .error = "softmax: x must be float32, not int32"}},
          {.accuracy = Accuracy::statistic}};
}

template <>
OpCases cases<softmax_cross_entropy_op>() {
  const std::vector<DType> dtypes{DType::float32, DType::int32};
  return {softmax_cross_entropy_op,
          {{.shapes = {{3, 2}, {3}},
            .values = {{0, 0, 1e4, -1e4, 1e4, -1e4}, {1, 0, 1}},
            .dtypes = dtypes,
            .expect = {{0.6931471805599453, 0, 2e4}}},
           {.shapes = {{2, 3}, {2}},
            .values = {{1, 2, 3, 1, 2, 3}, {3, -1}},
            .dtypes = dtypes,
            .expect = {{nan, nan}}},
           {.shapes = {{batch, 5}, {batch}}, .dtypes = dtypes},
           {.shapes = {{3}, {}}, .dtypes = dtypes, .below = 3},
           {.shapes = {{2, 4, 3}, {2, 4}}, .dtypes = dtypes, .below = 3},
           {.shapes = {{17, 15}, {17}}, .dtypes = dtypes},
           {.shapes = {{4, 33}, {4}}, .dtypes = dtypes, .below = 33},
           {.shapes = {{128, 10}, {128}}, .dtypes = dtypes, .below = 10},
           {.shapes = {{16, 1000}, {16}}, .dtypes = dtypes, .below = 1000},
           {.shapes = {{4, 3}, {4, 3}},
            .dtypes = dtypes,
            .error = "softmax_cross_entropy: there must be one label a row of scores"},
           {.shapes = {{4, 3}, {4}},
            .error = "softmax_cross_entropy: labels must be int32, not float32"}},
          {.accuracy = Accuracy::statistic}};
}

}  // namespace sloy
