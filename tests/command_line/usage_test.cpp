/// Arguments, help, JSON of every command.
#include <sloy/io.h>

#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::Arguments;
using harness::CommandLine;
using harness::events;
using harness::expect_keys;
using harness::Finished;
using harness::holds;
using harness::refusal;
using harness::run_sloy;

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
  expect_keys(events(plan).at(0), {"op", "layer", "kernel", "operands", "refused", "tuned"});
  expect_keys(events(plan).back(), {"arena_bytes", "state_bytes", "flops", "steps"});

  const Finished bench = run_sloy({"bench", "W2", "--seconds", "0.01", "--json"});
  EXPECT_EQ(bench.exit_code, 0) << bench.err;
  expect_keys(events(bench).at(0), {"workload", "steps_per_second", "examples_per_second", "gflops",
                                    "share_of_peak", "planned_bytes", "peak_rss_bytes"});

  const Finished prediction = run_sloy({"bench", "W2", "--predict", "--seconds", "0.01", "--json"});
  EXPECT_EQ(prediction.exit_code, 0) << prediction.err;
  EXPECT_EQ(events(prediction).at(0).at("timed").as_string(), "prediction");
  EXPECT_EQ(events(prediction).at(0).at("batch_size").as_integer(), 1);
  expect_keys(events(prediction).at(0), {"workload", "ms", "peak_rss_bytes"});

  const Finished first = run_sloy({"bench", "W2", "--steps", "1", "--json"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(events(first).at(0).at("timed").as_string(), "step");
  EXPECT_EQ(events(first).at(0).find("share_of_peak"), nullptr);

  const std::string trace = at("trace.json");
  const Finished profile =
      run_sloy({"bench", "W2", "--seconds", "0.01", "--json", "--profile", "--trace", trace});
  EXPECT_EQ(profile.exit_code, 0) << profile.err;
  const std::vector<Config> calls = events(profile);
  ASSERT_GT(calls.size(), 2U);
  for (std::size_t i = 0; i + 2 < calls.size(); ++i) {
    EXPECT_EQ(calls[i].at("event").as_string(), "call");
    EXPECT_EQ(calls[i].at("workload").as_string(), "W2");
    expect_keys(calls[i], {"layer", "op", "phase", "kernel", "implementation", "flops", "bytes",
                           "gflops", "gigabytes_per_second", "share_of_limit"});
    EXPECT_GE(calls[i].at("ms").as_number(), 0);
  }
  const Config& whole = calls[calls.size() - 2];
  EXPECT_EQ(whole.at("event").as_string(), "profile");
  EXPECT_EQ(whole.at("trace").as_string(), trace);
  expect_keys(whole, {"step_ms", "calls_ms", "explained", "runs", "peak_gflops",
                      "memory_gigabytes_per_second"});
  const std::string written = harness::bytes_of_file(trace);
  EXPECT_EQ(parse_json(written, trace).at("traceEvents").as_list().size(), calls.size() + 1);
  EXPECT_EQ(calls.back().at("event").as_string(), "bench");

  const Finished list = run_sloy({"data", "list", "--json"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  expect_keys(events(list).at(0), {"name"});
  EXPECT_EQ(events(list).back().at("kind").as_string(), "records");
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
                             {"bench", "W2", "--predict", "--steps", "1"},
                             {"bench", "W2", "--predict", "--precision", "mixed_bfloat16"},
                             {"bench", "W2", "--predict", "--memory-limit", "1MB"},
                             {"bench", "W2", "--predict", "--convolution", "direct"},
                             {"bench", "W2", "--predict", "--tune"},
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
  EXPECT_EQ(refusal({}),
            "error: sloy needs a command\n"
            "  commands   train, eval, predict, summary, plan, bench, data\n"
            "  to fix     sloy --help shows how it is used\n");
  EXPECT_EQ(refusal({"trian", recipe_file()}),
            "error: sloy has no command 'trian'\n"
            "  commands   train, eval, predict, summary, plan, bench, data\n"
            "  to fix     did you mean 'train'?\n");
  EXPECT_EQ(refusal({"data", "sho", "moons"}),
            "error: sloy data has no command 'sho'\n"
            "  commands   list, show, pack\n"
            "  to fix     did you mean 'show'?\n");
  EXPECT_EQ(
      refusal({"eval", "m.safetensors", "--dta", "moons"}),
      "error: sloy eval has no option --dta\n"
      "  options   --help, --json, --quiet, --threads, --seed, --data, --data-dir, --bad-files, "
      "--set, --part, --batch-size\n"
      "  to fix    did you mean '--data'?\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--batch-size=3"}),
            "error: sloy train has no option --batch-size\n"
            "  to fix   it is in the recipe: --set train.batch_size=…\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--set", "train.epochs", "3"}),
            "error: sloy train: --set: KEY=VALUE is needed, as train.epochs=3, not 'train.epochs'\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "more"}),
            "error: sloy train has no use for 'more'\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"eval", "m.safetensors"}),
            "error: sloy eval: --data is missing\n"
            "  to fix   sloy eval --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--out"}),
            "error: sloy train: --out needs a value\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", "--model", "mlp", "--model", "cnn"}),
            "error: sloy train: --model is given twice\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"data", "show", "moons", "--set", "data.test_split"}),
            "error: sloy data show: --set: KEY=VALUE is needed, as data.test_split=0.2, not "
            "'data.test_split'\n"
            "  to fix   sloy data show --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--threads", "0"}),
            "error: sloy train: --threads: a whole number from 1 to 4096 is needed, not '0'\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--seed", "-1"}),
            "error: sloy train: --seed: a whole number of 0 or more is needed, not '-1'\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(
      refusal({"train", recipe_file(), "--seed", "18446744073709551615"}),
      "error: sloy train: --seed: a whole number from 0 to 9223372036854775807 is needed, not "
      "'18446744073709551615'\n"
      "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"bench", "--seconds", "nan"}),
            "error: sloy bench: --seconds: a number above 0 is needed, not 'nan'\n"
            "  to fix   sloy bench --help shows how it is used\n");
  EXPECT_EQ(refusal({"--threads", "2", "train", recipe_file()}),
            "error: --threads stands before the command\n"
            "  to fix   options come after the command: sloy train --threads\n");
  EXPECT_EQ(refusal({"data", "--json", "list"}),
            "error: --json stands before the command\n"
            "  to fix   options come after the command: sloy data list --json\n");
  EXPECT_EQ(refusal({"--quiet"}),
            "error: --quiet stands before the command\n"
            "  to fix   options come after the command: sloy COMMAND --quiet\n");
  EXPECT_EQ(refusal({"--frobnicate", "train"}),
            "error: sloy has no option --frobnicate\n"
            "  options   --help, --version\n"
            "  to fix    sloy --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--out", ""}),
            "error: sloy train: --out: a name is needed, not ''\n"
            "  to fix   sloy train --help shows how it is used\n");
  EXPECT_EQ(refusal({"predict", "m.safetensors", "x.npy", "--out", ""}),
            "error: sloy predict: --out: a name is needed, not ''\n"
            "  to fix   sloy predict --help shows how it is used\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--resume"}),
            "error: --resume needs --out\n"
            "  to fix   name the run's directory: --out DIR --resume\n");
  EXPECT_EQ(refusal({"predict", recipe_file(), "x.npy"}),
            "error: this is no model\n"
            "  file     " +
                recipe_file() +
                "\n"
                "  to fix   train the recipe: sloy train " +
                recipe_file() + "\n");
  EXPECT_EQ(refusal({"train", "cnn"}),
            "error: there is no file cnn\n"
            "  to fix   --model cnn is the shipped recipe\n");
  EXPECT_EQ(refusal({"plan", at("model.safetensors")}),
            "error: this is a model, a recipe is needed\n"
            "  file     " +
                at("model.safetensors") +
                "\n"
                "  to fix   give the recipe.toml of the run that made it\n");
  EXPECT_EQ(refusal({"train", directory_.path()}),
            "error: a directory stands where a file is needed\n"
            "  file     " +
                directory_.path().string() +
                "\n"
                "  to fix   name a file in it\n");
  EXPECT_EQ(refusal({"train", recipe_file(), "--set", "train.epochs=-1"}),
            "error: epochs must be 1 or more, not -1\n"
            "  where    --set train.epochs=-1\n"
            "  to fix   give 1 or more\n");
}

/// As `sloy … | head -1` is: the reader has what it wanted.
TEST_F(CommandLine, EndsQuietlyWhereNobodyReads) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string model = at("run/model.safetensors");
  write_tensor(at("points.npy"), Tensor(Shape{3, 2}, std::vector<float>{0, 1, 1, 0, -1, 0.5}));
  const Arguments commands[] = {{"--help"},
                                {"data", "list"},
                                {"data", "show", "moons", "--json"},
                                {"summary", model},
                                {"plan", recipe_file(), "--explain"},
                                {"eval", model, "--data", "moons"},
                                {"predict", model, at("points.npy")},
                                {"predict", model, at("points.npy"), "--json"}};
  for (const Arguments& command : commands) {
    const Finished unread = run_sloy(command, {.unread = true});
    EXPECT_EQ(unread.exit_code, 0) << testing::PrintToString(command);
    EXPECT_EQ(unread.err, "") << testing::PrintToString(command);
  }
}

TEST_F(CommandLine, SaysThatItsOutputCouldNotBeWritten) {
  const Finished full = run_sloy({"data", "list"}, {.output = "/dev/full"});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_EQ(full.err, "error: cannot write to standard output\n");
}

}  // namespace
}  // namespace sloy
