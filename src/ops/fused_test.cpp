#include "ops/fused.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "harness/op_offers.h"
#include "ops/elementwise.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "passes/fuse.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using Rows = std::vector<Row>;
using Values = std::vector<Value>;
using Write = std::function<Values(const Values&)>;

/// The row of the one node that fusion makes of a computation; `row` says what else is known. The
/// computation reads its operands in their order, one a statement where C++ leaves the order open.
Row typed_chain(const std::vector<Type>& operands, const Write& write, Row row = {}) {
  Graph graph;
  Values inputs;
  for (const Type& type : operands) {
    inputs.push_back(graph.input("x" + std::to_string(inputs.size()), type));
  }
  for (Value result : write(inputs)) graph.output("y", result);
  const auto fused = fuse(graph);
  const Node& node = fused->nodes().back();
  if (node.op != &fused_op || fused->nodes().size() != operands.size() + 1 ||
      node.inputs != fused->inputs()) {
    throw std::logic_error("not one chain of its operands in their order: " + to_text(*fused));
  }
  for (const Type& type : operands) {
    row.shapes.push_back(type.shape);
    row.dtypes.push_back(type.dtype);
  }
  row.attributes = OpDefinition<FusedAttributes>::as(node.attributes);
  return row;
}

std::vector<Type> floats(const std::vector<Shape>& shapes) {
  std::vector<Type> types;
  for (const Shape& shape : shapes) types.push_back({DType::float32, shape});
  return types;
}

Row chain(const std::vector<Shape>& operands, const Write& write, Row row = {}) {
  return typed_chain(floats(operands), write, std::move(row));
}

/// Channels that fill one block and more, and some that fill none.
const std::vector<Shape> images{{1, 1, 1, 16},   {2, 8, 8, 64}, {1, 14, 14, 128}, {1, 8, 8, 128},
                                {2, 14, 14, 64}, {2, 3, 5, 24}, {2, 5, 5, 20},    {1, 2, 2, 1},
                                {2, 9, 32},      {1, 7, 17},    {2, 2, 3, 2, 16}};
/// Sizes around the width of a vector, along rows and over them.
const std::vector<Shape> matrices{{1, 1},   {1, 15},  {1, 64},   {16, 1},  {3, 16},   {5, 17},
                                  {15, 33}, {33, 15}, {129, 16}, {17, 10}, {3, 1001}, {700, 64}};

Shape channels_of(const Shape& space) { return {space[-1]}; }
Shape rows_of(Shape space) {
  space[-1] = 1;
  return space;
}

// Every op by itself: before another instruction, so that it is one of several.

void add_of_one(Rows& rows, Value (*op)(Value), Domain domain, Accuracy accuracy) {
  for (const Shape& space : {Shape{3, 17}, Shape{1, 3, 3, 64}}) {
    rows.push_back(chain({space, channels_of(space)},
                         [op](const Values& x) -> Values { return {maximum(op(x[0]), x[1])}; },
                         {.domain = domain, .accuracy = accuracy}));
  }
}

void add_of_two(Rows& rows, Value (*op)(Value, Value), Domain domain, Accuracy accuracy) {
  for (const Shape& space : {Shape{3, 17}, Shape{1, 3, 3, 64}}) {
    for (const Shape& second : {space, channels_of(space), rows_of(space), Shape{}}) {
      rows.push_back(
          chain({space, second, space},
                [op](const Values& x) -> Values { return {minimum(op(x[0], x[1]), x[2])}; },
                {.domain = domain, .accuracy = accuracy}));
    }
  }
}

void add_comparison(Rows& rows, Value (*op)(Value, Value)) {
  for (const Shape& space : {Shape{3, 17}, Shape{1, 3, 3, 64}}) {
    rows.push_back(
        chain({space, channels_of(space), rows_of(space)},
              [op](const Values& x) -> Values { return {where(op(x[0], x[1]), x[0], x[2])}; }));
  }
}

