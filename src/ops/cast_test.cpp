#include <limits>

#include "harness/op_cases.h"
#include "ops/elementwise.h"

namespace sloy {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <>
OpCases cases<cast_op>() {
  return {cast_op,
          {{.values = {{1.9, -1.9, 3e9, -3e9, nan}},
            .attributes = CastAttributes{DType::int32},
            .expect = {{1, -1, 2147483647, -2147483648.0, 0}}},
           {.values = {{1.9, -1.9, 300, 255}},
            .attributes = CastAttributes{DType::uint8},
            .expect = {{1, 0, 255, 255}}},
           {.values = {{7, -7, 300}},
            .dtypes = {DType::int32},
            .attributes = CastAttributes{DType::uint8},
            .expect = {{7, 0, 255}}},
           {.values = {{0, 255}},
            .dtypes = {DType::uint8},
            .attributes = CastAttributes{DType::float32},
            .expect = {{0, 255}}},
           {.shapes = {{batch, 8, 8, 3}},
            .dtypes = {DType::uint8},
            .attributes = CastAttributes{DType::float32},
            .below = 256},
           {.shapes = {{batch, 17}},
            .dtypes = {DType::int32},
            .attributes = CastAttributes{DType::float32},
            .below = 100},
           {.shapes = {{5}}, .attributes = CastAttributes{DType::float32}},
           {.shapes = {{5}},
            .attributes = CastAttributes{DType::float64},
            .error = "cast: a graph's floats are float32"}},
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<stop_gradient_op>() {
  return {stop_gradient_op,
          {{.values = {{1, -2, nan}}, .expect = {{1, -2, nan}}},
           {.values = {{1, 2}}, .dtypes = {DType::int32}, .expect = {{1, 2}}},
           {.shapes = {{batch, 3, 33}}, .differentiate = false}},
          {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
