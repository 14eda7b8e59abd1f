/// Runs that were interrupted, and `--resume`.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::Arguments;
using harness::bytes_of_file;
using harness::CommandLine;
using harness::Finished;
using harness::holds;
using harness::run_sloy;

TEST_F(CommandLine, SaysHowToGoOnAfterAnInterruption) {
  const Arguments arguments{"train",
                            recipe_file(),
                            "--json",
                            "--out",
                            at("run"),
                            "--set",
                            "train.epochs=100000",
                            "--set",
                            "train.metrics=[\"Accuracy\"]"};
  const Finished stopped =
      run_sloy(arguments, {.signal = SIGINT, .signal_after = "\"event\":\"epoch\""});
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_EQ(stopped.err,
            "interrupted; to go on from the last finished epoch:\n  sloy train " + recipe_file() +
                " --set train.epochs=100000 --set 'train.metrics=[\"Accuracy\"]' --out " +
                at("run") + " --resume\n");
}

TEST_F(CommandLine, SaysSoWithoutProgressToo) {
  const Finished stopped = run_sloy({"train", recipe_file(), "--quiet", "--json", "--out",
                                     at("run"), "--set", "train.epochs=100000"},
                                    {.signal = SIGINT, .signal_after = "\"event\":\"epoch\""});
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_TRUE(holds(stopped.err, "interrupted; to go on from the last finished epoch:\n"))
      << stopped.err;
}

TEST_F(CommandLine, NamesACheckpointThatItPassesOver) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = bytes_of_file(at("run/model.safetensors"));
  const std::string newest = at("run/checkpoints/epoch-00002.safetensors");
  const std::string whole = bytes_of_file(newest);
  for (const char* how : {"", "--json"}) {
    std::ofstream(newest, std::ios::binary) << whole.substr(0, whole.size() / 2);
    const Finished resumed = *how ? train("run", {"--resume", how}) : train("run", {"--resume"});
    EXPECT_EQ(resumed.exit_code, 0);
    EXPECT_TRUE(holds(resumed.err,
                      "note: a checkpoint that can't be read was passed over\n"
                      "  file      " +
                          newest + "\n"))
        << resumed.err;
    EXPECT_FALSE(holds(resumed.out, "note")) << resumed.out;
    EXPECT_EQ(bytes_of_file(newest), whole);
    EXPECT_EQ(bytes_of_file(at("run/model.safetensors")), model);
  }
}

TEST_F(CommandLine, ResumesNothingButItsOwnRuns) {
  const auto refused = [&](const std::string& out) {
    const Finished finished = train(out, {"--resume"});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.err,
              "error: the directory holds other files than a run's\n"
              "  directory   " +
                  at(out) +
                  "\n"
                  "  to fix      give a new or an empty one with --out\n");
  };
  std::filesystem::create_directories(at("mine"));
  for (const char* name : {"mine/model.safetensors", "mine/log.csv"}) {
    std::ofstream(at(name)) << "mine";
    refused("mine");
  }
  EXPECT_EQ(bytes_of_file(at("mine/model.safetensors")), "mine");
  EXPECT_EQ(bytes_of_file(at("mine/log.csv")), "mine");
  std::filesystem::create_directories(at("own"));
  std::ofstream(at("own/recipe.toml")) << harness::moons_recipe;
  refused("own");
  for (const char* name : {"mine/recipe.toml", "mine/checkpoints", "own/log.csv", "own/run.json"}) {
    EXPECT_FALSE(std::filesystem::exists(at(name))) << name;
  }

  ASSERT_EQ(train("broken", {"--quiet"}).exit_code, 0);
  std::filesystem::remove_all(at("broken/checkpoints"));
  EXPECT_EQ(train("broken", {"--resume"}).err,
            "error: the run can't be gone on with: a part of it is gone\n"
            "  directory   " +
                at("broken") +
                "\n"
                "  missing     checkpoints\n"
                "  to fix      begin anew with another --out\n");
  EXPECT_TRUE(holds(train("broken").err, "the run directory is not empty"));

  std::filesystem::create_directories(at("empty"));
  EXPECT_EQ(train("empty", {"--resume"}).exit_code, 0);
  // As after an interruption of the first epoch.
  const std::string model = bytes_of_file(at("empty/model.safetensors"));
  std::filesystem::remove(at("empty/model.safetensors"));
  std::filesystem::remove_all(at("empty/checkpoints"));
  std::filesystem::create_directories(at("empty/checkpoints"));
  EXPECT_EQ(train("empty", {"--resume"}).exit_code, 0);
  EXPECT_EQ(bytes_of_file(at("empty/model.safetensors")), model);
}

}  // namespace
}  // namespace sloy