void add_every_op(Rows& rows) {
  for (auto op : {negative, absolute, sign, floor, square, rectify}) {
    add_of_one(rows, op, Domain::normal, Accuracy::exact);
  }
  for (auto op : {sqrt, reciprocal}) add_of_one(rows, op, Domain::positive, Accuracy::exact);
  for (auto op : {exp, expm1, tanh, sigmoid}) {
    add_of_one(rows, op, Domain::normal, Accuracy::function);
  }
  for (auto op : {log, log1p, rsqrt}) add_of_one(rows, op, Domain::positive, Accuracy::function);
  for (auto op : {add, subtract, multiply, maximum, minimum}) {
    add_of_two(rows, op, Domain::normal, Accuracy::exact);
  }
  add_of_two(rows, divide, Domain::positive, Accuracy::exact);
  add_of_two(rows, power, Domain::positive, Accuracy::function);
  using Comparison = Value (*)(Value, Value);
  for (Comparison op : {static_cast<Comparison>(equal), static_cast<Comparison>(not_equal),
                        static_cast<Comparison>(greater), static_cast<Comparison>(greater_equal),
                        static_cast<Comparison>(less), static_cast<Comparison>(less_equal)}) {
    add_comparison(rows, op);
  }
  for (DType dtype : {DType::uint8, DType::int32}) {
    for (const Shape& space : {Shape{5, 33}, Shape{1, 3, 3, 64}}) {
      const auto scaled = [](const Values& x) -> Values {
        return {cast(x[0], DType::float32) * x[1]};
      };
      rows.push_back(typed_chain({{dtype, space}, {DType::float32, {}}}, scaled,
                                 {.below = 256, .accuracy = Accuracy::exact}));
    }
  }
  rows.push_back(chain({{5, 33}, {33}},
                       [](const Values& x) -> Values { return {stop_gradient(x[0]) + x[1]}; }));
}

/// Dropout: random numbers are as many as the space has elements, whatever its form.
void add_random(Rows& rows) {
  for (const Shape& space : {Shape{2, 8, 8, 64}, Shape{1, 14, 14, 128}, Shape{2, 5, 5, 20},
                             Shape{33, 17}, Shape{1, 1}, Shape{17}}) {
    const auto dropout = [space](const Values& x) -> Values {
      Value drawn = random_uniform(x[0], x[1], {.shape = space, .purpose = 3, .stream = 77});
      return {where(greater_equal(drawn, x[2]), x[3] * x[4], x[5])};
    };
    rows.push_back(typed_chain(
        {{DType::int32, {2}},
         {DType::int32, {}},
         {DType::float32, {}},
         {DType::float32, space},
         {DType::float32, {}},
         {DType::float32, {}}},
        dropout, {.values = {{-7, 5}, {123456789}, {0.4}}, .accuracy = Accuracy::exact}));
  }
}

// Operands of every reach, and everything that can leave a chain.

void add_meetings(Rows& rows) {
  const auto meet = [](const Values& x) -> Values { return {x[0] * x[1] + x[2] - x[3]}; };
  for (const auto& spaces : {images, matrices}) {
    for (const Shape& space : spaces) {
      rows.push_back(chain({space, channels_of(space), rows_of(space), {}}, meet));
    }
  }
  for (std::int64_t size : {1, 15, 16, 17, 33})
    rows.push_back(chain({{size}, {size}, {1}, {}}, meet));
  // Where no row and no channel matters, any order of the elements will do.
  const auto anywhere = [](const Values& x) -> Values {
    Value y = x[0] * x[1] + x[2];
    return {y, sum(y)};
  };
  for (const Shape& space : {Shape{16, 1}, Shape{5, 17}, Shape{64, 128}, Shape{3, 3, 16, 32},
                             Shape{3, 3, 3, 17}, Shape{2, 5, 5, 20}, Shape{3, 32, 48}}) {
    rows.push_back(chain({space, {}, space}, anywhere));
  }
  rows.push_back(chain({{}, {}, {}, {}}, meet));
  rows.push_back(chain({{1, 1}, {1}, {}, {1, 1}}, meet));
  // Nothing has an element for each: a column by a row.
  rows.push_back(chain({{17, 1}, {1, 33}, {33}, {17, 1}}, meet));
  rows.push_back(chain({{2, 3, 3, 1}, {64}, {64}, {}}, meet));
}

