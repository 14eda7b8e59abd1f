#include <limits>

#include "harness/op_cases.h"
#include "ops/elementwise.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// 1 below, beside and above 2; not-a-number equals nothing.
OpCases comparison(const OpDefinition<NoAttributes>& op, double below, double beside, double above,
                   double with_nan) {
  const std::string name(op.name());
  return {
      op,
      {{.values = {{1, 2, 3, nan}, {2, 2, 2, 2}}, .expect = {{below, beside, above, with_nan}}},
       {.values = {{1, 2, 3}, {2, 2, 2}},
        .dtypes = {DType::int32, DType::int32},
        .expect = {{below, beside, above}}},
       // Whole numbers that are alike as float32.
       {.values = {{16777216, 2147483647, -16777217}, {16777217, 2147483647, -16777218}},
        .dtypes = {DType::int32, DType::int32},
        .expect = {{below, beside, above}}},
       {.shapes = {{batch, 3}, {3}}, .domain = Domain::distinct, .mostly_constant = true},
       {.shapes = {{2, 17}, {2, 1}}, .domain = Domain::distinct, .mostly_constant = true},
       {.shapes = {{2, 8, 8, 64}, {}}, .domain = Domain::distinct, .mostly_constant = true},
       {.shapes = {{33}, {33}}, .dtypes = {DType::int32, DType::int32}, .mostly_constant = true},
       {.shapes = {{batch, 17}, {}},
        .dtypes = {DType::int32, DType::int32},
        .mostly_constant = true},
       {.shapes = {{1}, {batch, 17}},
        .dtypes = {DType::int32, DType::int32},
        .mostly_constant = true},
       {.shapes = {{17}, {batch, 17}},
        .dtypes = {DType::int32, DType::int32},
        .mostly_constant = true},
       {.shapes = {{40, 1000}, {40, 1000}},
        .dtypes = {DType::int32, DType::int32},
        .mostly_constant = true},
       {.shapes = {{3}, {2}},
        .error = name + ": the shapes don't fit each other along axis -1: 3 and 2"},
       {.shapes = {{3}, {3}},
        .dtypes = {DType::int32},
        .error = name + ": the operands differ in dtype"}},
      {.accuracy = Accuracy::exact}};
}

}  // namespace

template <>
OpCases cases<equal_op>() {
  return comparison(equal_op, 0, 1, 0, 0);
}
template <>
OpCases cases<not_equal_op>() {
  return comparison(not_equal_op, 1, 0, 1, 1);
}
template <>
OpCases cases<greater_op>() {
  return comparison(greater_op, 0, 0, 1, 0);
}
template <>
OpCases cases<greater_equal_op>() {
  return comparison(greater_equal_op, 0, 1, 1, 0);
}
template <>
OpCases cases<less_op>() {
  return comparison(less_op, 1, 0, 0, 0);
}
template <>
OpCases cases<less_equal_op>() {
  return comparison(less_equal_op, 1, 1, 0, 0);
}

template <>
OpCases cases<where_op>() {
  return {where_op,
          {{.values = {{1, 0, -2, 0.5}, {1, 2, 3, 4}, {5, 6, 7, 8}}, .expect = {{1, 6, 3, 4}}},
           {.shapes = {{4}, {4}, {4}}, .values = {{1, 0, 0, 1}}},
           {.shapes = {{batch, 1}, {}, {3}}, .values = {{1, 0}}},
           {.shapes = {{3}, {batch, 3}, {batch, 1}}, .values = {{0, 1, 0}}},
           {.shapes = {{2, 17}, {2, 17}, {17}}, .domain = Domain::distinct},
           {.shapes = {{1, 8, 8, 64}, {1, 8, 8, 64}, {}}, .domain = Domain::distinct},
           {.shapes = {{3}, {3}, {3}},
            .dtypes = {DType::int32},
            .error = "where: condition must be float32, not int32"},
           {.shapes = {{3}, {2}, {3}},
            .error = "where: the shapes don't fit each other along axis -1: 2 and 3"}},
          {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
