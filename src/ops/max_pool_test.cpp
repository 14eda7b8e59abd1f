#include <limits>

#include "harness/op_cases.h"
#include "harness/op_values.h"
#include "harness/pool_rows.h"
#include "ops/pool.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using Rows = std::vector<Row>;

/// Indices as max_pool gives them, for an input of that shape: random ones mean nothing.
Tensor winners(const Shape& input, const PoolOptions& options) {
  const OpCases pool(max_pool_op,
                     {{.shapes = {input}, .attributes = options, .domain = Domain::distinct}});
  const OpCase& row = pool.rows().front();
  return run_reference(BoundCase(row), operands(row, Numbers::random))[1];
}

}  // namespace

template <>
OpCases cases<max_pool_op>() {
  const PoolOptions two{.pool_size = {2, 2}, .window = {.strides = {2, 2}}};
  Rows rows{{.shapes = {{1, 4, 4, 1}},
             .values = {{1, 3, 2, 9, 7, 4, 1, 5, 8, 5, 2, 3, 4, 2, 1, 4}},
             .attributes = two,
             .expect = {{7, 9, 8, 4}, {4, 3, 8, 15}}},
            {.shapes = {{1, 4, 4, 1}},
             .values = {{1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4}},
             .attributes = two,
             .expect = {{6, 8, 3, 4}, {5, 7, 8, 15}}},
            {.shapes = {{1, 6, 1}},
             .values = {{1, nan, -1, 5, 2, 3}},
             .attributes = PoolOptions{.pool_size = {2}, .window = {.strides = {2}}},
             .expect = {{nan, 5, 3}, {1, 3, 5}}},
            {.shapes = {{1, 6, 1}},
             .values = {{nan, 1, -1, 5, 2, -infinity}},
             .attributes = PoolOptions{.pool_size = {3}, .window = {.strides = {3}}},
             .expect = {{nan, 5}, {0, 3}}},
            // ties go to the first; padding never wins over negative numbers
            {.shapes = {{1, 3, 1}},
             .values = {{-5, -5, -7}},
             .attributes =
                 PoolOptions{.pool_size = {2}, .window = {.padding_low = {1}, .padding_high = {1}}},
             .expect = {{-5, -5, -5, -7}, {0, 0, 1, 2}}}};
  for (const auto& [x, options] : pools()) {
    rows.push_back({.shapes = {x}, .attributes = options, .domain = Domain::distinct});
  }
  for (const auto& [x, options, error] : refused_pools()) {
    rows.push_back({.shapes = {x}, .attributes = options, .error = "max_pool: " + error});
  }
  rows.push_back({.shapes = {{1, 65536, 65536, 1}},
                  .attributes = two,
                  .error = "max_pool: a plane of the input has more positions than an int32 index "
                           "can name"});
  return {max_pool_op, rows, {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<max_pool_gradient_op>() {
  std::vector<Row> rows{
      {.shapes = {{1, 3, 1}, {1, 3, 1}},
       .values = {{1, 10, 100}, {1, 1, 3}},
       .dtypes = {DType::float32, DType::int32},
       .attributes = PoolGradientAttributes{.input = {1, 4, 1}, .options = {.pool_size = {2}}},
       .expect = {{0, 11, 0, 100}}},
      {.shapes = {{1, 3, 1}, {1, 2, 1}},
       .dtypes = {DType::float32, DType::int32},
       .attributes = PoolGradientAttributes{.input = {1, 4, 1}, .options = {.pool_size = {2}}},
       .error = "max_pool_gradient: dy and indices must have the shape of the pool's result"},
      {.shapes = {{1, 3, 1}, {1, 3, 1}},
       .attributes = PoolGradientAttributes{.input = {1, 4, 1}, .options = {.pool_size = {2}}},
       .error = "max_pool_gradient: indices must be int32, not float32"}};
  for (const auto& [x, options] : pools()) {
    const Shape result = pool_shape(x, options);
    rows.push_back({.shapes = {result, result},
                    .dtypes = {DType::float32, DType::int32},
                    .attributes = PoolGradientAttributes{.input = x, .options = options},
                    .mostly_constant = true});
  }
  auto prepare = [](const OpCase& row, std::vector<Tensor>& tensors) {
    if (!row.values.empty()) return;
    const auto& attributes = max_pool_gradient_op.as(row.attributes);
    tensors[1] = winners(attributes.input, attributes.options);
  };
  return {max_pool_gradient_op, rows, {.accuracy = Accuracy::sums, .prepare = prepare}};
}

template <>
OpCases cases<max_pool_gather_op>() {
  Rows rows{
      {.shapes = {{1, 4, 1}, {1, 3, 1}},
       .values = {{1, 10, 100, 1000}, {1, 1, 3}},
       .dtypes = {DType::float32, DType::int32},
       .attributes = PoolOptions{.pool_size = {2}},
       .expect = {{10, 10, 1000}}},
      {.shapes = {{1, 4, 1}, {1, 4, 1}},
       .dtypes = {DType::float32, DType::int32},
       .attributes = PoolOptions{.pool_size = {2}},
       .error = "max_pool_gather: x pooled and indices must have the shape of the pool's result"}};
  for (const auto& [x, options] : pools()) {
    rows.push_back({.shapes = {x, pool_shape(x, options)},
                    .dtypes = {DType::float32, DType::int32},
                    .attributes = options});
  }
  auto prepare = [](const OpCase& row, std::vector<Tensor>& tensors) {
    if (!row.values.empty()) return;
    tensors[1] = winners(row.operands[0].shape, max_pool_gather_op.as(row.attributes));
  };
  return {max_pool_gather_op, rows, {.accuracy = Accuracy::exact, .prepare = prepare}};
}

}  // namespace sloy
