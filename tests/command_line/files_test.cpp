/// Data in files of one's own, from the training to what the model says of new ones.
#include <filesystem>
#include <fstream>

#include "command_line/command_line.h"
#include "harness/png.h"

namespace sloy {
namespace {

namespace fs = std::filesystem;
using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::run_sloy;

constexpr const char* photos = R"(
[data]
kind = "image-folder"
path = "photos"
image_size = [8, 12]
color_mode = "rgb"
validation = "validation"

[[model.layer]]
type = "Flatten"

[[model.layer]]
type = "Dense"
units = "classes"

[train]
epochs = 10
batch_size = 4
optimizer = { type = "Adam", learning_rate = 1e-2 }
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
metrics = ["Accuracy"]
)";

/// A photo of one brightness, grey or in colour.
void write_photo(const fs::path& path, int brightness, int height, int width, int channels) {
  fs::create_directories(path.parent_path());
  const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(height * width * channels),
                                         static_cast<std::uint8_t>(brightness));
  const std::vector<std::byte> bytes = harness::encode_png(height, width, channels, pixels);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

/// Dark and light photos of many sizes.
void write_photos(const fs::path& directory) {
  for (int i = 0; i < 8; ++i) {
    const std::string name = std::to_string(i) + ".png";
    const int channels = i % 2 == 0 ? 1 : 3;
    write_photo(directory / "train/dark" / name, 10 + i, 20 + i, 30, channels);
    write_photo(directory / "train/light" / name, 220 + i, 9, 14 + i, channels);
  }
  write_photo(directory / "val/dark/a.png", 15, 40, 40, 3);
  write_photo(directory / "val/light/a.png", 230, 40, 40, 1);
}

TEST_F(CommandLine, LearnsFromPhotosOfAnySize) {
  write_photos(at("photos"));
  std::ofstream(at("photos.toml")) << photos;
  const harness::ProcessOptions here{.directory = directory_.path()};
  const Finished trained = run_sloy({"train", "photos.toml", "--out", "run", "--json"}, here);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(events(trained).at(9).at("val_accuracy").as_number(), 1);

  write_photo(at("new.png"), 240, 100, 50, 1);
  const Finished told = run_sloy({"predict", "run/model.safetensors", "new.png", "--json"}, here);
  ASSERT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(events(told).at(0).at("class").as_string(), "light");
  const Finished measured = run_sloy({"eval", "run/model.safetensors", "--data", "run/recipe.toml",
                                      "--part", "validation", "--json"},
                                     here);
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_EQ(events(measured).at(0).at("examples").as_integer(), 2);
  const Finished by_folder = run_sloy(
      {"eval", "run/model.safetensors", "--data", "photos", "--part", "validation", "--json"},
      here);
  ASSERT_EQ(by_folder.exit_code, 0) << by_folder.err;
  EXPECT_EQ(by_folder.out, measured.out) << "images get the size that the model takes";

  // Other photos are read as the recipe reads its own.
  write_photos(at("others"));
  std::ofstream(at("others/train/dark/broken.png")) << "no image";
  const Finished refused =
      run_sloy({"train", "photos.toml", "--data", "others", "--out", "b"}, here);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(holds(refused.err, "broken.png")) << refused.err;
  const Finished skipped = run_sloy(
      {"train", "photos.toml", "--data", "others", "--bad-files", "skip", "--out", "c", "--quiet"},
      here);
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_TRUE(holds(skipped.err,
                    "1 of the data's files or rows is left out:\n"
                    "  others/train/dark/broken.png: this is no image"))
      << skipped.err;
}

constexpr const char* table = R"(
[data]
kind = "csv"
path = "rows.csv"
missing_values = "mean"
test_split = 0.25

[[model.layer]]
type = "Normalization"

[[model.layer]]
type = "Dense"
units = "classes"

[train]
epochs = 30
batch_size = 8
optimizer = { type = "Adam", learning_rate = 1e-1 }
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
metrics = ["Accuracy"]
)";

