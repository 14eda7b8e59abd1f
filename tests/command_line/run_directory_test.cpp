/// The directory of a run: which one is taken, and what is left in it.
#include <ctime>
#include <filesystem>
#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::CommandLine;
using harness::Finished;
using harness::holds;
using harness::run_sloy;

TEST_F(CommandLine, TakesARunDirectoryThatNobodyHas) {
  const std::time_t now = std::time(nullptr);
  const auto take = [&](const std::string& ending) {
    for (int second = 0; second < 60; ++second) {  // whenever the run begins
      const std::time_t then = now + second;
      char text[32];
      std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", std::gmtime(&then));
      std::filesystem::create_directories(at("runs/") + text + ending);
    }
  };
  const auto model = [&] {
    const Finished done = run_sloy({"train", recipe_file()}, {.directory = directory_.path()});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return done.out;
  };
  take("-recipe");
  EXPECT_TRUE(holds(model(), "-recipe-2/model.safetensors\n"));
  take("-recipe-2");
  EXPECT_TRUE(holds(model(), "-recipe-3/model.safetensors\n"));
}

TEST_F(CommandLine, RefusesARunDirectoryItCannotUseBeforeItTrains) {
  std::ofstream(at("file")) << "a file";
  for (const std::string& out : {at("file"), at("file/run"), std::string("/proc/run")}) {
    const Finished refused = run_sloy({"train", recipe_file(), "--out", out, "--json"});
    EXPECT_EQ(refused.exit_code, 2) << out;
    EXPECT_EQ(refused.out, "") << out;
    EXPECT_TRUE(holds(refused.err, out)) << refused.err;
  }
}

TEST_F(CommandLine, LeavesNothingOfARunThatNeverBegan) {
  for (const char* mistake : {"train.loss=MeanSquaredError", "train.epochs=0", "data.name=mons",
                              "train.optimizer.learning_rate=nan"}) {
    EXPECT_EQ(train("run", {"--set", mistake}).exit_code, 2) << mistake;
    EXPECT_FALSE(std::filesystem::exists(at("run"))) << mistake;
  }
}

TEST_F(CommandLine, LeavesAFinishedRunAlone) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = bytes_of_file(at("run/model.safetensors"));
  const Finished refused = train("run", {"--seed", "8"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(holds(refused.err, "--resume")) << refused.err;
  const Finished another = train("run", {"--seed", "8", "--resume"});
  EXPECT_EQ(another.exit_code, 2) << "another recipe's run was gone on with";
  EXPECT_EQ(bytes_of_file(at("run/model.safetensors")), model);
}

TEST_F(CommandLine, FailsWhereTheModelCannotBeWritten) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  std::filesystem::remove(at("run/model.safetensors"));
  std::filesystem::create_directories(at("run/model.safetensors"));
  const Finished failed = train("run", {"--quiet", "--resume"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.err,
            "error: cannot rename the file: Is a directory\n"
            "  file     " +
                at("run/model.safetensors") +
                "\n"
                "  to fix   name a file in it\n");
}

}  // namespace
}  // namespace sloy