void add_reductions(Rows& rows) {
  // Two chains that read one number are not joined.
  const auto over_rows = [](const Values& x) -> Values {
    Value y = x[0] * x[1] + x[2];
    std::vector<int> axes;
    for (int axis = 0; axis < y.rank() - 1; ++axis) axes.push_back(axis);
    Values results{y, sum(y), sum(y, {.axes = axes})};
    if (y.shape().size() > 1) results.push_back(sum(x[0], {.axes = axes, .keep_dims = true}));
    return results;
  };
  const auto along_rows = [](const Values& x) -> Values {
    Value y = x[0] * x[1] + x[2];
    Values results{sum(y, {.axes = {-1}}), max(y, {.axes = {-1}, .keep_dims = true}), y};
    if (y.shape().size() > 1) results.push_back(max(x[0], {.axes = {-1}}));
    return results;
  };
  const auto of_a_row = [](const Values& x) -> Values {
    Value y = x[0] * x[1] + x[2];
    return {sum(y, {.keep_dims = true}), max(y), y};
  };
  for (const auto& spaces : {images, matrices}) {
    for (const Shape& space : spaces) {
      rows.push_back(chain({space, channels_of(space), {}}, over_rows));
      rows.push_back(chain({space, rows_of(space), {}}, along_rows));
    }
  }
  for (std::int64_t size : {1, 15, 16, 17, 33})
    rows.push_back(chain({{size}, {size}, {}}, of_a_row));
  // Many slabs, and the sums alone.
  rows.push_back(chain({{2, 14, 14, 128}, {128}, {}}, over_rows));
  rows.push_back(chain({{40, 1000}}, [](const Values& x) -> Values {
    return {sum(x[0]), sum(x[0], {.axes = {1}}), max(x[0], {.axes = {1}})};
  }));
}

// What networks make of it.

Values normalize(const Values& x) { return {rectify((x[0] - x[1]) * x[2] * x[3] + x[4])}; }

/// The gradient behind a rectifier, and its sums for γ and β.
Values normalize_backward(const Values& x) {
  Value dy = where(greater(x[0], x[1]), x[2], x[1]);
  std::vector<int> axes;
  for (int axis = 0; axis < dy.rank() - 1; ++axis) axes.push_back(axis);
  return {dy, sum(dy, {.axes = axes}), sum(dy * ((x[3] - x[4]) * x[5]), {.axes = axes})};
}

Values exponentials(const Values& x) {
  Value e = exp(x[0] - x[1]);
  return {e, sum(e, {.axes = {-1}, .keep_dims = true})};
}

/// Adam: three results, each in the place of an operand.
Values adam(const Values& x) {
  Value m = x[0] * x[1];
  m = m + x[2] * x[3];
  Value v = x[4] * x[5];
  v = v + x[6] * square(x[3]);
  Value step = m / (sqrt(v) + x[7]);
  step = x[8] * step;
  return {m, v, step + x[9]};
}

void add_of_networks(Rows& rows) {
  for (const Shape& space : images) {
    const Shape channels = channels_of(space);
    rows.push_back(chain({space, channels, channels, channels, channels}, normalize,
                         {.mostly_constant = space.size() < 16}));
    rows.push_back(chain({space, {}, space, space, channels, channels}, normalize_backward,
                         {.mostly_constant = space.size() <= 16}));
  }
  for (const Shape& space : matrices) {
    rows.push_back(chain({space, rows_of(space)}, exponentials, {.accuracy = Accuracy::statistic}));
  }
  for (const Shape& space : {Shape{}, Shape{1}, Shape{17}, Shape{33, 15}, Shape{64, 128},
                             Shape{3, 3, 16, 32}, Shape{3, 3, 3, 17}}) {
    rows.push_back(chain({{}, space, {}, space, {}, space, {}, {}, {}, space}, adam,
                         {.domain = Domain::positive, .accuracy = Accuracy::statistic}));
  }
}