TEST_F(CommandLine, LearnsFromATable) {
  std::ofstream rows(at("rows.csv"));
  rows << "size,colour,kind\n";
  for (int i = 0; i < 80; ++i) {
    const std::string size = i == 7 ? "" : std::to_string(1000 + i);
    rows << size << (i % 3 == 0 ? ",red," : ",blue,") << (i < 40 ? "small\n" : "large\n");
  }
  rows.close();
  std::ofstream(at("table.toml")) << table;
  const harness::ProcessOptions here{.directory = directory_.path()};
  const Finished trained = run_sloy({"train", "table.toml", "--out", "run", "--json"}, here);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_GT(events(trained).back().at("test_accuracy").as_number(), 0.9);

  std::ofstream(at("new.csv")) << "colour,size,remark\nblue,1079,a\ngreen,1001,b\nred,,c\n";
  const Finished told = run_sloy({"predict", "run/model.safetensors", "new.csv", "--json"}, here);
  ASSERT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(events(told).at(0).at("class").as_string(), "large");
  EXPECT_EQ(events(told).at(1).at("class").as_string(), "small");
  EXPECT_EQ(events(told).size(), 3u) << "a missing number is filled";
  EXPECT_TRUE(holds(told.err,
                    "note: 1 text in the column 'colour' is none of the categories that the model "
                    "learned from: 0 for all of them\n"
                    "  file     new.csv   line 3\n"
                    "  first    'green'\n"))
      << told.err;
  EXPECT_TRUE(holds(told.err, "note: 1 value of the column 'size' is missing: it becomes "))
      << told.err;
  fs::copy_file(at("new.csv"), at("rows"));
  EXPECT_EQ(run_sloy({"predict", "run/model.safetensors", "rows", "--json"}, here).exit_code, 0)
      << "a table by what the file holds, not by its name";
  const Finished piped =
      run_sloy({"predict", "run/model.safetensors", "-", "--json"},
               {.directory = directory_.path(), .input = "colour,size\nblue,1079\n"});
  ASSERT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_EQ(events(piped).at(0).at("class").as_string(), "large");
  // Other data don't have the recipe's columns: what is left out is said.
  const Finished planned = run_sloy({"plan", "table.toml", "--data", "moons"}, here);
  EXPECT_TRUE(holds(planned.err,
                    "note: --data takes the place of the recipe's [data], of which is left out: "
                    "missing_values, test_split\n"))
      << planned.err;
  // Rows are measured as they are predicted; not those of other classes or columns.
  for (const auto& [text, said] : std::vector<std::pair<const char*, const char*>>{
           {"colour,size,kind\nred,1000,small\nblue,1079,large\n", ""},
           {"size,colour,kind\n1000,red,small\n1079,green,large\n",
            "note: 1 text in the column 'colour' is none of the categories"},
           {"size,colour,kind\n1000,red,tiny\n1050,blue,large\n",
            "error: 'tiny' is none of the classes to learn"},
           {"size,kind\n1000,small\n", "error: the table has no column 'colour'"}}) {
    std::ofstream(at("other.csv")) << text;
    const Finished other = run_sloy(
        {"eval", "run/model.safetensors", "--data", "other.csv", "--part", "all", "--json"}, here);
    const bool is_refused = std::string(said).starts_with("error");
    EXPECT_EQ(other.exit_code, is_refused ? 2 : 0) << other.err;
    EXPECT_TRUE(other.err.starts_with(said)) << other.err;
    if (is_refused) continue;
    EXPECT_EQ(events(other).at(0).at("accuracy").as_number(), 1) << text;
  }
  std::ofstream(at("new.csv")) << "colour,size\nblue,much\n";
  const Finished refused = run_sloy({"predict", "run/model.safetensors", "new.csv"}, here);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            "error: 'much' is no number\n"
            "  column   size\n"
            "  file     new.csv   line 2\n"
            "  to fix   correct the cell\n");
}

/// A table of houses, of which prices are whole numbers that could be taken for classes.
void write_houses(const std::string& path) {
  std::ofstream file(path);
  file << "rooms,garden,price\n";
  for (int i = 0; i < 60; ++i) {
    file << i % 7 << ',' << (i % 2 == 0 ? "yes" : "no") << ',' << i % 7 + i % 2 << '\n';
  }
}

TEST_F(CommandLine, LearnsATableByAShippedRecipe) {
  write_houses(at("houses.csv"));
  const Finished done =
      run_sloy({"train", "--model", "table-regression", "--data", at("houses.csv"), "--set",
                "data.target_column=price", "--out", at("run"), "--json"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_GT(events(done).back().at("test_r2_score").as_number(), 0.9);
  std::ofstream(at("new.csv")) << "garden,rooms\nno,6\n";
  const Finished asked =
      run_sloy({"predict", at("run/model.safetensors"), at("new.csv"), "--json"});
  ASSERT_EQ(asked.exit_code, 0) << asked.err;

  const Finished classes =
      run_sloy({"train", "--model", "table-classification", "--data", at("houses.csv"), "--set",
                "data.target_column=garden", "--out", at("classes"), "--json"});
  ASSERT_EQ(classes.exit_code, 0) << classes.err;
  EXPECT_GT(events(classes).back().at("test_accuracy").as_number(), 0.9);
}

TEST_F(CommandLine, LearnsPhotosOfTwoClassesByAShippedRecipe) {
  write_photos(at("photos"));
  const Finished done =
      run_sloy({"train", "--model", "photos", "--data", at("photos"), "--set", "data.image_size=16",
                "--set", "train.epochs=60", "--out", at("run"), "--quiet"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const Finished measured = run_sloy({"eval", at("run/model.safetensors"), "--data",
                                      at("run/recipe.toml"), "--part", "validation", "--json"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_EQ(events(measured).at(0).at("accuracy").as_number(), 1);
}

TEST_F(CommandLine, SaysThatAShippedRecipeIsForDataOfOnesOwn) {
  EXPECT_EQ(harness::refusal({"train", "--model", "table-regression"}),
            "error: the recipe 'table-regression' is for data of your own\n"
            "  kind     csv\n"
            "  to fix   say where they are: --data PATH\n");
  EXPECT_EQ(harness::refusal({"plan", "--model", "photos", "--set", "data.image_size=64"}),
            "error: the recipe 'photos' is for data of your own\n"
            "  kind     image-folder\n"
            "  to fix   say where they are: --data PATH\n");
  EXPECT_NE(run_sloy({"train", "--model", "faces", "--set", "data.train_images=/nowhere"})
                .err.find("train_labels"),
            std::string::npos);
}

}  // namespace
}  // namespace sloy
