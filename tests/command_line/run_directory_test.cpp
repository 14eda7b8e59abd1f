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

/// What is seen in the first step: the corrected command then finds nothing in its way.
TEST_F(CommandLine, LeavesNothingOfARunThatLearnedNothing) {
  const harness::Arguments plane{
      "--data", "plane",
      "--set",  "model.layer.dense.units=1",
      "--set",  "train.loss=MeanSquaredError",
      "--set",  "train.callbacks=[{ type = \"CSVLogger\", filename = \"own.csv\" }]"};
  harness::Arguments numbers = plane;
  numbers.insert(numbers.end(), {"--set", "train.metrics=[]"});
  const Finished refused = train("run", plane);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(holds(refused.err, "Accuracy needs classes")) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(at("run")));
  const Finished diverged = train("run", {"--set", "train.optimizer.learning_rate=1e30"});
  EXPECT_EQ(diverged.exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(at("run")));
  // One that was there and empty stays.
  std::filesystem::create_directories(at("run"));
  EXPECT_EQ(train("run", plane).exit_code, 2);
  EXPECT_TRUE(std::filesystem::is_empty(at("run")));
  const Finished corrected = train("run", numbers);
  EXPECT_EQ(corrected.exit_code, 0) << corrected.err;
  // Nor is anything taken from a run that learned something.
  EXPECT_EQ(train("run", plane).exit_code, 2);
  EXPECT_EQ(run_sloy({"summary", at("run/model.safetensors")}).exit_code, 0);
}

/// The recipe's callbacks write into the run's directory, and over nothing of anybody's.
TEST_F(CommandLine, KeepsTheFilesOfCallbacksApart) {
  const auto with = [&](const std::string& out, const std::string& callbacks,
                        harness::Arguments more = {}) {
    harness::Arguments arguments{"train",
                                 recipe_file(),
                                 "--quiet",
                                 "--out",
                                 at(out),
                                 "--set",
                                 "train.callbacks=[" + callbacks + "]"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sloy(arguments, {.directory = directory_.path()});
  };
  const auto csv = [](const std::string& file, const std::string& more = "") {
    return "{ type = \"CSVLogger\", filename = \"" + file + "\"" + more + " }";
  };
  const std::string both = csv("epochs.csv") +
                           ", { type = \"ModelCheckpoint\", filepath = "
                           "\"best/{epoch}.safetensors\" }";
  const Finished done = with("run", both);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(bytes_of_file(at("run/epochs.csv")), bytes_of_file(at("run/log.csv")));
  EXPECT_TRUE(std::filesystem::exists(at("run/best/2.safetensors")));
  EXPECT_FALSE(std::filesystem::exists(at("epochs.csv")));
  EXPECT_EQ(with("run", both, {"--resume"}).exit_code, 0);

  const std::string recipe = bytes_of_file(recipe_file());
  std::ofstream(at("mine.csv")) << "mine\n";
  std::ofstream(at("best-1.safetensors")) << "mine";
  const auto refused = [&](const std::string& callbacks, const std::string& sentence) {
    const Finished finished = with("refused", callbacks);
    EXPECT_EQ(finished.exit_code, 2) << callbacks;
    EXPECT_TRUE(finished.err.starts_with("error: " + sentence + "\n")) << finished.err;
    EXPECT_FALSE(std::filesystem::exists(at("refused"))) << callbacks;
  };
  const std::string over = "the callback would write over a file that is not this run's";
  refused(csv(recipe_file()), "the callback would write over the recipe");
  refused(csv(recipe_file(), ", append = true"), "the callback would write over the recipe");
  refused(csv(at("mine.csv")), over);
  refused(csv("../mine.csv"), over);
  refused("{ type = \"ModelCheckpoint\", filepath = \"../best-{epoch}.safetensors\" }", over);
  refused(csv(at("slip/mine.csv")), "the folder of a callback's file doesn't exist");
  refused("{ type = \"ModelCheckpoint\", filepath = \"../slip/{epoch}/a\" }",
          "the folder of a callback's file doesn't exist");
  EXPECT_FALSE(std::filesystem::exists(at("slip")));
  refused(csv("log.csv"), "the callback would write over the run's own log.csv");
  refused(csv("./checkpoints/log"), "the callback would write over the run's own checkpoints");
  refused(csv("a.csv") + ", " + csv("./a.csv"), "two callbacks would write the same file");
  EXPECT_EQ(bytes_of_file(recipe_file()), recipe);
  EXPECT_EQ(bytes_of_file(at("mine.csv")), "mine\n");

  EXPECT_EQ(with("appended", csv(at("mine.csv"), ", append = true")).exit_code, 0);
  EXPECT_TRUE(bytes_of_file(at("mine.csv")).starts_with("mine\n0,"));
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