void add_known(Rows& rows) {
  rows.push_back(chain(
      {{2, 3}, {3}},
      [](const Values& x) -> Values {
        Value y = rectify(x[0] + x[1]);
        return {y, sum(y), sum(y, {.axes = {0}}), sum(y, {.axes = {1}}), max(y, {.axes = {1}})};
      },
      {.values = {{1, -2, 3, 4, -5, nan}, {1, 1, infinity}},
       .expect = {
           {2, 0, infinity, 5, 0, nan}, {nan}, {7, 0, nan}, {infinity, nan}, {infinity, nan}}}));
  // Not-a-number is the largest of its row wherever it stands.
  rows.push_back(chain({{3, 3}},
                       [](const Values& x) -> Values { return {max(x[0], {.axes = {1}})}; },
                       {.values = {{nan, 1, 2, 1, nan, 2, -infinity, -infinity, -infinity}},
                        .expect = {{nan, nan, -infinity}}}));
}

// Nodes that fusion does not write: the refusals of the shape rule, and an empty space.

FusedInstruction apply(const OpDefinition<NoAttributes>& op, std::vector<int> operands) {
  return {&op, OpDefinition<NoAttributes>::box({}), std::move(operands)};
}

FusedInstruction apply_sum(std::vector<int> operands) {
  return {&sum_op, OpDefinition<ReduceOptions>::box({.keep_dims = true}), std::move(operands)};
}

/// Over (2, 3), of one operand and another.
Row refused(const Shape& second, std::vector<FusedInstruction> instructions,
            std::vector<FusedResult> results, const std::string& sentence) {
  return {.shapes = {{2, 3}, second},
          .attributes = FusedAttributes{{2, 3}, std::move(instructions), std::move(results)},
          .error = "fused: " + sentence};
}

FusedResult whole(int value) { return {value, FusedReduction::none, {2, 3}}; }

void add_refusals(Rows& rows) {
  const FusedInstruction sum_of_both = apply(add_op, {0, 1});
  rows.push_back({.shapes = {{batch, 3}},
                  .attributes = FusedAttributes{{batch, 3}, {apply(exp_op, {0})}, {whole(1)}},
                  .error = "fused: the space depends on the batch"});
  rows.push_back(
      refused({2}, {apply(exp_op, {0})}, {whole(2)}, "operand 1 does not meet the space"));
  rows.push_back(
      refused({1, 2, 3}, {apply(exp_op, {0})}, {whole(2)}, "operand 1 does not meet the space"));
  for (int value : {-1, 2, 3}) {
    rows.push_back(
        refused({3}, {apply(add_op, {0, value})}, {whole(2)},
                "instruction 0 reads value " + std::to_string(value) + ", before it are 2"));
  }
  rows.push_back(
      refused({3}, {sum_of_both, apply(add_op, {2})}, {whole(3)}, "add: takes 2 operands, not 1"));
  rows.push_back(refused({2}, {sum_of_both}, {whole(2)},
                         "add: the shapes don't fit each other along axis -1: 3 and 2"));
  rows.push_back(refused({3}, {apply_sum({0})}, {whole(2)},
                         "instruction 0 is sum, which is no arithmetic of float32"));
  rows.push_back(refused({3}, {apply(exp_op, {1})}, {whole(2)},
                         "instruction 0 gives another shape than the space"));
  for (const auto* op : {&add_op, &equal_op}) {
    Row of_integers = refused(
        {2, 3}, {apply(*op, {0, 1})}, {whole(2)},
        "instruction 0 is " + std::string(op->name()) + ", which is no arithmetic of float32");
    of_integers.dtypes = {DType::int32, DType::int32};
    rows.push_back(std::move(of_integers));
  }
  rows.push_back(refused({3}, {sum_of_both}, {}, "nothing leaves the chain"));
  for (int value : {-1, 3}) {
    rows.push_back(refused({3}, {sum_of_both}, {whole(value)},
                           "result 0 is value " + std::to_string(value) + ", there are 3"));
  }
  rows.push_back(refused({3}, {sum_of_both}, {whole(2), whole(1)},
                         "result 1 is no float32 value over the space"));
  Row of_integers = refused({3}, {}, {whole(0)}, "result 0 is no float32 value over the space");
  of_integers.dtypes = {DType::int32};
  rows.push_back(std::move(of_integers));
  rows.push_back(refused({3}, {sum_of_both}, {{2, FusedReduction::none, {3, 2}}},
                         "result 0 has the shape (3, 2), not (2, 3)"));
  rows.push_back(refused({3}, {sum_of_both}, {{2, FusedReduction::rows, {2}}},
                         "result 0 has the shape (2), not (3)"));
  rows.push_back(refused({3}, {sum_of_both}, {{2, FusedReduction::row_sum, {3}}},
                         "result 0 has the shape (3), not (2)"));
  rows.push_back(refused({3}, {sum_of_both}, {{2, FusedReduction::row_max, {}}},
                         "result 0 has the shape (), not (2)"));
  rows.push_back(refused({3}, {sum_of_both}, {{2, FusedReduction::total, {1}}},
                         "result 0 has the shape (1), not ()"));
  rows.push_back({.shapes = {{3}},
                  .attributes = FusedAttributes{{3}, {}, {{0, FusedReduction::rows, {3}}}},
                  .error = "fused: result 0 is reduced along no axis"});
  rows.push_back({.shapes = {{}},
                  .attributes = FusedAttributes{{}, {}, {{0, FusedReduction::total, {}}}},
                  .error = "fused: result 0 is reduced along no axis"});
}

