#include "ops/product_update.h"

#include <gtest/gtest.h>

#include "backends/cpu/machine.h"
#include "harness/op_offers.h"
#include "ops/elementwise.h"

namespace sloy {
namespace {

using Rows = std::vector<Row>;

FusedInstruction apply(const OpDefinition<NoAttributes>& op, std::vector<int> operands) {
  return {&op, OpDefinition<NoAttributes>::box({}), std::move(operands)};
}

FusedResult whole(int value, const Shape& space) { return {value, FusedReduction::none, space}; }

MatmulAttributes gradient_of_kernel() { return {.options = {.transpose_a = true}}; }

/// SGD with momentum of parameter p and velocity v: v' = μ·v − η·g, p' = p + v'. The chain's
/// operands are p, v, η and μ, with the gradient g at `place`.
ProductUpdateAttributes momentum(const Shape& space, int place) {
  std::vector<int> others;
  for (int i = 0; i < 5; ++i) {
    if (i != place) others.push_back(i);
  }
  const auto [p, v, rate, mu] = std::tuple{others[0], others[1], others[2], others[3]};
  return {.product = gradient_of_kernel(),
          .chain = {space,
                    {apply(multiply_op, {v, mu}), apply(multiply_op, {place, rate}),
                     apply(subtract_op, {5, 6}), apply(add_op, {p, 7})},
                    {whole(7, space), whole(8, space)}},
          .place = place};
}

/// A gradient of `rows` × `columns` over `examples`.
Row momentum_row(std::int64_t examples, std::int64_t rows, std::int64_t columns, int place = 0) {
  const Shape space{rows, columns};
  return {.shapes = {{examples, rows}, {examples, columns}, space, space, {}, {}},
          .attributes = momentum(space, place)};
}

/// Adam without the correction of its bias, of numbers that are all positive:
/// m' = m + (g − m)·a, s' = s + (g² − s)·b, p' = p − η·m' / (√s' + ε).
Row adam_row(std::int64_t examples, std::int64_t rows, std::int64_t columns) {
  const Shape space{rows, columns};
  enum { g, p, m, s, rate, a, b, epsilon, first };
  const std::vector<FusedInstruction> instructions{apply(subtract_op, {g, m}),
                                                   apply(multiply_op, {first, a}),
                                                   apply(add_op, {m, first + 1}),  // m'
                                                   apply(square_op, {g}),
                                                   apply(subtract_op, {first + 3, s}),
                                                   apply(multiply_op, {first + 4, b}),
                                                   apply(add_op, {s, first + 5}),  // s'
                                                   apply(sqrt_op, {first + 6}),
                                                   apply(add_op, {first + 7, epsilon}),
                                                   apply(multiply_op, {first + 2, rate}),
                                                   apply(divide_op, {first + 9, first + 8}),
                                                   apply(subtract_op, {p, first + 10})};  // p'
  return {.shapes = {{examples, rows}, {examples, columns}, space, space, space, {}, {}, {}, {}},
          .attributes =
              ProductUpdateAttributes{.product = gradient_of_kernel(),
                                      .chain = {space,
                                                instructions,
                                                {whole(first + 2, space), whole(first + 6, space),
                                                 whole(first + 11, space)}},
                                      .place = g},
          .domain = Domain::positive,
          .accuracy = Accuracy::statistic};
}

/// Whole matrices that fill packed blocks or don't, of one slab and of several, of a panel and of
/// several, with rows and columns left over.
void add_sizes(Rows& rows) {
  rows.push_back(momentum_row(1, 1, 1));
  rows.push_back(momentum_row(3, 5, 7, 1));
  rows.push_back(momentum_row(8, 6, 64, 2));
  rows.push_back(momentum_row(2, 7, 65, 4));
  rows.push_back(momentum_row(4, 16, 64));
  rows.push_back(momentum_row(5, 32, 128, 3));
  rows.push_back(momentum_row(33, 48, 192));
  rows.push_back(momentum_row(9, 100, 70));
  rows.push_back(momentum_row(2, 1040, 64));
  rows.push_back(momentum_row(3, 528, 128));
  rows.push_back(momentum_row(2, 520, 75));
  rows.push_back(momentum_row(2, 13, 6000));
  for (const auto& [height, width] : {std::pair{3, 5}, {16, 64}, {40, 80}}) {
    rows.push_back(adam_row(4, height, width));
  }
}

void add_others(Rows& rows) {
  rows.push_back({.shapes = {{2, 2}, {2, 1}, {2, 1}, {}},
                  .values = {{1, 2, 3, 4}, {1, 10}, {100, 100}, {0.5}},
                  .attributes = ProductUpdateAttributes{.product = gradient_of_kernel(),
                                                        .chain = {{2, 1},
                                                                  {apply(multiply_op, {1, 2}),
                                                                   apply(subtract_op, {0, 3})},
                                                                  {whole(4, {2, 1})}},
                                                        .place = 1},
                  .expect = {{84.5, 79}}});
  // The chain need not be one that slabs are made for, nor the product a kernel's gradient.
  rows.push_back({.shapes = {{4, 3}, {3, 5}, {5}},
                  .attributes = ProductUpdateAttributes{
                      .product = {},
                      .chain = {{4, 5},
                                {apply(multiply_op, {0, 1})},
                                {whole(2, {4, 5}), {2, FusedReduction::rows, {5}}}}}});
  rows.push_back({.shapes = {{batch, 3}, {batch, 4}, {3, 4}},
                  .attributes = ProductUpdateAttributes{
                      .product = gradient_of_kernel(),
                      .chain = {{3, 4}, {apply(add_op, {0, 1})}, {whole(2, {3, 4})}}}});
}

Row refused(std::vector<Shape> shapes, int place, const std::string& sentence) {
  return {
      .shapes = std::move(shapes),
      .attributes =
          ProductUpdateAttributes{.product = gradient_of_kernel(),
                                  .chain = {{3, 4}, {apply(add_op, {0, 1})}, {whole(2, {3, 4})}},
                                  .place = place},
      .error = "product_update: " + sentence};
}

void add_refusals(Rows& rows) {
  rows.push_back(refused({{2, 3}}, 0, "takes 2 operands or more, not 1"));
  rows.push_back(refused({{2, 3}, {2, 4}, {3, 4}}, 2, "the product is operand 2 of a chain of 2"));
  rows.push_back(
      refused({{2, 3}, {2, 4}, {3, 4}}, -1, "the product is operand -1 of a chain of 2"));
  rows.push_back(refused({{2, 3}, {5, 4}, {3, 4}}, 0, "matmul: a has 2 rows, b has 5 rows"));
  rows.push_back(refused({{2, 3}, {2, 4}, {2}}, 0,
                         "fused: add: the shapes don't fit each other along axis -1: 4 and 2"));
}

}  // namespace

/// There is no gradient to check: differentiation comes before fusion.
template <>
OpCases cases<product_update_op>() {
  Rows rows;
  add_sizes(rows);
  add_others(rows);
  add_refusals(rows);
  return {product_update_op, std::move(rows), {.accuracy = Accuracy::chain}};
}

namespace {

/// How the CPU's kernel would have the operands of a row: "packed", "plain", or why it has none.
std::string form_of(const Row& row, Stand stand) {
  const OpCases cases(product_update_op, {row}, {.accuracy = Accuracy::chain});
  const BoundCase bound(cases.rows().front());
  const Backend& cpu = cpu_backend();
  std::string refusal;
  const auto proposal =
      consider(*cpu.offers(product_update_op).front(), bound, stand, cpu.block_width(), refusal);
  return proposal ? proposal->implementation.substr(0, proposal->implementation.find(' '))
                  : refusal;
}

TEST(ProductUpdate, RunsOverPackedKernelsAndPlainOnes) {
  const bool packs = cpu::this_machine().instructions == cpu::InstructionSet::avx512;
  EXPECT_EQ(form_of(momentum_row(2, 32, 128), Stand::free), packs ? "packed" : "plain");
  EXPECT_EQ(form_of(momentum_row(2, 32, 128), Stand::plain), "plain");
  EXPECT_EQ(form_of(momentum_row(2, 31, 128), Stand::free), "plain");
}

TEST(ProductUpdate, IsRefusedWhereSlabsCantBeMade) {
  Row row = momentum_row(2, 32, 128);
  EXPECT_EQ(form_of(row, Stand::bfloat16), "an operand or result is not float32");
  row.shapes[0] = {32, 2};
  ProductUpdateAttributes attributes = momentum({32, 128}, 0);
  attributes.product.options.transpose_a = false;
  row.attributes = attributes;
  EXPECT_EQ(form_of(row, Stand::plain), "made for aᵀ·b");

  Row of_columns{.shapes = {{2, 4}, {2, 8}, {8}}};
  attributes = {.product = gradient_of_kernel(),
                .chain = {{4, 8}, {apply(add_op, {0, 1})}, {whole(2, {4, 8})}}};
  of_columns.attributes = attributes;
  EXPECT_EQ(form_of(of_columns, Stand::plain), "the chain minds where an element stands");
  attributes.chain.results = {{2, FusedReduction::total, {}}};
  of_columns.attributes = attributes;
  EXPECT_EQ(form_of(of_columns, Stand::plain), "a result is no whole matrix");
}

}  // namespace
}  // namespace sloy
