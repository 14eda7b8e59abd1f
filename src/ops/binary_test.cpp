#include <limits>

#include "harness/op_cases.h"
#include "ops/elementwise.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using Rows = std::vector<Row>;

/// Every way in which operands meet: alike, scalar, per channel, per row, both repeating, other.
Rows meetings(std::string_view name, Domain domain) {
  const std::string op(name);
  return {{.shapes = {{}, {}}, .domain = domain},
          {.shapes = {{17}, {17}}, .domain = domain},
          {.shapes = {{batch, 5}, {batch, 5}}, .domain = domain},
          {.shapes = {{batch, 5}, {}}, .domain = domain},
          {.shapes = {{5}, {batch, 5}}, .domain = domain},
          {.shapes = {{batch, 1}, {1, 7}}, .domain = domain},
          {.shapes = {{3, 4}, {3, 1}}, .domain = domain},
          {.shapes = {{2, 1, 3}, {4, 1}}, .domain = domain},
          {.shapes = {{2, 3, 4}, {1, 3, 1}}, .domain = domain},
          {.shapes = {{2, 8, 8, 64}, {64}}, .domain = domain},
          {.shapes = {{2, 7, 33}, {2, 7, 1}}, .domain = domain},
          {.shapes = {{2, 5, 15}, {2, 5, 15}}, .domain = domain},
          {.shapes = {{1, 14, 14, 128}, {1, 14, 14, 128}}, .domain = domain},
          {.shapes = {{4, 3}, {4}},
           .error = op + ": the shapes don't fit each other along axis -1: 3 and 4"},
          {.shapes = {{batch, 3}, {32, 3}},
           .error = op + ": the shapes don't fit each other along axis -2: batch and 32"}};
}

Rows on_numbers(std::string_view name, Domain domain, Rows more) {
  Rows rows = meetings(name, domain);
  const std::string op(name);
  rows.push_back({.shapes = {{2}, {2}},
                  .dtypes = {DType::float32, DType::int32},
                  .error = op + ": the operands differ in dtype"});
  rows.push_back({.shapes = {{2}, {2}},
                  .dtypes = {DType::uint8, DType::uint8},
                  .error = op + ": works on float32 or int32, not uint8"});
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

Rows on_floats(std::string_view name, Domain domain, Rows more) {
  Rows rows = meetings(name, domain);
  rows.push_back({.shapes = {{2}, {2}},
                  .dtypes = {DType::int32, DType::int32},
                  .error = std::string(name) + ": a must be float32, not int32"});
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

/// One row of int32 numbers with the result expected.
Row integers(std::vector<double> a, std::vector<double> b, std::vector<double> expect) {
  return {.values = {std::move(a), std::move(b)},
          .dtypes = {DType::int32, DType::int32},
          .expect = {std::move(expect)}};
}

}  // namespace

template <>
OpCases cases<add_op>() {
  return {add_op,
          on_numbers("add", Domain::normal,
                     {{.values = {{1, 2, 3}, {10, 20, -3}}, .expect = {{11, 22, 0}}},
                      integers({1, 2147483647}, {2, 1}, {3, -2147483648.0}),
                      // A counter, which a step adds one to.
                      integers({41}, {1}, {42})}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<subtract_op>() {
  return {subtract_op,
          on_numbers("subtract", Domain::normal,
                     {{.values = {{1, 2, 3}, {10, 20, -3}}, .expect = {{-9, -18, 6}}},
                      integers({1, -2147483648.0}, {2, 1}, {-1, 2147483647})}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<multiply_op>() {
  return {multiply_op,
          on_numbers("multiply", Domain::normal,
                     {{.values = {{1, 2, 3}, {10, 20, -3}}, .expect = {{10, 40, -9}}},
                      integers({3, 65536}, {-2, 65536}, {-6, 0})}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<divide_op>() {
  return {
      divide_op,
      on_floats("divide", Domain::positive,
                {{.values = {{1, -6, 1, 0}, {4, 3, 0, 0}}, .expect = {{0.25, -2, infinity, nan}}}}),
      {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<maximum_op>() {
  return {maximum_op,
          on_numbers("maximum", Domain::distinct,
                     {{.values = {{1, 5, nan, 0}, {2, -5, 0, nan}}, .expect = {{2, 5, nan, nan}}},
                      integers({1, -4}, {2, -5}, {2, -4})}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<minimum_op>() {
  return {minimum_op,
          on_numbers("minimum", Domain::distinct,
                     {{.values = {{1, 5, nan, 0}, {2, -5, 0, nan}}, .expect = {{1, -5, nan, nan}}},
                      integers({1, -4}, {2, -5}, {1, -5})}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<power_op>() {
  return {power_op,
          on_floats("power", Domain::positive,
                    {{.values = {{2, 9, -2, 0, -1}, {10, 0.5, 3, 0, 0.5}},
                      .expect = {{1024, 3, -8, 1, nan}}}}),
          {.accuracy = Accuracy::function}};
}

}  // namespace sloy
