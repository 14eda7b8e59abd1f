#include "ops/random.h"

#include <gtest/gtest.h>
#include <sloy/program.h>

#include "harness/op_cases.h"

namespace sloy {
namespace {

std::vector<Row> rows(std::string_view name) {
  const std::string op(name);
  const std::vector<Shape> seed_and_step{{2}, {}};
  const std::vector<DType> dtypes{DType::int32, DType::int32};
  return {
      {.shapes = seed_and_step, .dtypes = dtypes, .attributes = RandomOptions{.shape = {batch, 5}}},
      {.shapes = seed_and_step,
       .values = {{-1, 7}, {123456789}},
       .dtypes = dtypes,
       .attributes = RandomOptions{.shape = {3, 4, 5}, .purpose = 3, .stream = 4000000000}},
      {.shapes = seed_and_step, .dtypes = dtypes, .attributes = RandomOptions{.shape = {1}}},
      {.shapes = seed_and_step, .dtypes = dtypes, .attributes = RandomOptions{.shape = {17}}},
      {.shapes = seed_and_step, .dtypes = dtypes, .attributes = RandomOptions{.shape = {3, 33}}},
      {.shapes = seed_and_step,
       .dtypes = dtypes,
       .attributes = RandomOptions{.shape = {2, 8, 8, 64}}},
      {.shapes = seed_and_step, .dtypes = dtypes, .attributes = RandomOptions{.shape = {32, 128}}},
      {.shapes = seed_and_step,
       .dtypes = dtypes,
       .error = op + ": the shape needs a first dimension, which counts examples"},
      {.shapes = {{3}, {}},
       .dtypes = dtypes,
       .attributes = RandomOptions{.shape = {4}},
       .error = op + ": the seed must be two numbers and the step one"},
      {.shapes = seed_and_step,
       .attributes = RandomOptions{.shape = {4}},
       .error = op + ": seed must be int32, not float32"},
      {.shapes = seed_and_step,
       .dtypes = dtypes,
       .attributes = RandomOptions{.shape = {4, batch}},
       .error = op + ": an example must have a size known now, of at most 2³⁴ elements"}};
}

}  // namespace

template <>
OpCases cases<random_uniform_op>() {
  return {random_uniform_op, rows("random_uniform"), {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<random_normal_op>() {
  return {random_normal_op, rows("random_normal"), {.accuracy = Accuracy::function}};
}

namespace {

Tensor uniform(RandomOptions options, std::vector<std::int32_t> seed, std::int32_t step) {
  Graph graph;
  Value key = graph.constant(Tensor({2}, seed));
  Value at = graph.constant(Tensor::scalar(step));
  return evaluate(random_uniform(key, at, options));
}

/// The definition, number by number: Philox of the key and of (step, example, element).
TEST(RandomUniform, IsPhiloxOfSeedStepExampleAndElement) {
  const RandomOptions options{.shape = {3, 2, 5}, .purpose = 9, .stream = 77};
  const Tensor numbers = uniform(options, {5, -6}, 41);
  const std::uint64_t seed = std::uint64_t{0xfffffffa} << 32 | 5;
  const RandomKey key = random_key(seed, Purpose::op, std::uint64_t{9} << 32 | 77);
  for (std::uint64_t example = 0; example < 3; ++example) {
    for (std::uint32_t element = 0; element < 10; ++element) {
      const RandomBlock words = philox(key, random_counter({41, example}, element / 4));
      EXPECT_EQ(numbers.values<float>()[example * 10 + element], uniform_from(words[element % 4]));
    }
  }
}

/// An example's numbers do not depend on how many come with it.
TEST(RandomUniform, IsTheSameInAnyBatch) {
  const Tensor few = uniform({.shape = {2, 7}}, {1, 2}, 3);
  const Tensor many = uniform({.shape = {9, 7}}, {1, 2}, 3);
  for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(few.values<float>()[i], many.values<float>()[i]);
}

TEST(RandomUniform, DiffersByPurposeStreamSeedAndStep) {
  const Tensor numbers = uniform({.shape = {64}}, {1, 2}, 3);
  EXPECT_NE(uniform({.shape = {64}, .purpose = 1}, {1, 2}, 3), numbers);
  EXPECT_NE(uniform({.shape = {64}, .stream = 1}, {1, 2}, 3), numbers);
  EXPECT_NE(uniform({.shape = {64}}, {2, 2}, 3), numbers);
  EXPECT_NE(uniform({.shape = {64}}, {1, 3}, 3), numbers);
  EXPECT_NE(uniform({.shape = {64}}, {1, 2}, 4), numbers);
}

}  // namespace
}  // namespace sloy
