/// `sloy train`: what it prints, what it refuses.
#include <filesystem>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::CommandLine;
using harness::events;
using harness::expect_keys;
using harness::Finished;
using harness::holds;
using harness::lines_of;

TEST_F(CommandLine, TrainsInJson) {
  const Finished done = train("run", {"--json"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const std::vector<Config> all = events(done);
  ASSERT_EQ(all.size(), 3U);
  for (int epoch = 1; epoch <= 2; ++epoch) {
    const Config& event = all[static_cast<std::size_t>(epoch - 1)];
    EXPECT_EQ(event.at("event").as_string(), "epoch");
    EXPECT_EQ(event.at("epoch").as_integer(), epoch);
    EXPECT_GT(event.at("steps").as_integer(), 0);
    expect_keys(event, {"loss", "accuracy", "val_loss", "val_accuracy", "seconds",
                        "examples_per_second", "images_per_second"});
  }
  EXPECT_EQ(all[2].at("event").as_string(), "done");
  EXPECT_EQ(all[2].at("model").as_string(), at("run/model.safetensors"));
  EXPECT_GT(all[2].at("peak_rss_bytes").as_integer(), 1'000'000);
  for (const char* file : {"recipe.toml", "log.csv", "model.safetensors", "checkpoints"}) {
    EXPECT_TRUE(std::filesystem::exists(directory_.path() / "run" / file)) << file;
  }
}

TEST_F(CommandLine, ValidatesOnTheTestDataWhereTheRecipeSaysSo) {
  const Finished done = train("run", {"--json", "--set", "data.validation=test"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const std::vector<Config> all = events(done);
  // 400 examples in batches of 64: none of the training part is held out.
  EXPECT_EQ(all[0].at("steps").as_integer(), 7);
  EXPECT_DOUBLE_EQ(all[1].at("val_loss").as_number(), all[2].at("test_loss").as_number());
}

TEST_F(CommandLine, PrintsOnePlainLineAnEpochWhereThereIsNoTerminal) {
  const Finished done = train("run");
  ASSERT_EQ(done.exit_code, 0);
  int epochs = 0;
  for (const std::string& line : lines_of(done.err)) epochs += line.starts_with("Epoch ");
  EXPECT_EQ(epochs, 2) << done.err;
  EXPECT_EQ((done.err + done.out).find_first_of("\r\x1b"), std::string::npos) << done.err;
  const Finished quiet = train("quiet", {"--quiet"});
  EXPECT_EQ(quiet.err, "");
}

TEST_F(CommandLine, NamesTheNearestKeyAndDataSet) {
  const Finished key = train("run", {"--set", "train.epoch=3"});
  EXPECT_EQ(key.exit_code, 2);
  EXPECT_TRUE(holds(key.err, "did you mean 'epochs'?")) << key.err;
  EXPECT_FALSE(std::filesystem::exists(at("run")));
  const Finished data = train("run", {"--data", "mons"});
  EXPECT_EQ(data.exit_code, 2);
  EXPECT_TRUE(holds(data.err, "moons")) << data.err;
}

TEST_F(CommandLine, SaysThatTrainingDiverged) {
  const Finished diverged = train("run", {"--set", "train.optimizer.learning_rate=1e30"});
  EXPECT_EQ(diverged.exit_code, 3) << diverged.err;
  EXPECT_TRUE(holds(diverged.err, "diverged")) << diverged.err;
  EXPECT_TRUE(holds(diverged.err, "learning_rate")) << diverged.err;
}

}  // namespace
}  // namespace sloy