Row empty() {
  const Shape space{0, 3};
  return {.shapes = {space},
          .attributes =
              FusedAttributes{space,
                              {apply(negative_op, {0})},
                              {{1, FusedReduction::none, space}, {1, FusedReduction::rows, {3}}}},
          .expect = {{}, {0, 0, 0}}};
}

}  // namespace

/// There is no gradient to check: differentiation comes before fusion.
template <>
OpCases cases<fused_op>() {
  Rows rows{empty()};
  add_every_op(rows);
  add_random(rows);
  add_meetings(rows);
  add_reductions(rows);
  add_of_networks(rows);
  add_known(rows);
  add_refusals(rows);
  // Last: a row's numbers follow from its place.
  add_of_one(rows, erf, Domain::normal, Accuracy::function);
  return {fused_op, std::move(rows), {.accuracy = Accuracy::chain}};
}

namespace {

std::vector<OpCase> accepted_rows() {
  std::vector<OpCase> rows = cases<fused_op>().rows();
  std::erase_if(rows, [](const OpCase& row) { return !row.error.empty(); });
  return rows;
}

const FusedAttributes& attributes_of(const OpCase& row) {
  return OpDefinition<FusedAttributes>::as(row.attributes);
}

TEST(FusedRows, HoldEveryOpThatFusionAbsorbs) {
  std::set<const Op*> held;
  std::set<FusedReduction> reductions;
  for (const OpCase& row : accepted_rows()) {
    for (const FusedInstruction& instruction : attributes_of(row).instructions) {
      held.insert(instruction.op);
    }
    for (const FusedResult& result : attributes_of(row).results)
      reductions.insert(result.reduction);
  }
  for (const Op* op : all_ops()) {
    EXPECT_TRUE(op->kind() != Kind::element_wise || held.count(op)) << op->name();
  }
  EXPECT_EQ(reductions.size(), enum_names(FusedReduction{}).size());
}

/// What the CPU's kernel leaves to the reference is known, and each of its three ways over memory
/// is gone.
TEST(FusedRows, AreRunByTheCpuInEveryForm) {
  const Backend& cpu = cpu_backend();
  std::map<std::string, int> forms;
  for (const OpCase& row : accepted_rows()) {
    const BoundCase bound(row);
    for (Stand stand : all_stands) {
      std::string refusal;
      const auto proposal =
          consider(*cpu.offers(fused_op).front(), bound, stand, cpu.block_width(), refusal);
      if (proposal) {
        std::string form = proposal->implementation.substr(0, proposal->implementation.find(' '));
        const bool is_packed = !proposal->outputs[0].is_plain() && form == "flat";
        ++forms[is_packed ? "packed" : form];
      } else if (refusal != "the space is empty") {
        EXPECT_EQ(refusal, "each element is an example of its own") << row.name;
        EXPECT_EQ(attributes_of(row).space.rank(), 1) << row.name;
      }
    }
  }
  for (const char* form : {"flat", "plain", "blocked", "packed"}) EXPECT_GT(forms[form], 3) << form;
}

}  // namespace
}  // namespace sloy
