#include <cmath>
#include <limits>

#include "harness/op_cases.h"
#include "ops/elementwise.h"

namespace sloy {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Sizes around the width of a vector, an image, and what no function of one number takes.
std::vector<Row> rows(std::string_view name, Domain domain, std::vector<double> at,
                      std::vector<double> values) {
  const std::string must_be_float = std::string(name) + ": x must be float32, not int32";
  return {{.values = {std::move(at)}, .expect = {std::move(values)}},
          {.shapes = {{}}, .domain = domain},
          {.shapes = {{1}}, .domain = domain},
          {.shapes = {{batch, 5}}, .domain = domain},
          {.shapes = {{15}}, .domain = domain},
          {.shapes = {{16}}, .domain = domain},
          {.shapes = {{17}}, .domain = domain},
          {.shapes = {{3, 33}}, .domain = domain},
          {.shapes = {{1, 14, 14, 128}}, .domain = domain},
          {.shapes = {{3}}, .dtypes = {DType::int32}, .error = must_be_float}};
}

}  // namespace

template <>
OpCases cases<negative_op>() {
  return {negative_op,
          rows("negative", Domain::normal, {1.5, 0, -2, infinity}, {-1.5, 0, 2, -infinity}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<absolute_op>() {
  return {absolute_op,
          rows("absolute", Domain::distinct, {1.5, -2, 0, -infinity}, {1.5, 2, 0, infinity}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<sign_op>() {
  auto all = rows("sign", Domain::distinct, {3, 0, -0.5, nan}, {1, 0, -1, nan});
  return {sign_op, all, {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<floor_op>() {
  return {floor_op,
          rows("floor", Domain::distinct, {1.5, -0.5, 2, -3}, {1, -1, 2, -3}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<exp_op>() {
  return {exp_op,
          rows("exp", Domain::normal, {0, 1, -1, -infinity, 200},
               {1, 2.718281828459045, 0.36787944117144233, 0, infinity}),
          {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<log_op>() {
  return {log_op,
          rows("log", Domain::positive, {1, 2, 0.5, 0, -1},
               {0, 0.6931471805599453, -0.6931471805599453, -infinity, nan}),
          {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<log1p_op>() {
  return {
      log1p_op,
      rows("log1p", Domain::positive, {0, 1, 1e-10, -1}, {0, 0.6931471805599453, 1e-10, -infinity}),
      {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<expm1_op>() {
  return {
      expm1_op,
      rows("expm1", Domain::normal, {0, 1, 1e-10, -infinity}, {0, 1.718281828459045, 1e-10, -1}),
      {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<square_op>() {
  return {square_op,
          rows("square", Domain::normal, {3, -0.5, 0, infinity}, {9, 0.25, 0, infinity}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<sqrt_op>() {
  return {sqrt_op,
          rows("sqrt", Domain::positive, {4, 2, 0, -1}, {2, 1.4142135623730951, 0, nan}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<rsqrt_op>() {
  return {
      rsqrt_op,
      rows("rsqrt", Domain::positive, {4, 2, 0, infinity}, {0.5, 0.7071067811865476, infinity, 0}),
      {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<reciprocal_op>() {
  return {reciprocal_op,
          rows("reciprocal", Domain::positive, {4, -3, 0, infinity},
               {0.25, -0.3333333333333333, infinity, 0}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<tanh_op>() {
  return {tanh_op,
          rows("tanh", Domain::normal, {0, 1, -0.001, 100, -infinity},
               {0, 0.7615941559557649, -0.0009999996666668, 1, -1}),
          {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<sigmoid_op>() {
  return {sigmoid_op,
          rows("sigmoid", Domain::normal, {0, 1, -20, 200, -infinity},
               {0.5, 0.7310585786300049, 2.061153618190204e-09, 1, 0}),
          {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<erf_op>() {
  return {erf_op,
          rows("erf", Domain::normal, {0, 0.5, -1, 3, 200, -infinity},
               {0, 0.5204998778130465, -0.8427007929497149, 0.9999779095030014, 1, -1}),
          {.accuracy = Accuracy::function}};
}

template <>
OpCases cases<rectify_op>() {
  return {rectify_op,
          rows("rectify", Domain::distinct, {2, 0, -1, nan, -infinity}, {2, 0, 0, nan, 0}),
          {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
