/// The `sloy` program as scripts see it: what it prints where, and how it exits.
#include <gtest/gtest.h>
#include <sloy/config.h>
#include <sloy/io.h>
#include <zlib.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>

#include "harness/process.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::Finished;
using harness::lines_of;
using harness::run_sloy;
using harness::TemporaryDirectory;
using Arguments = std::vector<std::string>;

constexpr const char* recipe = R"(
seed = 7
[data]
name = "moons"
validation = 0.2
[[model.layer]]
type = "Dense"
units = 8
activation = "relu"
[[model.layer]]
type = "Dense"
units = 2
[train]
epochs = 2
batch_size = 64
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
optimizer = { type = "SGD", learning_rate = 0.1 }
metrics = ["Accuracy"]
)";

class CommandLine : public testing::Test {
 protected:
  CommandLine() { std::ofstream(directory_ / "recipe.toml") << recipe; }

  std::string at(const std::string& name) const { return directory_ / name; }
  std::string recipe_file() const { return at("recipe.toml"); }
  Finished train(const std::string& out, const Arguments& more = {}) const {
    Arguments arguments{"train", recipe_file(), "--out", at(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sloy(arguments);
  }

  TemporaryDirectory directory_;
};

/// The objects on stdout, which holds nothing else.
std::vector<Config> events(const Finished& finished) {
  std::vector<Config> found;
  for (const std::string& line : lines_of(finished.out)) {
    found.push_back(parse_json(line, "stdout"));
    EXPECT_TRUE(found.back().is_map()) << line;
    EXPECT_TRUE(found.back().find("event")) << line;
  }
  EXPECT_TRUE(finished.out.empty() || finished.out.back() == '\n');
  EXPECT_FALSE(found.empty()) << finished.err;
  return found;
}

void expect_keys(const Config& event, const Arguments& keys) {
  for (const std::string& key : keys) {
    EXPECT_TRUE(event.find(key)) << to_json(event) << " has no " << key;
  }
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CommandLine, HelpsWithExamples) {
  const std::string commands[] = {"train", "eval", "predict", "summary", "plan", "bench", "data"};
  const Finished all = run_sloy({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  for (const std::string& command : commands) {
    EXPECT_TRUE(holds(all.out, "\n  " + command)) << command;
    const Finished one = run_sloy({command, "--help"});
    EXPECT_EQ(one.exit_code, 0) << command;
    EXPECT_TRUE(holds(one.out, "  sloy " + command + " ")) << one.out;
    EXPECT_EQ(one.err, "") << command;
  }
  const Finished version = run_sloy({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("sloy ")) << version.out;
}

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

TEST_F(CommandLine, EveryCommandSpeaksJson) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = at("run/model.safetensors");

  const Finished eval = run_sloy({"eval", model, "--data", "moons", "--json"});
  EXPECT_EQ(eval.exit_code, 0) << eval.err;
  const Config measured = events(eval).at(0);
  EXPECT_EQ(measured.at("event").as_string(), "eval");
  expect_keys(measured, {"loss", "accuracy", "examples"});

  write_tensor(at("points.npy"), Tensor(Shape{3, 2}, std::vector<float>{0, 1, 1, 0, -1, 0.5}));
  const Finished predict = run_sloy({"predict", model, at("points.npy"), "--json"});
  EXPECT_EQ(predict.exit_code, 0) << predict.err;
  EXPECT_EQ(events(predict).size(), 3U);
  expect_keys(events(predict).at(0), {"input", "class", "probability", "output"});

  const Finished summary = run_sloy({"summary", model, "--json"});
  EXPECT_EQ(summary.exit_code, 0) << summary.err;
  EXPECT_EQ(events(summary).back().at("parameters").as_integer(), 2 * 8 + 8 + 8 * 2 + 2);

  const Finished plan = run_sloy({"plan", recipe_file(), "--explain", "--json"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  expect_keys(events(plan).at(0), {"op", "layer", "kernel", "operands", "refused"});
  expect_keys(events(plan).back(), {"arena_bytes", "state_bytes", "flops", "steps"});

  const Finished bench = run_sloy({"bench", "W2", "--seconds", "0.01", "--json"});
  EXPECT_EQ(bench.exit_code, 0) << bench.err;
  expect_keys(events(bench).at(0), {"workload", "steps_per_second", "examples_per_second", "gflops",
                                    "share_of_peak", "planned_bytes", "peak_rss_bytes"});

  const Finished list = run_sloy({"data", "list", "--json"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  expect_keys(events(list).at(0), {"name"});
  const Finished show = run_sloy({"data", "show", "moons", "--json"});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  expect_keys(events(show).at(0), {"part", "examples", "classes"});
}

TEST_F(CommandLine, RefusesWrongUsage) {
  const std::string missing = at("missing.safetensors");
  const Arguments wrong[] = {{},
                             {"frobnicate"},
                             {"train", "--frobnicate"},
                             {"train"},
                             {"train", at("missing.toml")},
                             {"train", recipe_file(), "--threads", "0"},
                             {"eval", missing, "--data", "moons"},
                             {"predict", missing, "x.npy"},
                             {"summary", missing},
                             {"plan", recipe_file(), "--set", "train.batch_size=0"},
                             {"bench", "W0"},
                             {"data"},
                             {"data", "show", "mons"}};
  for (const Arguments& arguments : wrong) {
    const Finished refused = run_sloy(arguments);
    EXPECT_EQ(refused.exit_code, 2) << testing::PrintToString(arguments) << refused.err;
    EXPECT_EQ(refused.out, "") << testing::PrintToString(arguments);
    EXPECT_NE(refused.err, "") << testing::PrintToString(arguments);
  }
}

/// What people type who use the program for the first time.
TEST_F(CommandLine, SaysWhatIsWrongWithItsArguments) {
  const auto said = [](const Arguments& arguments) {
    const Finished refused = run_sloy(arguments);
    EXPECT_EQ(refused.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(refused.out, "") << testing::PrintToString(arguments);
    return refused.err;
  };
  EXPECT_EQ(said({}),
            "error: sloy needs a command\n"
            "  commands   train, eval, predict, summary, plan, bench, data\n"
            "  to fix     sloy --help shows how it is used\n");
  EXPECT_EQ(said({"trian", recipe_file()}),
            "error: sloy has no command 'trian'\n"
            "  commands   train, eval, predict, summary, plan, bench, data\n"
            "  to fix     did you mean 'train'?\n");
  EXPECT_EQ(said({"data", "sho", "moons"}),
            "error: sloy data has no command 'sho'\n"
            "  commands   list, show\n"
            "  to fix     did you mean 'show'?\n");
  EXPECT_EQ(said({"eval", "m.safetensors", "--dta", "moons"}),
            "error: sloy eval has no option --dta\n"
            "  options   --help, --json, --quiet, --threads, --seed, --data, --data-dir, --part, "
            "--batch-size\n"
            "  to fix    did you mean '--data'?\n");
  EXPECT_EQ(said({"train", recipe_file(), "more"}),
            "error: sloy train has no use for 'more'\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(said({"eval", "m.safetensors"}),
            "error: sloy eval: --data is missing\n"
            "  to fix   sloy eval --help shows how it is used\n");
  EXPECT_EQ(said({"train", recipe_file(), "--out"}),
            "error: sloy train: --out needs a value\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(said({"train", recipe_file(), "--threads", "0"}),
            "error: sloy train: --threads: a whole number from 1 to 4096 is needed, not '0'\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(said({"bench", "--seconds", "nan"}),
            "error: sloy bench: --seconds: a number above 0 is needed, not 'nan'\n"
            "  to fix   sloy bench --help shows how it is used\n");
  EXPECT_EQ(said({"--threads", "2", "train", recipe_file()}),
            "error: --threads stands before the command\n"
            "  to fix   options come after the command: sloy train --threads\n");
  EXPECT_EQ(said({"data", "--json", "list"}),
            "error: --json stands before the command\n"
            "  to fix   options come after the command: sloy data list --json\n");
  EXPECT_EQ(said({"--quiet"}),
            "error: --quiet stands before the command\n"
            "  to fix   options come after the command: sloy COMMAND --quiet\n");
  EXPECT_EQ(said({"--frobnicate", "train"}),
            "error: sloy has no option --frobnicate\n"
            "  options   --help, --version\n"
            "  to fix    sloy --help shows how it is used\n");
  EXPECT_EQ(said({"train", recipe_file(), "--out", ""}),
            "error: sloy train: --out: a name is needed, not ''\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(said({"predict", "m.safetensors", "x.npy", "--out", ""}),
            "error: sloy predict: --out: a name is needed, not ''\n"
            "  to fix   sloy predict --help shows how it is used\n");
  EXPECT_EQ(said({"train", recipe_file(), "--resume"}),
            "error: --resume needs --out\n"
            "  to fix   name the run's directory: --out DIR --resume\n");
  EXPECT_EQ(said({"predict", recipe_file(), "x.npy"}),
            "error: this is no model\n"
            "  file     " +
                recipe_file() +
                "\n"
                "  to fix   train the recipe: sloy train " +
                recipe_file() + "\n");
  EXPECT_EQ(said({"train", "cnn"}),
            "error: there is no file cnn\n"
            "  to fix   --model cnn is the shipped recipe\n");
  EXPECT_EQ(said({"plan", at("model.safetensors")}),
            "error: this is a model, a recipe is needed\n"
            "  file     " +
                at("model.safetensors") +
                "\n"
                "  to fix   give the recipe.toml of the run that made it\n");
  EXPECT_EQ(said({"train", directory_.path()}),
            "error: a directory stands where a file is needed\n"
            "  file     " +
                directory_.path().string() +
                "\n"
                "  to fix   name a file in it\n");
  EXPECT_EQ(said({"train", recipe_file(), "--set", "train.epochs=-1"}),
            "error: epochs must be 1 or more, not -1\n"
            "  where    --set train.epochs=-1\n"
            "  to fix   give 1 or more\n");
}

TEST_F(CommandLine, ValidatesOnTheTestDataWhereTheRecipeSaysSo) {
  const Finished done = train("run", {"--json", "--set", "data.validation=test"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const std::vector<Config> all = events(done);
  // 400 examples in batches of 64: none of the training part is held out.
  EXPECT_EQ(all[0].at("steps").as_integer(), 7);
  EXPECT_DOUBLE_EQ(all[1].at("val_loss").as_number(), all[2].at("test_loss").as_number());
}

TEST_F(CommandLine, PlansAndSummarizesByTheDatasHeadersAlone) {
  using namespace std::string_literals;
  const auto pack = [&](const std::string& name, const std::string& bytes) {
    gzFile file = gzopen((directory_ / (name + ".gz")).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  };
  for (const std::string part : {"train", "t10k"}) {
    pack(part + "-images-idx3-ubyte", "\0\0\x8\x3\0\0\x1\0\0\0\0\x1c\0\0\0\x1c"s);
    pack(part + "-labels-idx1-ubyte", "\0\0\x8\x1\0\0\x1\0"s);
  }
  const Arguments net{"--model", "mlp", "--data", "mnist", "--data-dir", directory_.path()};
  const auto run = [&](Arguments command) {
    command.insert(command.end(), net.begin(), net.end());
    return run_sloy(command);
  };
  EXPECT_EQ(run({"plan"}).exit_code, 0) << run({"plan"}).err;
  EXPECT_EQ(run({"summary"}).exit_code, 0) << run({"summary"}).err;
  const Finished refused = run({"train", "--out", at("run")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(holds(refused.err, "the file ends within the elements")) << refused.err;
}

TEST_F(CommandLine, PredictsWhatComesThroughAPipe) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = at("run/model.safetensors");
  // More than a pipe holds at once.
  Tensor points(DType::float32, {20'000, 2});
  float next = -1;
  for (float& x : points.mutable_values<float>()) x = next += 1e-4f;
  write_tensor(at("points.npy"), points);
  const std::string bytes = bytes_of_file(at("points.npy"));
  const Finished piped = run_sloy({"predict", model, "-", "--json"}, {.input = bytes});
  ASSERT_EQ(piped.exit_code, 0) << piped.err;
  const Finished read = run_sloy({"predict", model, at("points.npy"), "--json"});
  const std::vector<std::string> lines = lines_of(piped.out), expected = lines_of(read.out);
  ASSERT_EQ(lines.size(), 20'000u);
  for (std::size_t i : {std::size_t{0}, std::size_t{19'999}}) {
    EXPECT_EQ(parse_json(lines[i]).at("output"), parse_json(expected[i]).at("output"));
    EXPECT_EQ(parse_json(lines[i]).at("input").as_string(), "-[" + std::to_string(i) + "]");
  }
  const Finished cut = run_sloy({"predict", model, "-"}, {.input = bytes.substr(0, 1000)});
  EXPECT_EQ(cut.exit_code, 2);
  EXPECT_TRUE(holds(cut.err, "standard input")) << cut.err;
}

TEST_F(CommandLine, WritesPredictionsWhereItIsTold) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = at("run/model.safetensors");
  write_tensor(at("points.npy"), Tensor(Shape{2, 2}, std::vector<float>{0, 1, 1, 0}));
  const auto predict_to = [&](const std::string& out) {
    return run_sloy({"predict", model, at("points.npy"), "--out", out});
  };
  ASSERT_EQ(predict_to(at("plain.npy")).exit_code, 0);
  EXPECT_EQ(read_tensor(at("plain.npy")).shape(), (Shape{2, 2}));
  const std::string expected = bytes_of_file(at("plain.npy"));

  std::ofstream(at("target.npy")) << "old";
  std::filesystem::create_symlink("target.npy", at("link.npy"));
  EXPECT_EQ(predict_to(at("link.npy")).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(at("link.npy")));
  EXPECT_EQ(bytes_of_file(at("target.npy")), expected);

  // Devices through links: a program that replaced what it names would not replace the machine's.
  std::filesystem::create_symlink("/dev/stdout", at("out"));
  const Finished piped = predict_to(at("out"));
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_EQ(piped.out, expected);
  std::filesystem::create_symlink("/dev/full", at("full"));
  EXPECT_NE(predict_to(at("full")).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_character_file(at("full")));
}

TEST_F(CommandLine, PredictsOverNothingThatItReads) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = at("run/model.safetensors"), points = at("points.npy");
  write_tensor(points, Tensor(Shape{2, 2}, std::vector<float>{0, 1, 1, 0}));
  std::filesystem::create_symlink("points.npy", at("link.npy"));
  const std::string model_bytes = bytes_of_file(model), points_bytes = bytes_of_file(points);
  const auto refused = [&](const std::string& out) {
    const Finished finished = run_sloy({"predict", model, points, "--out", out});
    EXPECT_EQ(finished.exit_code, 2) << out;
    return finished.err;
  };
  const std::string end = "\n  to fix   give another --out\n";
  for (const std::string& out : {model, at("run/../run/model.safetensors")}) {
    EXPECT_EQ(refused(out),
              "error: --out names the model, which would be lost\n  file     " + out + end);
  }
  for (const std::string& out : {points, at("link.npy")}) {
    EXPECT_EQ(refused(out),
              "error: --out names the input, which would be lost\n  file     " + out + end);
  }
  EXPECT_EQ(bytes_of_file(model), model_bytes);
  EXPECT_EQ(bytes_of_file(points), points_bytes);
}

TEST_F(CommandLine, SaysWhereAnOutputIsNotANumber) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = at("run/model.safetensors"), points = at("points.npy");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_tensor(points, Tensor(Shape{3, 2}, std::vector<float>{0, 1, nan, 0, -nan, nan}));
  const Finished text = run_sloy({"predict", model, points});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  const std::vector<std::string> lines = lines_of(text.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(holds(lines[0], " %")) << lines[0];
  EXPECT_EQ(lines[1], points + "[1]  not a number");
  EXPECT_EQ(lines[2], points + "[2]  not a number");

  const std::vector<Config> all = events(run_sloy({"predict", model, points, "--json"}));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].at("class").is_string());
  for (std::size_t example : {1, 2}) {
    EXPECT_TRUE(all[example].at("class").is_null());
    EXPECT_TRUE(all[example].at("probability").is_null());
    EXPECT_EQ(all[example].at("output").as_list()[0].as_string(), "nan");
  }
}

TEST_F(CommandLine, TellsADamagedModelFromARecipe) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string whole = bytes_of_file(at("run/model.safetensors"));
  for (std::size_t length : {std::size_t{100}, whole.size() - 10}) {
    for (const char* name : {"cut.safetensors", "cut"}) {
      std::ofstream(at(name), std::ios::binary) << whole.substr(0, length);
      const Finished refused = run_sloy({"summary", at(name)});
      EXPECT_EQ(refused.exit_code, 2);
      EXPECT_TRUE(holds(refused.err, "the file is damaged or incomplete")) << refused.err;
    }
  }
  std::ofstream(at("whole"), std::ios::binary) << whole;
  EXPECT_EQ(run_sloy({"summary", at("whole")}).exit_code, 0);
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
  std::ofstream(at("own/recipe.toml")) << recipe;
  refused("own");
  for (const char* name : {"mine/recipe.toml", "mine/checkpoints", "own/log.csv", "own/run.json"}) {
    EXPECT_FALSE(std::filesystem::exists(at(name))) << name;
  }

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

TEST_F(CommandLine, LeavesNothingOfARunThatNeverBegan) {
  for (const char* mistake : {"train.loss=MeanSquaredError", "train.epochs=0", "data.name=mons",
                              "train.optimizer.learning_rate=nan"}) {
    EXPECT_EQ(train("run", {"--set", mistake}).exit_code, 2) << mistake;
    EXPECT_FALSE(std::filesystem::exists(at("run"))) << mistake;
  }
}

TEST_F(CommandLine, SaysThatItsOutputCouldNotBeWritten) {
  const Finished full = run_sloy({"data", "list"}, {.output = "/dev/full"});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_EQ(full.err, "error: cannot write to standard output\n");
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

TEST_F(CommandLine, RefusesARunDirectoryItCannotUseBeforeItTrains) {
  std::ofstream(at("file")) << "a file";
  for (const std::string& out : {at("file"), at("file/run"), std::string("/proc/run")}) {
    const Finished refused = run_sloy({"train", recipe_file(), "--out", out, "--json"});
    EXPECT_EQ(refused.exit_code, 2) << out;
    EXPECT_EQ(refused.out, "") << out;
    EXPECT_TRUE(holds(refused.err, out)) << refused.err;
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

TEST_F(CommandLine, SaysThatTrainingDiverged) {
  const Finished diverged = train("run", {"--set", "train.optimizer.learning_rate=1e30"});
  EXPECT_EQ(diverged.exit_code, 3) << diverged.err;
  EXPECT_TRUE(holds(diverged.err, "diverged")) << diverged.err;
  EXPECT_TRUE(holds(diverged.err, "learning_rate")) << diverged.err;
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

}  // namespace
}  // namespace sloy
