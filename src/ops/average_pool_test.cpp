#include "harness/op_cases.h"
#include "harness/pool_rows.h"
#include "ops/pool.h"

namespace sloy {

template <>
OpCases cases<average_pool_op>() {
  std::vector<Row> rows{
      {.shapes = {{1, 4, 4, 1}},
       .values = {{1, 3, 2, 9, 7, 4, 1, 5, 8, 5, 2, 3, 4, 2, 1, 4}},
       .attributes = PoolOptions{.pool_size = {2, 2}, .window = {.strides = {2, 2}}},
       .expect = {{3.75, 4.25, 4.75, 2.5}}},
      // padding does not count
      {.shapes = {{1, 3, 1}},
       .values = {{2, 4, 9}},
       .attributes =
           PoolOptions{.pool_size = {2}, .window = {.padding_low = {1}, .padding_high = {1}}},
       .expect = {{2, 3, 6.5, 9}}}};
  for (const auto& [x, options] : pools()) {
    rows.push_back({.shapes = {x}, .attributes = options});
  }
  for (const auto& [x, options, error] : refused_pools()) {
    rows.push_back({.shapes = {x}, .attributes = options, .error = "average_pool: " + error});
  }
  return {average_pool_op, rows};
}

template <>
OpCases cases<average_pool_gradient_op>() {
  std::vector<Row> rows{
      {.shapes = {{1, 4, 1}},
       .values = {{2, 4, 6, 9}},
       .attributes =
           PoolGradientAttributes{
               .input = {1, 3, 1},
               .options = {.pool_size = {2}, .window = {.padding_low = {1}, .padding_high = {1}}}},
       .expect = {{2 + 2, 2 + 3, 3 + 9}}},
      {.shapes = {{1, 3, 1}},
       .attributes = PoolGradientAttributes{.input = {1, 3, 1}, .options = {.pool_size = {2}}},
       .error = "average_pool_gradient: dy does not have the shape of the pool's result"}};
  for (const auto& [x, options] : pools()) {
    rows.push_back({.shapes = {pool_shape(x, options)},
                    .attributes = PoolGradientAttributes{.input = x, .options = options}});
  }
  // Sums of quotients: each is rounded before it is added.
  return {average_pool_gradient_op, rows, {.accuracy = Accuracy::statistic}};
}

}  // namespace sloy
