#include <limits>

#include "harness/op_cases.h"
#include "ops/moments.h"
#include "ops/reduce.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Rows = std::vector<Row>;

/// Axes in the first, last and middle place, over the batch, all, and wrong ones.
Rows reductions(std::string_view name, Domain domain, Rows more) {
  const std::string op(name);
  Rows rows{
      {.shapes = {{}}, .domain = domain},
      {.shapes = {{7}}, .domain = domain},
      {.shapes = {{batch, 3}}, .domain = domain},
      {.shapes = {{batch, 3}}, .attributes = ReduceOptions{.axes = {0}}, .domain = domain},
      {.shapes = {{batch, 3}},
       .attributes = ReduceOptions{.axes = {-1}, .keep_dims = true},
       .domain = domain},
      {.shapes = {{2, 3, 5}}, .attributes = ReduceOptions{.axes = {1}}, .domain = domain},
      {.shapes = {{2, 3, 5}},
       .attributes = ReduceOptions{.axes = {2, 0}, .keep_dims = true},
       .domain = domain},
      {.shapes = {{2, 4, 1}}, .attributes = ReduceOptions{.axes = {0, 2}}, .domain = domain},
      {.shapes = {{batch, 15}}, .attributes = ReduceOptions{.axes = {1}}, .domain = domain},
      {.shapes = {{batch, 17}}, .attributes = ReduceOptions{.axes = {0}}, .domain = domain},
      {.shapes = {{5, 33}}, .attributes = ReduceOptions{.axes = {-1}}, .domain = domain},
      {.shapes = {{batch, 8, 8, 64}},
       .attributes = ReduceOptions{.axes = {0, 1, 2}},
       .domain = domain},
      {.shapes = {{2, 14, 14, 128}}, .attributes = ReduceOptions{.axes = {1, 2}}, .domain = domain},
      {.shapes = {{3, 5, 7, 16}}, .attributes = ReduceOptions{.axes = {1, 2, 3}}, .domain = domain},
      {.shapes = {{2, 4, 4, 8, 2}},
       .attributes = ReduceOptions{.axes = {1, 2, 4}},
       .domain = domain},
      {.shapes = {{3}},
       .attributes = ReduceOptions{.axes = {1}},
       .error = op + ": there is no axis 1"},
      {.shapes = {{3, 2}},
       .attributes = ReduceOptions{.axes = {1, -1}},
       .error = op + ": axis 1 is given twice"},
      {.shapes = {{}},
       .attributes = ReduceOptions{.axes = {0}},
       .error = op + ": a scalar has no axis 0"},
      {.shapes = {{3}}, .dtypes = {DType::int32}, .error = op + ": x must be float32, not int32"}};
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace

template <>
OpCases cases<sum_op>() {
  return {sum_op,
          reductions("sum", Domain::normal,
                     {{.shapes = {{2, 3}},
                       .values = {{1, 2, 3, 10, 20, 30}},
                       .attributes = ReduceOptions{.axes = {0}},
                       .expect = {{11, 22, 33}}},
                      {.shapes = {{2, 3}}, .values = {{1, 2, 3, 10, 20, 30}}, .expect = {{66}}},
                      {.shapes = {{0, 3}}, .expect = {{0}}}})};
}

template <>
OpCases cases<max_op>() {
  return {max_op,
          reductions("max", Domain::distinct,
                     {{.shapes = {{2, 3}},
                       .values = {{1, 7, 3, -10, -20, -5}},
                       .attributes = ReduceOptions{.axes = {1}},
                       .expect = {{7, -5}}},
                      {.values = {{1, nan, 3}}, .expect = {{nan}}},
                      {.shapes = {{0, 3}}, .error = "max: there are no elements to work on"}}),
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<argmax_op>() {
  return {
      argmax_op,
      {{.shapes = {{2, 3}},
        .values = {{1, 7, 7, -10, -20, -5}},
        .attributes = AxisAttributes{1},
        .expect = {{1, 2}}},
       {.shapes = {{2, 3}},
        .values = {{1, 7, 7, -10, -20, 7}},
        .attributes = AxisAttributes{0},
        .expect = {{0, 0, 0}}},
       {.shapes = {{batch, 10}}, .domain = Domain::distinct},
       {.shapes = {{33, 17}}, .domain = Domain::distinct},
       {.shapes = {{64, 128}}, .domain = Domain::distinct},
       {.shapes = {{5, 4, 3}}, .attributes = AxisAttributes{1}, .domain = Domain::distinct},
       {.shapes = {{}}, .error = "argmax: a scalar has no axis -1"},
       {.shapes = {{4, 7}}, .attributes = AxisAttributes{3}, .error = "argmax: there is no axis 3"},
       {.shapes = {{3, 0}}, .error = "argmax: there are no elements to work on"}},
      {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<moments_op>() {
  return {moments_op,
          reductions("moments", Domain::normal,
                     {{.values = {{2, 4, 4, 4, 5, 5, 7, 9}}, .expect = {{5}, {4}}},
                      {.shapes = {{2, 2}},
                       .values = {{1e6, 1e6 + 2, 3, 5}},
                       .attributes = ReduceOptions{.axes = {1}},
                       .expect = {{1e6 + 1, 4}, {1, 1}}},
                      {.shapes = {{0, 3}}, .error = "moments: there are no elements to work on"}}),
          {.accuracy = Accuracy::statistic}};
}

template <>
OpCases cases<count_op>() {
  return {count_op,
          {{.attributes = CountAttributes{12}, .expect = {{12}}},
           {.attributes = CountAttributes{Dim::batches(5)}, .expect = {{10}}},
           {.shapes = {{1}}, .error = "count: takes 0 operands, not 1"}},
          {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
