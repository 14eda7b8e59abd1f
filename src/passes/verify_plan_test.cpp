#include "passes/verify_plan.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "passes/layout.h"
#include "passes/plan_memory.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

/// out = |x| + eˣ and the old value of w is read by -w; w becomes w·2. Nodes: 0 x, 1 |x|, 2 eˣ,
/// 3 their sum, 4 w, 5 -w, 6 a constant, 7 the product.
struct Compiled {
  Compiled() {
    const VariableId w = graph.variables().add({"w", {DType::float32, {32}}});
    const Value x = graph.input("x", {DType::float32, {32}});
    const Value magnitude = absolute(x);
    graph.output("sum", magnitude + exp(x));
    const Value old = graph.variable(w);
    graph.output("negative", -old);
    graph.set_update(w, old * graph.constant(2.0));
    lowered = choose_layouts(graph, reference_backend(), {});
    // The reference backend offers nothing in place.
    lowered.selections[3].proposal.in_place = {{0, 0}};
    lowered.selections[7].proposal.in_place = {{0, 0}};
    place_updates(lowered, reference_backend(), NumericPrecision::float32, true);
    order = schedule(lowered);
    plan = plan_memory(lowered, order, {});
  }

  Address& place(std::size_t node) { return plan.results[node][0]; }
  void verify() const {
    verify_schedule(lowered, order);
    verify_memory(lowered, order, plan, NumericPrecision::float32);
  }

  Graph graph;
  Lowered lowered;
  std::vector<std::int32_t> order;
  MemoryPlan plan;
};

/// What the verifier says once `damage` is done; nothing where it is content.
std::string verdict(const std::function<void(Compiled&)>& damage) {
  Compiled compiled;
  damage(compiled);
  try {
    compiled.verify();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return {};
}

void move_to_end(std::vector<std::int32_t>& order, std::int32_t node) {
  order.erase(std::find(order.begin(), order.end(), node));
  order.push_back(node);
}

TEST(VerifyPlan, AcceptsWhatThePassesMake) {
  EXPECT_EQ(verdict([](Compiled&) {}), "");
  Compiled compiled;
  EXPECT_EQ(compiled.order.size(), 5u);
  EXPECT_EQ(compiled.plan.in_place, 1) << "the sum is written over |x|";
}

TEST(VerifySchedule, RefusesAnOrderThatCannotBe) {
  EXPECT_EQ(verdict([](Compiled& c) { move_to_end(c.order, 1); }),
            "after schedule: %3 = add runs before %1 = absolute");
  EXPECT_EQ(verdict([](Compiled& c) { c.order.push_back(1); }),
            "after schedule: %1 = absolute runs twice");
  EXPECT_EQ(verdict([](Compiled& c) { c.order.pop_back(); }).find("after schedule: %"), 0u);
  EXPECT_EQ(verdict([](Compiled& c) { c.order.push_back(0); }),
            "after schedule: %0 = input has nothing to run");
}

TEST(VerifySchedule, RefusesAVariablesOldValueAfterItsUpdate) {
  EXPECT_EQ(verdict([](Compiled& c) { move_to_end(c.order, 5); }),
            "after schedule: %5 = negative reads w after its update");
}

TEST(VerifyMemory, RefusesTwoLiveValuesInOnePlace) {
  // eˣ is computed while |x| waits for the sum.
  EXPECT_EQ(verdict([](Compiled& c) { c.place(2) = c.place(1); }),
            "after plan_memory: %3 = add reads %1 = absolute, which is not there any more");
  EXPECT_EQ(verdict([](Compiled& c) {
              c.place(2) = c.place(1);
              c.place(2).offset += 64;  // of 128 bytes
              c.plan.arena_bytes += 64;
            }),
            "after plan_memory: %3 = add reads %1 = absolute, which is not there any more");
}

TEST(VerifyMemory, RefusesAnOutputThatIsWrittenOver) {
  const std::string said = verdict([](Compiled& c) { c.place(5) = c.place(3); });
  EXPECT_EQ(said.find("after plan_memory: %"), 0u) << said;
  EXPECT_NE(said.find("is an output that is written over"), std::string::npos) << said;
}

TEST(VerifyMemory, RefusesResultsOverOperandsTheKernelMustNotWriteOver) {
  EXPECT_EQ(verdict([](Compiled& c) { c.lowered.selections[3].proposal.in_place.clear(); }),
            "after plan_memory: %3 = add writes over its operand 0");
  EXPECT_EQ(verdict([](Compiled& c) { c.lowered.selections[7].proposal.in_place.clear(); }),
            "after plan_memory: %7 = multiply writes over its operand 0");
}

TEST(VerifyMemory, RefusesScratchOverWhatLives) {
  const auto with_scratch = [](std::size_t node, std::function<std::int64_t(Compiled&)> place) {
    return verdict([=](Compiled& c) {
      c.lowered.selections[node].proposal.scratch_bytes = 64;
      c.plan.scratch[node] = place(c);
    });
  };
  EXPECT_EQ(with_scratch(2, [](Compiled& c) { return c.place(1).offset; }),
            "after plan_memory: %3 = add reads %1 = absolute, which is not there any more");
  EXPECT_EQ(with_scratch(2, [](Compiled& c) { return c.place(2).offset; }),
            "after plan_memory: %2 = exp writes two things to one place");
  EXPECT_EQ(with_scratch(3, [](Compiled& c) { return c.place(2).offset; }),
            "after plan_memory: %3 = add writes over its operand 1");
  EXPECT_EQ(with_scratch(1,
                         [](Compiled& c) {
                           c.plan.arena_bytes += 64;
                           return static_cast<std::int64_t>(c.plan.arena_bytes) - 64;
                         }),
            "");
}

TEST(VerifyMemory, RefusesPlacesOutsideTheirSegment) {
  EXPECT_EQ(verdict([](Compiled& c) { --c.plan.arena_bytes; }).find("after plan_memory: %"), 0u);
  EXPECT_EQ(verdict([](Compiled& c) { c.plan.constant_bytes = 0; }),
            "after plan_memory: %6 = constant reaches out of its segment");
  EXPECT_EQ(verdict([](Compiled& c) { c.place(7).segment = Address::arena; }),
            "after plan_memory: %7 = multiply is an update that lies outside its variable");
}

}  // namespace
}  // namespace sloy
