/// Which data a command takes: sets by name, files of one's own, settings of either.
#include <filesystem>
#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::Arguments;
using harness::bytes_of_file;
using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::refusal;
using harness::run_sloy;

/// Ten images of 2×2, of three classes: each has its label in every pixel.
void write_part(const std::string& directory, const std::string& part) {
  std::string images{0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 2};
  std::string labels{0, 0, 8, 1, 0, 0, 0, 10};
  for (int i = 0; i < 10; ++i) {
    images += std::string(4, static_cast<char>(i % 3));
    labels += static_cast<char>(i % 3);
  }
  std::ofstream(directory + "/" + part + "-images-idx3-ubyte", std::ios::binary) << images;
  std::ofstream(directory + "/" + part + "-labels-idx1-ubyte", std::ios::binary) << labels;
}

/// --data chooses other data, not another use of them.
TEST_F(CommandLine, LearnsOtherDataForTheSameTargets) {
  const Finished done =
      train("run", {"--data", "circles", "--quiet", "--set", "data.label_mode=categorical", "--set",
                    "train.loss={type=\"CategoricalCrossentropy\", "
                    "from_logits=true}"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const std::string model = at("run/model.safetensors");
  const Finished again = run_sloy(
      {"train", at("run/recipe.toml"), "--data", "gaussians", "--out", at("again"), "--quiet"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(holds(bytes_of_file(at("again/recipe.toml")), "label_mode = \"categorical\""));

  // Classes are counted and confused in any form.
  const Arguments rows{"--data", "circles", "--set", "data.label_mode=categorical", "--json"};
  Arguments eval{"eval", model};
  eval.insert(eval.end(), rows.begin(), rows.end());
  const Config measured = events(run_sloy(eval)).at(0);
  EXPECT_EQ(measured.at("confusion_matrix").as_list().size(), 2u);
  const Finished show =
      run_sloy({"data", "show", "circles", "--set", "data.label_mode=categorical", "--json"});
  ASSERT_EQ(show.exit_code, 0) << show.err;
  EXPECT_EQ(events(show).at(0).at("classes").at("0").as_integer(), 200);
  EXPECT_EQ(events(show).at(0).at("target").as_string(), "float32 (2)");
}

/// The same recipe with the same seed, with its images as they are and changed.
TEST_F(CommandLine, TrainsOnImagesThatAreChanged) {
  const auto final_loss = [&](const std::string& out, const Arguments& settings) {
    Arguments arguments{"train", "--model",        "mlp",    "--data", "fashion-mnist",
                        "--set", "train.epochs=1", "--json", "--out",  at(out)};
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    const Finished done = run_sloy(arguments);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return events(done).at(0).at("loss").as_number();
  };
  const double plain = final_loss("plain", {});
  const Arguments turned{"--set", "data.augment=[{ type = \"RandomRotation\", factor = 0.5 }]"};
  const double changed = final_loss("turned", turned);
  EXPECT_GT(changed, 1.2 * plain);  // clothes of every angle are harder
  EXPECT_TRUE(holds(bytes_of_file(at("turned/recipe.toml")), "\"RandomRotation\""));
}

TEST_F(CommandLine, DrawsImagesAsATrainingChangesThem) {
  const std::string list = "data.augment=[{ type = \"RandomInvert\" }]";
  const Finished done = run_sloy({"data", "show", "fashion-mnist", "--augment", "--examples", "1",
                                  "--out", at("changed.png"), "--set", list});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_TRUE(holds(done.out, "mean 72.94")) << "figures are of the images as they are";
  const Finished plain =
      run_sloy({"data", "show", "fashion-mnist", "--examples", "5", "--out", at("plain.png")});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const auto size = [&](const char* file) { return bytes_of_file(at(file)).substr(16, 8); };
  EXPECT_EQ(size("changed.png"), size("plain.png"));  // one as it is and four that are changed
  EXPECT_NE(bytes_of_file(at("changed.png")), bytes_of_file(at("plain.png")));
  const Finished shipped = run_sloy({"data", "show", "fashion-mnist", "--augment", "--examples",
                                     "1", "--out", at("cifar.png"), "--model", "cifar10"});
  EXPECT_EQ(shipped.exit_code, 0) << shipped.err;
  EXPECT_NE(bytes_of_file(at("cifar.png")), bytes_of_file(at("plain.png")));
  EXPECT_TRUE(holds(refusal({"data", "show", "fashion-mnist", "--augment", "--out", at("x.png")}),
                    "--augment shows what [data] augment does, which says nothing"));
  EXPECT_TRUE(holds(refusal({"data", "show", "fashion-mnist", "--augment"}),
                    "--augment draws, and needs --out"));
  EXPECT_TRUE(holds(refusal({"data", "show", "fashion-mnist", "--augment", "--out", at("x.png"),
                             "--set", "data.augment=[{ type = \"RandomCrop\", height = 9 }]"}),
                    "the images change in shape"));
}

TEST_F(CommandLine, TrainsOnIdxFilesOfOnesOwn) {
  const std::string own = at("own");
  std::filesystem::create_directories(own);
  write_part(own, "train");
  write_part(own, "t10k");
  const Finished done =
      run_sloy({"train", "--model", "mlp", "--data", own, "--out", at("run"), "--set",
                "train.epochs=1", "--set", "data.class_names=[\"a\", \"b\", \"c\"]", "--quiet"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const std::string model = at("run/model.safetensors");
  const Finished summary = run_sloy({"summary", model, "--json"});
  EXPECT_EQ(events(summary).back().at("parameters").as_integer(),
            4 * 512 + 512 + 512 * 512 + 512 + 512 * 3 + 3);

  // The same data by a directory, by the run's recipe and by single settings.
  const Finished by_path = run_sloy({"eval", model, "--data", own, "--json"});
  EXPECT_EQ(by_path.exit_code, 0) << by_path.err;
  EXPECT_EQ(events(by_path).at(0).at("examples").as_integer(), 10);
  const Finished by_recipe = run_sloy({"eval", model, "--data", at("run/recipe.toml")});
  EXPECT_TRUE(holds(by_recipe.out, "\na ")) << "the recipe names the classes: " << by_recipe.out;
  const Finished trained_on = run_sloy({"eval", model, "--data", own, "--json", "--set",
                                        "data.test_images=train-images-idx3-ubyte", "--set",
                                        "data.test_labels=train-labels-idx1-ubyte"});
  EXPECT_EQ(trained_on.exit_code, 0) << trained_on.err;
  const Finished plan = run_sloy({"plan", at("run/recipe.toml")});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;

  const Finished show = run_sloy({"data", "show", own, "--json"});
  ASSERT_EQ(show.exit_code, 0) << show.err;
  const Config counts = events(show).at(0).at("classes");
  EXPECT_EQ(counts.at("0").as_integer(), 4);
  EXPECT_EQ(counts.as_map().size(), 3U);
  const Finished again =
      run_sloy({"train", at("run/recipe.toml"), "--out", at("again"), "--quiet"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(bytes_of_file(at("again/model.safetensors")), bytes_of_file(model));
}

TEST_F(CommandLine, MeasuresTheDataThatTheSettingsMake) {
  ASSERT_EQ(train("run", {"--quiet", "--set", "data.generated.size=1000", "--set",
                          "data.generated.seed=3", "--json"})
                .exit_code,
            0);
  const std::string model = at("run/model.safetensors");
  const auto measure = [&](const harness::Arguments& data) {
    harness::Arguments arguments{"eval", model, "--json", "--data"};
    arguments.insert(arguments.end(), data.begin(), data.end());
    const Finished finished = run_sloy(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return to_json(events(finished).at(0));
  };
  const std::string by_recipe = measure({at("run/recipe.toml")});
  EXPECT_TRUE(holds(by_recipe, "\"examples\":200"));
  EXPECT_EQ(
      measure({"moons", "--set", "data.generated.size=1000", "--set", "data.generated.seed=3"}),
      by_recipe);
  EXPECT_NE(measure({"moons"}), by_recipe);
  EXPECT_EQ(refusal({"eval", model, "--data", "moons", "--set", "train.batch_size=3"}),
            "error: only the data can be set here\n"
            "  where    --set train.batch_size=3\n"
            "  to fix   write it as data.test_split=0.2\n");
  EXPECT_EQ(refusal({"eval", model, "--data", "moons", "--set", "generated.size=4"}),
            "error: only the data can be set here\n"
            "  where    --set generated.size=4\n"
            "  to fix   did you mean 'data.generated.size=4'?\n");
  EXPECT_EQ(refusal({"eval", model, "--data", "moons", "--set", "data.generated.size=4"}),
            "error: the data have no test part\n"
            "  to fix   measure another: --part train, or --part all\n");
  EXPECT_TRUE(holds(measure({"moons", "--part", "all"}), "\"examples\":500"));
}

/// Here rather than beside the source: the address sanitizer ends a program that asks for so much.
TEST_F(CommandLine, RefusesMoreExamplesThanTheMemoryHolds) {
  EXPECT_EQ(refusal({"data", "show", "moons", "--set", "data.generated.size=1000000000000000"}),
            "error: 800000000000000 examples don't fit into the memory\n"
            "  numbers   (800000000000000, 2)\n"
            "  to fix    give a smaller size\n");
}

TEST_F(CommandLine, SaysThatThereIsNothingToTestOn) {
  const Finished done = train("run", {"--quiet", "--set", "data.generated.size=4", "--set",
                                      "data.validation=0", "--set", "train.batch_size=4"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.err, "note: the data have no test part: the model is measured on none\n");
}

/// Nothing that was asked for is left unread.
TEST_F(CommandLine, RefusesSettingsOfOtherData) {
  EXPECT_EQ(refusal({"plan", "--model", "mlp", "--set", "data.generated.size=10"}),
            "error: 'generated' has no use here: fashion-mnist is read from files\n"
            "  where    --set data.generated.size=10\n"
            "  to fix   leave 'generated' out, or name other data\n");
  for (const std::string command : {"plan", "train"}) {
    EXPECT_EQ(refusal({command, recipe_file(), "--data-dir", "/nonexist"}),
              "error: 'directory' has no use here: moons is made by formula\n"
              "  where    --data-dir /nonexist\n"
              "  to fix   leave 'directory' out, or name other data\n");
  }
  EXPECT_EQ(refusal({"plan", recipe_file(), "--data", "./nowhere"}),
            "error: there is no file or data set './nowhere'\n"
            "  looked in   " +
                std::filesystem::current_path().string() +
                "\n"
                "  to fix      name a set (`sloy data list`), a file, or the directory the files "
                "are in\n");
  EXPECT_EQ(
      refusal({"data", "show", "/nowhere/rows.csv"}),
      "error: there is no file or data set '/nowhere/rows.csv'\n"
      "  to fix   name a set (`sloy data list`), a file, or the directory the files are in\n");
  EXPECT_TRUE(holds(refusal({"data", "show", "mons"}), "\n  to fix      did you mean 'moons'?\n"));
  EXPECT_EQ(
      refusal({"data", "show", ""}),
      "error: --data is empty\n"
      "  to fix   name a set (`sloy data list`), a file, or the directory the files are in\n");
  // --data takes the place of all that belongs to the recipe's data.
  const Finished other = run_sloy(
      {"train", "--model", "mlp", "--data", recipe_file(), "--data-dir", "x", "--out", at("run")});
  EXPECT_TRUE(holds(other.err, "moons is made by formula")) << other.err;
  const Finished replaced =
      run_sloy({"plan", recipe_file(), "--set", "data.generated.size=50", "--data", "circles"});
  EXPECT_EQ(replaced.exit_code, 0) << replaced.err;
}

/// What stands at a place says what was probably meant by it.
TEST_F(CommandLine, SaysWhatItSawWhereNoDataAre) {
  namespace fs = std::filesystem;
  const auto refused = [&](const std::string& data) {
    const std::string message = refusal({"data", "show", data});
    std::string text = message;
    for (std::size_t at = 0; (at = text.find(directory_.path().string(), at)) != text.npos;) {
      text.replace(at, directory_.path().string().size(), "D");
    }
    return text;
  };
  const auto make = [&](const std::string& name) {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name)) << "x";
    return at(name);
  };
  fs::create_directories(at("empty"));
  EXPECT_EQ(refused(at("empty")),
            "error: the directory is empty\n"
            "  path     D/empty\n"
            "  to fix   name the one the files are in\n");
  make("photos/1.png");
  EXPECT_EQ(refused(at("photos")),
            "error: images are in the directory itself, not in one for each class\n"
            "  path     D/photos\n"
            "  holds    1.png\n"
            "  to fix   put those of each class into a directory named like it\n");
  make("tables/train.csv"), make("tables/test.csv");
  EXPECT_EQ(refused(at("tables")),
            "error: a table is named by its file, not by its directory\n"
            "  path     D/tables\n"
            "  holds    test.csv, train.csv\n"
            "  to fix   name the one to learn from: D/tables/train.csv --set "
            "data.test_path=D/tables/test.csv\n");
  for (int batch = 1; batch <= 5; ++batch) make("cifar/data_batch_" + std::to_string(batch));
  EXPECT_EQ(refused(at("cifar")),
            "error: these files are CIFAR's Python version, the binary one is read\n"
            "  path     D/cifar\n"
            "  holds    data_batch_1, data_batch_2, data_batch_3, data_batch_4 and 1 more\n"
            "  to fix   get the binary version from the same place\n");
  make("arrays/images.npy");
  EXPECT_TRUE(holds(refused(at("arrays")), "error: none of the npy files is x_train.npy\n"));
  make("packed/test.sloydata");
  EXPECT_TRUE(holds(refused(at("packed")), "\n  missing   train.sloydata\n"));
  make("whole/x_train.npy");
  EXPECT_EQ(refused(at("whole/x_train.npy")),
            "error: the file is a part of the data in its directory\n"
            "  path     D/whole/x_train.npy\n"
            "  to fix   name the directory: D/whole\n");
  EXPECT_TRUE(holds(refused(at("arrays/images.npy")), "error: one array is no data set"));
  EXPECT_TRUE(holds(refused(at("photos/1.png")), "error: one image is no data set"));
  EXPECT_EQ(
      refused(make("rows.dat")),
      "error: the file's name tells no kind of data\n"
      "  path     D/rows.dat\n"
      "  to fix   call a table .csv or .tsv, or say the kind in a recipe's [data]: `sloy data "
      "list --help` names them\n");
}

/// What is missing can be said where the data are named: on the command line, or in a recipe.
TEST_F(CommandLine, SaysHowToDescribeDataWhereTheyAreNamed) {
  const auto fix_of = [](const std::string& message) {
    return message.substr(message.find_first_not_of(' ', message.find("to fix ") + 6));
  };
  std::ofstream(at("rows.csv")) << "a;b\n1;2\n3;4\n";
  EXPECT_EQ(fix_of(refusal({"data", "show", at("rows.csv")})),
            "say what stands between the cells: --set 'data.separator=\";\"'\n");
  std::ofstream(at("recipe.toml")) << "[data]\nkind = 'csv'\npath = '" + at("rows.csv") + "'\n";
  EXPECT_EQ(fix_of(refusal({"data", "show", recipe_file()})),
            "say what stands between the cells: separator = \";\"\n");
  std::ofstream(at("rows.csv")) << "a,what is it,c\n1,,2\n3,,4\n";
  EXPECT_EQ(fix_of(refusal({"plan", "--model", "table-regression", "--data", at("rows.csv")})),
            "leave it out: --set 'data.ignore_columns=[\"what is it\"]'\n");
  std::ofstream(at("rows.csv")) << "1,2,3\n4,5,6\nx,7,8\n9,10,11\n";
  EXPECT_EQ(fix_of(refusal({"data", "show", at("rows.csv")})),
            "correct it, name it among those that count as missing (missing), or make the column "
            "one of categories: --set 'data.categorical_columns=[\"0\"]'\n");
  std::ofstream(at("rows.csv")) << "x,2,3\n4,5,6\n7,8,9\n";
  EXPECT_EQ(fix_of(refusal({"data", "show", at("rows.csv"), "--set", "data.header=false"})),
            "where the first row is no example: --set data.header=true, or --set "
            "data.skip_rows=1\n");
  std::ofstream(at("rows.csv")) << ",a,b\n0,5,x\n1,4,y\n2,5,y\n";
  EXPECT_EQ(fix_of(run_sloy({"data", "show", at("rows.csv")}).err),
            "leave it out: --set 'data.ignore_columns=[\"\"]'\n");
  EXPECT_EQ(fix_of(run_sloy({"data", "show", recipe_file()}).err),
            "leave it out: ignore_columns = [\"\"]\n");
}

/// A set's name stands for the set, though there is a directory called so.
TEST_F(CommandLine, SaysThatADirectoryHasTheNameOfASet) {
  std::filesystem::create_directories(at("cifar100"));
  const Finished refused = run_sloy({"data", "show", "cifar100"}, {.directory = directory_.path()});
  EXPECT_TRUE(holds(refused.err, "; to read what is here, name it ./cifar100\n")) << refused.err;
}

}  // namespace
}  // namespace sloy
