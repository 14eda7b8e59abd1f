/// `sloy predict`: from where it reads, to where it writes.
#include <sloy/io.h>
#include <sloy/losses.h>
#include <sloy/model.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::lines_of;
using harness::refusal;
using harness::run_sloy;

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

/// One of several outputs, and what a hidden layer gives.
TEST_F(CommandLine, PredictsWhatALayerGives) {
  ASSERT_EQ(run_sloy({"train", "tests/recipes/two_outputs.toml", "--out", at("run"), "--quiet"})
                .exit_code,
            0);
  const std::string file = at("run/model.safetensors");
  const Tensor points(Shape{2, 2}, std::vector<float>{0, 1, 1, 0});
  write_tensor(at("points.npy"), points);
  const auto given_by = [&](const char* layer) {
    const Finished done =
        run_sloy({"predict", file, at("points.npy"), "--layer", layer, "--out", at("given.npy")});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return read_tensor(at("given.npy"));
  };
  Model model = Model::load(file);
  const std::vector<Tensor> outputs = model.predict(std::vector{points});
  EXPECT_EQ(given_by("kind"), outputs[0]);
  EXPECT_EQ(given_by("point"), outputs[1]);
  EXPECT_EQ(given_by("body"), model.up_to("body").predict(points));

  const Finished said = run_sloy({"predict", file, at("points.npy"), "--layer", "kind", "--json"});
  EXPECT_FALSE(events(said).at(0).find("class")) << "a layer's numbers stand for themselves";
  EXPECT_EQ(refusal({"predict", file, at("points.npy")}),
            "error: the model has 2 outputs\n"
            "  outputs   kind, point\n"
            "  to fix    name one of them: --layer kind\n");
  EXPECT_TRUE(holds(refusal({"predict", file, at("points.npy"), "--layer", "bdoy"}),
                    "did you mean 'body'?"));
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
  EXPECT_EQ(predict_to(at("full")).exit_code, 1);
  EXPECT_TRUE(std::filesystem::is_character_file(at("full")));
}

/// New rows are measured in the form that the model learned: `eval` and `predict` agree.
TEST_F(CommandLine, MeasuresNewRowsAsItPredictsThem) {
  std::string text = "x,colour,y\n";
  for (int i = 0; i < 40; ++i) {
    const bool is_high = i % 2 == 0;
    text += (i % 5 == 0 ? ""
             : is_high  ? "8"
                        : "2") +
            std::string(i % 3 == 0 ? ",red," : ",blue,") + (is_high ? "high\n" : "low\n");
  }
  std::ofstream(at("rows.csv")) << text;
  ASSERT_EQ(run_sloy({"train", "--model", "table-classification", "--data", at("rows.csv"), "--out",
                      at("run"), "--quiet", "--set", "data.missing_values=mean", "--set",
                      "train.epochs=3"})
                .exit_code,
            0);
  const std::string model = at("run/model.safetensors");
  // Other columns beside, another order, no blue, one class alone, a mean that is far off.
  std::ofstream(at("new.csv")) << "id,y,x,colour\n1,high,8,red\n2,high,,red\n3,high,1000,red\n";
  const Finished measured = run_sloy({"eval", model, "--data", at("new.csv"), "--part", "all",
                                      "--set", "data.target_column=y", "--json"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_TRUE(holds(measured.err, "1 value of the column 'x' is missing: it becomes"))
      << measured.err;
  const Finished predicted = run_sloy({"predict", model, at("new.csv"), "--json"});
  double right = 0;
  for (const Config& event : events(predicted)) {
    right += event.at("class").as_string() == "high" ? 1 : 0;
  }
  EXPECT_NEAR(events(measured).at(0).at("accuracy").as_number(), right / 3, 1e-6);
}

/// One number an example is of two classes: the probability of the second, or its score.
TEST_F(CommandLine, NamesTheClassThatOneNumberTells) {
  std::string one_unit(harness::moons_recipe);
  one_unit.replace(one_unit.find("units = 2"), 9, "units = 1");
  one_unit.replace(one_unit.find("SparseCategorical"), 17, "Binary");
  // At the far ends of the two moons.
  write_tensor(at("points.npy"), Tensor(Shape{2, 2}, std::vector<float>{-1, 1, 2, -0.5}));
  for (const bool scores : {false, true}) {
    std::string recipe = one_unit;
    if (!scores) {
      recipe.replace(recipe.find("units = 1"), 9, "units = 1\nactivation = \"sigmoid\"");
      recipe.replace(recipe.find("from_logits = true"), 18, "from_logits = false");
    }
    std::ofstream(recipe_file()) << recipe;
    const std::string run = scores ? "scores" : "probabilities";
    ASSERT_EQ(train(run, {"--quiet", "--set", "train.epochs=20"}).exit_code, 0);
    const std::string model = at(run + "/model.safetensors");
    const std::vector<Config> all =
        events(run_sloy({"predict", model, at("points.npy"), "--json"}));
    ASSERT_EQ(all.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      const double output = all[i].at("output").as_list().at(0).as_number();
      const double second = scores ? 1 / (1 + std::exp(-output)) : output;
      EXPECT_EQ(all[i].at("class").as_string(), std::to_string(i)) << run;
      EXPECT_NEAR(all[i].at("probability").as_number(), i == 1 ? second : 1 - second, 1e-12);
      EXPECT_GT(all[i].at("probability").as_number(), 0.5);
    }
    const std::vector<std::string> lines =
        lines_of(run_sloy({"predict", model, at("points.npy")}).out);
    EXPECT_TRUE(lines.at(0).starts_with(at("points.npy") + "[0]  0 ")) << lines.at(0);
    EXPECT_TRUE(lines.at(1).starts_with(at("points.npy") + "[1]  1 ")) << lines.at(1);
    EXPECT_TRUE(holds(lines.at(1), " %  0 ")) << lines.at(1);
  }
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
    EXPECT_TRUE(all[example].at("output").as_list()[0].is_null());
  }
}

TEST_F(CommandLine, SaysThatThereIsNothingToPredict) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  write_tensor(at("none.npy"), Tensor(DType::float32, {0, 2}));
  const Finished none = run_sloy({"predict", at("run/model.safetensors"), at("none.npy")});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.err,
            "note: " + at("none.npy") + " holds no examples: there is nothing to predict\n");
}

/// Such weights are what a diverged training of another program leaves: here none is ever saved.
TEST_F(CommandLine, SaysThatAModelsWeightsAreNotNumbers) {
  Model model = Sequential{Input{2}, Dense{.units = 2}};
  model.compile(
      {.loss = SparseCategoricalCrossentropy{.from_logits = true}, .metrics = {Accuracy{}}});
  Tensor bias = model.weight("dense/bias");
  bias.mutable_values<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  model.set_weight("dense/bias", bias);
  model.save(at("spoilt.safetensors"));
  const Finished done = run_sloy({"eval", at("spoilt.safetensors"), "--data", "moons", "--json"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.err,
            "note: the loss is nan: what else is measured says nothing about the model\n"
            "  weight   dense/bias   holds numbers that are not finite\n"
            "  to fix   train the model anew: a training that diverged leaves such weights\n");
  EXPECT_TRUE(events(done)[0].at("loss").is_null()) << done.out;
}

}  // namespace
}  // namespace sloy
