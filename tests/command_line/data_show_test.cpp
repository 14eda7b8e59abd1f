/// What `sloy data show` says of data before anything learns from them.
#include <sloy/io.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::refusal;
using harness::run_sloy;

/// Ten rows: a size, a colour, what they are worth.
std::string rows(const std::string& target) {
  std::string text = "size,colour,same," + target + "\n";
  for (int i = 0; i < 10; ++i) {
    text += (i == 4 ? "" : std::to_string(10 + i)) + (i < 7 ? ",red,3," : ",blue,3,");
    text += (target == "worth" ? std::to_string(i * 2 + 1) + ".5" : std::to_string(i % 2)) + "\n";
  }
  return text;
}

TEST_F(CommandLine, ShowsTheColumnsOfATable) {
  std::ofstream(at("rows.csv")) << rows("kind");
  const harness::Arguments show{"data", "show", at("rows.csv"), "--set",
                                "data.missing_values=skip"};
  const Finished shown = run_sloy(show);
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out,
            "train       9 examples of float32 (4), target int32 ()\n"
            "            column  kind           mean  deviation  min  max  missing  most often\n"
            "            size    number        14.56      3.023   10   19        1\n"
            "            colour  2 categories                                    0  red 67 %\n"
            "            same    number            3          0    3    3        0\n"
            "            1 of 4 numbers never vary\n"
            "            class  examples\n"
            "            0             4\n"
            "            1             5\n");
  harness::Arguments as_json = show;
  as_json.push_back("--json");
  const Config event = events(run_sloy(as_json)).at(0);
  const Config::List& columns = event.at("columns").as_list();
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_EQ(columns[0].at("kind").as_string(), "number");
  EXPECT_EQ(columns[0].at("missing").as_integer(), 1);
  EXPECT_EQ(columns[0].at("max").as_number(), 19);
  EXPECT_NEAR(columns[1].at("categories").at("red").as_number(), 6.0 / 9, 1e-12);
  EXPECT_EQ(event.at("min").as_list().size(), 4u) << "of every number, as mean and deviation";
}

TEST_F(CommandLine, ShowsATableThatNoTrainingWouldTake) {
  std::ofstream(at("rows.csv")) << rows("kind");
  const Finished shown = run_sloy({"data", "show", at("rows.csv")});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  const Finished filled =
      run_sloy({"data", "show", at("rows.csv"), "--set", "data.missing_values=mean"});
  EXPECT_EQ(shown.out, filled.out);
  EXPECT_EQ(filled.err, "");
  EXPECT_EQ(shown.err,
            "note: values are missing: a training asks what becomes of them\n"
            "  columns   size 1\n"
            "  here      a number becomes its column's mean, a row without target is left out\n"
            "  to fix    say --set data.missing_values=mean, \"median\" or \"skip\"\n");
}

TEST_F(CommandLine, WritesControlCharactersOut) {
  std::ofstream(at("rows.csv")) << "x,y\n1,\x1b[31mred\n2,blue\n3,\xc2\x9b"
                                   "1m\n";
  const Finished shown = run_sloy({"data", "show", at("rows.csv")});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_TRUE(holds(shown.out, "\\x1b[31mred")) << shown.out;
  EXPECT_TRUE(holds(shown.out, "\\x9b1m")) << shown.out;
  EXPECT_FALSE(holds(shown.out, "\x1b"));
}

TEST_F(CommandLine, TellsTheNumberOfClassesWithoutExamples) {
  write_tensor(at("x_train.npy"), Tensor(DType::float32, {2, 3}));
  write_tensor(at("y_train.npy"), Tensor({2}, std::vector<std::int32_t>{0, 5000}));
  const Finished shown = run_sloy({"data", "show", at("")});
  EXPECT_TRUE(holds(shown.out, "4,999 classes have no examples")) << shown.out;
  EXPECT_LT(harness::lines_of(shown.out).size(), 20u);
}

