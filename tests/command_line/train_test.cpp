/// `sloy train`: what it prints, what it refuses.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::CommandLine;
using harness::events;
using harness::expect_keys;
using harness::Finished;
using harness::holds;
using harness::lines_of;
using harness::refusal;
using harness::run_sloy;

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
                        "examples_per_second", "images_per_second", "data_wait"});
  }
  EXPECT_EQ(all[2].at("event").as_string(), "done");
  EXPECT_EQ(all[2].at("model").as_string(), at("run/model.safetensors"));
  EXPECT_GT(all[2].at("peak_rss_bytes").as_integer(), 1'000'000);
  for (const char* file : {"recipe.toml", "log.csv", "model.safetensors", "checkpoints"}) {
    EXPECT_TRUE(std::filesystem::exists(directory_.path() / "run" / file)) << file;
  }
}

/// Kernels that were chosen by their time are part of the run: going on with it takes the same.
TEST_F(CommandLine, RecordsAndRepeatsMeasuredKernels) {
  setenv("XDG_CACHE_HOME", at("cache").c_str(), 1);
  const Finished done = train("run", {"--json", "--tune"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  EXPECT_TRUE(std::filesystem::exists(at("cache/sloy")));
  const Config about = parse_json(bytes_of_file(at("run/run.json")));
  EXPECT_GT(about.at("tuned_kernels").as_integer(), 0);
  const Config record = parse_json(bytes_of_file(at("run/tuning.json")));
  EXPECT_GE(static_cast<std::int64_t>(record.at("choices").as_list().size()),
            about.at("tuned_kernels").as_integer());

  const Finished resumed = train("run", {"--json", "--tune", "--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  std::ofstream(at("run/tuning.json")) << "{}";
  const Finished refused = train("run", {"--tune", "--resume"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(holds(refused.err, "error: this is no record of measured choices")) << refused.err;
  const Finished other = train("run", {"--resume"});
  EXPECT_TRUE(holds(other.err, "the run was begun with another recipe")) << other.err;
  unsetenv("XDG_CACHE_HOME");
}

/// What a proximal penalty is for.
TEST_F(CommandLine, CountsWeightsThatAreExactlyZero) {
  const std::string penalty =
      "model.layer.0.kernel_regularizer={type = \"L1\", l1 = 10.0, proximal = true}";
  const Finished done = train("zeros", {"--json", "--set", penalty});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(events(done).back().at("zero_weights").as_integer(), 16);
  const Finished printed = train("printed", {"--set", penalty});
  EXPECT_TRUE(holds(printed.out, "zeros     16 of 32 numbers of kernels")) << printed.out;
  const Finished none = train("none", {"--json"});
  EXPECT_EQ(events(none).back().find("zero_weights"), nullptr);
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

/// What may make the result another than was asked for is said always.
TEST_F(CommandLine, SaysNotesWithoutProgressToo) {
  const std::string note =
      "note: the batch is larger than the data: a step takes all there are\n"
      "  batch_size   137438953472\n"
      "  examples     320\n"
      "  to fix       give a batch_size of at most 320\n";
  for (const char* option : {"--quiet", "--json"}) {
    const Finished done =
        train(std::string("run") + option, {option, "--set", "train.batch_size=137438953472"});
    EXPECT_EQ(done.exit_code, 0);
    EXPECT_EQ(done.err, note) << option;
  }
}

/// The model is what a training is for, not its lines.
TEST_F(CommandLine, TrainsToTheEndWhereNobodyReads) {
  ASSERT_EQ(train("read", {"--json"}).exit_code, 0);
  const Finished unread =
      run_sloy({"train", recipe_file(), "--out", at("unread"), "--json"}, {.unread = true});
  EXPECT_EQ(unread.exit_code, 0);
  EXPECT_EQ(unread.err,
            "note: nobody reads the output any more: the training goes on to its end\n");
  EXPECT_EQ(bytes_of_file(at("unread/model.safetensors")),
            bytes_of_file(at("read/model.safetensors")));
}

/// A file that takes the number of a closed stream must not get what is printed.
TEST_F(CommandLine, WritesItsFilesWithoutStandardStreamsToo) {
  ASSERT_EQ(train("all").exit_code, 0);
  for (const int stream : {0, 1, 2}) {
    const std::string out = at("without" + std::to_string(stream));
    const Finished done = run_sloy({"train", recipe_file(), "--out", out}, {.closed = {stream}});
    EXPECT_EQ(done.exit_code, stream == 1 ? 1 : 0) << done.err;
    for (const char* file : {"/log.csv", "/recipe.toml", "/model.safetensors"}) {
      EXPECT_EQ(bytes_of_file(out + file), bytes_of_file(at("all") + file)) << stream << file;
    }
  }
}

TEST_F(CommandLine, TrainsOnTheDefaultOptimizerWithAnotherRate) {
  const std::string rate = "train.optimizer.learning_rate=0.5";
  ASSERT_EQ(train("named", {"--set", "train.optimizer=SGD", "--set", rate}).exit_code, 0);
  std::string without(harness::moons_recipe);
  const std::size_t line = without.find("optimizer = ");
  without.erase(line, without.find('\n', line) - line + 1);
  std::ofstream(recipe_file()) << without;
  const Finished done = train("default", {"--set", rate});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(bytes_of_file(at("default/model.safetensors")),
            bytes_of_file(at("named/model.safetensors")));
}

TEST_F(CommandLine, TrainsShippedRecipesOnTheClassesOfTheData) {
  const Finished done = run_sloy({"train", "--model", "mlp", "--data", "moons", "--out", at("run"),
                                  "--set", "train.epochs=1", "--quiet"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const Finished summary = run_sloy({"summary", at("run/model.safetensors"), "--json"});
  EXPECT_EQ(events(summary).back().at("parameters").as_integer(),
            2 * 512 + 512 + 512 * 512 + 512 + 512 * 2 + 2);
  EXPECT_TRUE(holds(bytes_of_file(at("run/recipe.toml")), "units = \"classes\""));

  EXPECT_EQ(refusal({"plan", "--model", "cnn", "--data", "moons"}),
            "error: the layer works on images\n"
            "  input    (batch, 2)\n"
            "  needed   (batch, height, width, channels)\n"
            "  layer    conv2d   Conv2D\n"
            "  where    cnn.toml:12\n"
            "  to fix   feed images, or use Dense layers for what is none\n");
  EXPECT_EQ(refusal({"plan", "--model", "mlp", "--data", "plane"}),
            "error: units = \"classes\" counts the data's classes, but the data have none\n"
            "  where    mlp.toml:23\n"
            "  target   float32 (1)\n"
            "  to fix   give a number of units, and [train] a loss for numbers, as "
            "MeanSquaredError\n");
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
  EXPECT_FALSE(holds(diverged.err, "checkpoint")) << diverged.err;
}

/// The last finished epoch is not lost.
TEST_F(CommandLine, NamesTheCheckpointThatADivergedTrainingLeaves) {
  // At the rates 0.1 and 1e30 of the two epochs: 5 steps are an epoch.
  const Finished diverged =
      train("run",
            {"--set",
             "train.optimizer.learning_rate={ type = \"PiecewiseConstantDecay\", boundaries = [5], "
             "values = [0.1, 1e30] }"});
  EXPECT_EQ(diverged.exit_code, 3) << diverged.err;
  const std::string checkpoint = at("run/checkpoints/epoch-00001.safetensors");
  EXPECT_TRUE(holds(diverged.err, "  checkpoint      " + checkpoint +
                                      "   a model too, of the last epoch that was finished\n"))
      << diverged.err;
  const Finished measured = run_sloy({"eval", checkpoint, "--data", "moons"});
  EXPECT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_TRUE(holds(measured.out, "accuracy")) << measured.out;
}

}  // namespace
}  // namespace sloy
