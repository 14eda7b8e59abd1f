// An op of a user's own: written with public headers alone, and tested from rows like ours.
#include <gtest/gtest.h>
#include <sloy/op.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include "harness/op_checks.h"

namespace sloy {
namespace {

struct ScaledCube {
  double scale = 1;
  bool operator==(const ScaledCube&) const = default;
  static void fields(auto&& field) { field("scale", &ScaledCube::scale); }
};

template <class T>
void cube(const ScaledCube& cube, const Buffers& buffers) {
  auto x = buffers.input<T>();
  auto y = buffers.output<T>();
  for (std::int64_t i = 0; i < y.size(); ++i) {
    y[i] = static_cast<T>(cube.scale) * x[i] * x[i] * x[i];
  }
}

std::vector<Type> same_type(const ScaledCube&, Operands in) {
  if (in.size() == 1 && in[0].dtype == DType::float32) return {in[0]};
  throw ShapeError("takes one operand of float32");
}

constinit const OpDefinition<ScaledCube> cube_op{{
    .name = "scaled_cube",
    .infer = same_type,
    .gradient = [](const ScaledCube& a, const Backward& b) -> std::vector<Value> {
      return {b.output_gradient() * (3 * a.scale) * square(b.input())};
    },
    .reference = {{cube<float>, cube<double>}},
    .formula = "y = scale · x³",
}};

TEST(CustomOp, IsTestedFromRowsAsOursAre) {
  const OpCases cases(
      cube_op,
      {{.values = {{1, -2, 0.5}}, .attributes = ScaledCube{.scale = 2}, .expect = {{2, -16, 0.25}}},
       {.shapes = {{batch, 3}}, .attributes = ScaledCube{.scale = 0.5}},
       {.shapes = {{17}}}},
      {.accuracy = Accuracy::function});
  for (const OpCase& row : cases.rows()) {
    EXPECT_EQ(check_values(row), "");
    EXPECT_EQ(check_float(row), "");
    EXPECT_EQ(check_binding(row), "");
    if (!has_gradient(row)) continue;
    EXPECT_EQ(check_gradient(row), "");
    EXPECT_EQ(check_second_gradient(row), "");
  }
}

TEST(CustomOp, RunsInACompiledProgram) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {batch}});
  Value y = cube_op({.scale = 2}, {x + 1.0}).front();
  const Program program = compile({.outputs = {y}});
  State state(program.variables());
  const Tensor got = program.run(state, {Tensor({3}, std::vector<float>{0, 1, -3})})[0];
  EXPECT_EQ(got, Tensor({3}, std::vector<float>{2, 16, -16}));
}

TEST(CustomOp, IsNamedInItsOwnErrors) {
  Graph graph;
  try {
    cube_op({}, {graph.input("x", {DType::int32, {2}})});
    FAIL();
  } catch (const ShapeError& error) {
    EXPECT_EQ(error.sentence(), "scaled_cube: takes one operand of float32");
  }
}

}  // namespace
}  // namespace sloy