TEST_F(CommandLine, ShowsTheTargetsOfARegression) {
  std::ofstream(at("rows.csv")) << rows("worth");
  const Finished shown =
      run_sloy({"data", "show", at("rows.csv"), "--json", "--set", "data.missing_values=mean"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  const Config target = events(shown).at(0).at("targets").as_list().at(0);
  EXPECT_EQ(target.at("mean").as_number(), 10.5);
  EXPECT_NEAR(target.at("deviation").as_number(), std::sqrt(33.0), 1e-6);
  EXPECT_EQ(target.at("min").as_number(), 1.5);
  EXPECT_EQ(target.at("max").as_number(), 19.5);
  EXPECT_EQ(events(shown).at(0).at("classes").as_map().size(), 0u);
}

TEST_F(CommandLine, DrawsExamplesIntoAPng) {
  const Finished drawn = run_sloy({"data", "show", "circles", "--out", at("circles.png")});
  ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
  const Tensor page = read_tensor(at("circles.png"));
  EXPECT_EQ(page.shape().size(2), 3);
  EXPECT_GT(page.shape().size(0), 700);

  std::ofstream(at("rows.csv")) << rows("kind");
  const std::string refused = refusal({"data", "show", at("rows.csv"), "--set",
                                       "data.missing_values=mean", "--out", at("rows.png")});
  EXPECT_TRUE(holds(refused, "there is no picture of such features")) << refused;
  EXPECT_EQ(refusal({"data", "show", "moons", "--examples", "3"}),
            "error: --examples says how many --out draws\n"
            "  to fix   name a picture: --out sheet.png\n");
  EXPECT_EQ(refusal({"data", "show", "moons", "--out", "moons.jpg"}),
            "error: --out is a PNG image\n"
            "  given    moons.jpg\n"
            "  to fix   give a name that ends in .png\n");
  std::filesystem::create_directories(at("photos/cats"));
  const std::string among = refusal({"data", "show", at("photos"), "--out", at("photos/a.png")});
  EXPECT_TRUE(holds(among, "--out is among the data")) << among;
}

TEST_F(CommandLine, ShowsExamplesThatAreThereTwice) {
  std::ofstream(at("train.csv")) << "a,b,c\n1,2,x\n3,4,y\n1,2,x\n5,6,y\n1,2,y\n";
  std::ofstream(at("test.csv")) << "a,b,c\n7,8,x\n3,4,y\n";
  const harness::Arguments show{"data", "show", "train.csv", "--set", "data.test_path=test.csv"};
  const harness::ProcessOptions here{.directory = directory_.path()};
  const Finished shown = run_sloy(show, here);
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_TRUE(holds(shown.out,
                    "twice       3 of 7 examples are the same as an earlier one\n"
                    "            1 of them is in another part than that: measuring on it flatters "
                    "the model\n"
                    "            1 of them has another target than that\n"
                    "            train.csv, line 6  train.csv, line 2  another target\n"
                    "            test.csv, line 3   train.csv, line 3  another part\n"
                    "            train.csv, line 4  train.csv, line 2\n"))
      << shown.out;
  harness::Arguments as_json = show;
  as_json.push_back("--json");
  const Config event = events(run_sloy(as_json, here)).back();
  EXPECT_EQ(event.at("event").as_string(), "duplicates");
  EXPECT_EQ(event.at("examples").as_integer(), 3);
  EXPECT_EQ(event.at("across_parts").as_integer(), 1);
  EXPECT_EQ(event.at("contradictions").as_integer(), 1);
  const Config pair = event.at("pairs").as_list().at(1);
  EXPECT_EQ(pair.at("part").as_string(), "test");
  EXPECT_EQ(pair.at("index").as_integer(), 1);
  EXPECT_EQ(pair.at("name").as_string(), "test.csv, line 3");
  EXPECT_EQ(pair.at("same_part").as_string(), "train");
  EXPECT_EQ(pair.at("same_name").as_string(), "train.csv, line 3");
}

}  // namespace
}  // namespace sloy
