/// --memory-limit of `sloy train`, `sloy plan` and `sloy bench`.
#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::refusal;
using harness::run_sloy;

TEST_F(CommandLine, MemoryLimitsAreNumbersOfBytes) {
  const std::string refused = refusal({"train", recipe_file(), "--memory-limit", "much"});
  EXPECT_TRUE(holds(refused, "the text \"much\" is no number of bytes")) << refused;
  EXPECT_TRUE(holds(refused, "\"600MB\"")) << refused;
}

TEST_F(CommandLine, AMemoryLimitThatCannotBeMetIsRefusedBeforeTraining) {
  for (const char* command : {"train", "plan"}) {
    const std::string refused = refusal({command, recipe_file(), "--memory-limit", "100B"});
    EXPECT_TRUE(holds(refused, "the memory limit of 0.1 kB can't be met")) << refused;
    EXPECT_TRUE(holds(refused, "set by")) << refused;
  }
}

TEST_F(CommandLine, AMemoryLimitIsARecipesKeyAndPartOfTheRun) {
  const Finished done = train("run", {"--json", "--memory-limit", "1.5GB"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const Finished same = train("same", {"--json", "--set", "train.memory_limit=1500000000"});
  ASSERT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(harness::bytes_of_file(at("run/recipe.toml")),
            harness::bytes_of_file(at("same/recipe.toml")));
}

/// The price of a limit stands beside what it saves.
TEST_F(CommandLine, PlanSaysWhatAMemoryLimitCosts) {
  const Config plan = events(run_sloy({"plan", recipe_file(), "--json"})).back();
  EXPECT_EQ(plan.at("saved_bytes").as_integer(), 0);
  EXPECT_EQ(plan.at("flops_again").as_number(), 0);
  EXPECT_EQ(plan.at("unlimited_step_ms").as_number(), plan.at("step_ms").as_number());

  const std::string bench = "W7";
  const Config free_run = events(run_sloy({"bench", bench, "--json", "--seconds", "0.01"})).back();
  const std::int64_t arena = free_run.at("arena_bytes").as_integer();
  const std::int64_t limit = free_run.at("planned_bytes").as_integer() - arena / 6;
  const Config limited = events(run_sloy({"bench", bench, "--json", "--seconds", "0.01",
                                          "--memory-limit", std::to_string(limit)}))
                             .back();
  EXPECT_GT(limited.at("saved_bytes").as_integer(), 0);
  EXPECT_EQ(limited.at("saved_bytes").as_integer() + limited.at("arena_bytes").as_integer(), arena);
}

}  // namespace
}  // namespace sloy
