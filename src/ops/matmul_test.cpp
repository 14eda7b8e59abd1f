#include "ops/matmul.h"

#include <limits>

#include "harness/op_cases.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

MatmulAttributes transposed(bool a, bool b) {
  return {.options = {.transpose_a = a, .transpose_b = b}};
}

}  // namespace

template <>
OpCases cases<matmul_op>() {
  return {matmul_op,
          {{.shapes = {{2, 3}, {3, 2}},
            .values = {{1, 2, 3, 4, 5, 6}, {1, 0, 0, 1, 2, -1}},
            .expect = {{7, -1, 16, -1}}},
           {.shapes = {{3, 2}, {2, 3}},
            .values = {{1, 4, 2, 5, 3, 6}, {1, 0, 2, 0, 1, -1}},
            .attributes = transposed(true, true),
            .expect = {{7, -1, 16, -1}}},
           {.shapes = {{1, 1}, {1, 1}}},
           {.shapes = {{batch, 3}, {3, 4}}},
           {.shapes = {{batch, 3}, {4, 3}}, .attributes = transposed(false, true)},
           {.shapes = {{batch, 3}, {batch, 4}}, .attributes = transposed(true, false)},
           {.shapes = {{5, 2}, {3, 5}}, .attributes = transposed(true, true)},
           {.shapes = {{1, 7}, {7, 1}}},
           {.shapes = {{7, 1}, {1, 7}}},
           {.shapes = {{15, 16}, {16, 17}}},
           {.shapes = {{33, 15}, {15, 33}}},
           {.shapes = {{17, 33}, {17, 16}}, .attributes = transposed(true, false)},
           {.shapes = {{16, 33}, {15, 33}}, .attributes = transposed(false, true)},
           {.shapes = {{32, 784}, {784, 10}}},
           {.shapes = {{32, 784}, {32, 10}}, .attributes = transposed(true, false)},
           {.shapes = {{1, 784}, {784, 128}}},
           {.shapes = {{128, 256}, {256, 64}}},
           {.shapes = {{64, 128}, {256, 128}}, .attributes = transposed(false, true)},
           {.shapes = {{2, 3}, {3, 2}, {2}},
            .values = {{1, 2, 3, 4, 5, 6}, {1, 0, 0, 1, 2, -1}, {1, 0.5}},
            .attributes = MatmulAttributes{.relu = true},
            .expect = {{8, 0, 17, 0}},
            .differentiate = false},
           // not-a-number passes through the rectifier
           {.shapes = {{1, 1}, {1, 2}},
            .values = {{1}, {nan, -1}},
            .attributes = MatmulAttributes{.relu = true},
            .expect = {{nan, 0}},
            .differentiate = false},
           {.shapes = {{33, 17}, {17, 15}, {15}},
            .attributes = MatmulAttributes{.relu = true},
            .differentiate = false},
           {.shapes = {{32, 128}, {128, 64}, {64}}, .differentiate = false},
           {.shapes = {{2, 3}, {2, 3}}, .error = "matmul: a has 3 columns, b has 2 rows"},
           {.shapes = {{2, 3}, {2, 3}},
            .attributes = transposed(true, true),
            .error = "matmul: a has 2 rows, b has 3 columns"},
           {.shapes = {{2, 3, 4}, {4, 5}},
            .error = "matmul: a must have 2 dimensions (rows, columns), not 3"},
           {.shapes = {{2, 3}, {3, 4}, {3}},
            .error = "matmul: the bias must have one number a column of the result"},
           {.shapes = {{2, 3}}, .error = "matmul: takes 2 or 3 operands, not 1"},
           {.shapes = {{2, 3}, {3, 4}},
            .dtypes = {DType::float32, DType::int32},
            .error = "matmul: b must be float32, not int32"}}};
}

}  // namespace sloy
