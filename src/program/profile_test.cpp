#include <sloy/profile.h>

#include <gtest/gtest.h>
#include <sloy/op.h>
#include <sloy/ops.h>

#include <chrono>

namespace sloy {
namespace {

constexpr double spun_seconds = 2e-3;

std::vector<Type> same(const NoAttributes&, Operands in) { return {in[0]}; }

/// Takes at least so long, and gives what it is given.
void spin(const NoAttributes&, const Buffers& buffers) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - begun).count() < spun_seconds) continue;
  const View<const float> x = buffers.input<float>();
  std::copy(x.begin(), x.end(), buffers.output<float>().begin());
}

constinit const OpDefinition<NoAttributes> spin_op{{
    .name = "spin",
    .infer = same,
    .gradient = not_differentiable<NoAttributes>(),
    .reference = {{spin, nullptr}},
}};

class ProfileTest : public testing::Test {
 protected:
  ProfileTest() {
    Graph graph;
    const Value x = graph.input("x", {DType::float32, {batch, 16}});
    const VariableId id = graph.variables().add({.name = "w", .type = {DType::float32, {16, 16}}});
    const Value w = graph.variable(id);
    const Value y = matmul(spin_op({}, {x})[0], w);
    graph.set_update(id, w + 1.0);
    program_ = compile({.outputs = {y}, .updates = graph.updates(), .batch_size = 8});
    state_ = State(program_.variables());
  }

  Profile take(double seconds) {
    const std::vector<const void*> feeds{x_.data()};
    return profile(program_.step(8), state_, feeds, {.seconds = seconds});
  }

  Program program_;
  State state_;
  Tensor x_{DType::float32, {8, 16}};
};

TEST_F(ProfileTest, TimesEachCall) {
  const Profile taken = take(0.05);
  const Plan& plan = program_.plan(8);
  ASSERT_EQ(taken.calls.size(), plan.steps.size());
  EXPECT_GE(taken.runs, 5);
  EXPECT_GE(taken.step_seconds, spun_seconds);
  double all = 0;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Profile::Call& call = taken.calls[i];
    EXPECT_EQ(call.step.op, plan.steps[i].op);
    all += call.seconds;
    if (call.step.op != "spin") continue;
    // Less than it spun by no more than what a look at the clock takes.
    EXPECT_GE(call.seconds, 0.99 * spun_seconds);
  }
  EXPECT_DOUBLE_EQ(taken.explained(), all / taken.step_seconds);
}

/// It trains as it runs: twice to see how long a step is, then five times of either kind.
TEST_F(ProfileTest, RunsTheStep) {
  const Profile taken = take(1e-6);
  EXPECT_EQ(taken.runs, 5);
  const Tensor w = state_.get(program_.variables()->find("w"));
  EXPECT_EQ(w.values<float>()[0], 2 + 2 * 5);
}

TEST_F(ProfileTest, RefusesNoTime) {
  EXPECT_THROW(take(0), ConfigError);
  EXPECT_THROW(take(-1), ConfigError);
  const std::vector<const void*> none;
  EXPECT_THROW(profile(program_.step(8), state_, none), ShapeError);
}

TEST_F(ProfileTest, TraceHoldsEachCallWithinTheStep) {
  const Profile taken = take(1e-6);
  const Config trace = parse_json(chrome_trace(taken, "a \"name\""));
  const Config::List& events = trace.at("traceEvents").as_list();
  std::vector<const Config*> calls;
  const Config* step = nullptr;
  for (const Config& event : events) {
    if (event.at("ph").as_string() == "M") continue;
    EXPECT_EQ(event.at("ph").as_string(), "X");
    if (event.at("cat").as_string() == "step") {
      step = &event;
    } else {
      calls.push_back(&event);
    }
  }
  EXPECT_EQ(events[0].at("args").at("name").as_string(), "a \"name\"");
  ASSERT_NE(step, nullptr);
  ASSERT_EQ(calls.size(), taken.calls.size());
  double begun = step->at("ts").as_number();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Config& event = *calls[i];
    const Plan::Step& planned = taken.calls[i].step;
    EXPECT_NEAR(event.at("ts").as_number(), begun, 1e-6);
    EXPECT_DOUBLE_EQ(event.at("dur").as_number(), 1e6 * taken.calls[i].seconds);
    EXPECT_EQ(event.at("tid").as_integer(), step->at("tid").as_integer());
    const Config& told = event.at("args");
    EXPECT_EQ(told.at("op").as_string(), planned.op);
    EXPECT_EQ(told.at("kernel").as_string(), planned.kernel);
    EXPECT_EQ(told.at("layer").as_string(), planned.path);
    EXPECT_EQ(told.at("bytes").as_number(), planned.bytes);
    EXPECT_EQ(told.at("flop").as_number(), planned.flops);
    begun += event.at("dur").as_number();
  }
  EXPECT_NEAR(step->at("dur").as_number(), begun - step->at("ts").as_number(), 1e-6);
}

TEST(PlanStep, CantBeDoneFasterThanItsArithmeticOrItsTraffic) {
  Plan::Step step;
  step.flops = 2e9;
  step.bytes = 1e8;
  EXPECT_DOUBLE_EQ(step.least_seconds(100, 20), 0.02);
  step.bytes = 1e9;
  EXPECT_DOUBLE_EQ(step.least_seconds(100, 20), 0.05);
}

}  // namespace
}  // namespace sloy
