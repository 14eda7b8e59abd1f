// Files that people use, where $SLOY_TEST_DATA names the folder they are in.

#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/io.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "harness/process.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

class RealFiles : public testing::Test {
 protected:
  void SetUp() override {
    const char* root = std::getenv("SLOY_TEST_DATA");
    if (!root) GTEST_SKIP() << "SLOY_TEST_DATA names no folder of data";
    root_ = root;
  }
  std::string at(const std::string& name) const { return (root_ / name).string(); }
  /// An archive's content in a directory of its own.
  std::string unpacked(const std::string& archive) const {
    const std::string command =
        "tar -xf '" + at(archive) + "' -C '" + directory_.path().string() + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return directory_.path().string();
  }
  static std::map<int, int> counts_of(const Dataset& dataset) {
    std::map<int, int> counts;
    for (std::int32_t label : dataset.labels()) ++counts[label];
    return counts;
  }
  std::string table(const std::string& name) const { return at("tabular/" + name); }

  harness::TemporaryDirectory directory_;

 private:
  fs::path root_;
};

TEST_F(RealFiles, PhotosOfAntsAndBees) {
  const ImageFolder folder{.path = unpacked("hymenoptera/hymenoptera_subset.tar"),
                           .image_size = 96};
  EXPECT_EQ(files_at(folder.path).kind(), "image-folder");
  const Parts data = folder.load();
  EXPECT_EQ(data.train.spec().class_names, (std::vector<std::string>{"ants", "bees"}));
  EXPECT_EQ(counts_of(data.train), (std::map<int, int>{{0, 75}, {1, 75}}));
  EXPECT_EQ(counts_of(data.validation), (std::map<int, int>{{0, 40}, {1, 40}}));
  const Tensor photo = data.train[0].features[0];
  EXPECT_EQ(photo.type(), (Type{DType::uint8, {96, 96, 3}}));
  const auto pixels = photo.values<std::uint8_t>();
  const auto [low, high] = std::minmax_element(pixels.begin(), pixels.end());
  EXPECT_GT(*high - *low, 100) << "a photo is not of one colour";
}

TEST_F(RealFiles, PhotosOfManyKinds) {
  const std::map<std::string, Shape> shapes{
      {"astronaut.png", {512, 512, 3}}, {"camera.png", {512, 512, 1}},
      {"chelsea.png", {300, 451, 3}},   {"china.jpg", {427, 640, 3}},
      {"coffee.png", {400, 600, 3}},    {"flower.jpg", {427, 640, 3}},
      {"rocket.jpg", {427, 640, 3}}};
  for (const auto& [name, shape] : shapes) {
    EXPECT_EQ(read_tensor(at("photos/" + name)).shape(), shape) << name;
    EXPECT_EQ(read_image(at("photos/" + name), {.height = 50, .width = 70}).shape(),
              (Shape{50, 70, 3}))
        << name;
  }
}

/// The published mean of CIFAR-10's training images is 125.3, 123.0, 113.9 of 255; these are a
/// sixth of them.
TEST_F(RealFiles, Cifar10) {
  const Parts data =
      Cifar10Files{.path = unpacked("cifar10-exact/cifar-10-exact-subset.tar.xz")}.load();
  EXPECT_EQ(data.train.size(), 8068);
  EXPECT_EQ(data.test.size(), 1017);
  EXPECT_EQ(data.train.labels()[0], 6) << "a frog";
  EXPECT_EQ(data.test.labels()[0], 3) << "a cat";
  const std::vector<double> mean = statistics(data.train).mean;
  EXPECT_NEAR(mean[0], 125.3, 1);
  EXPECT_NEAR(mean[1], 123.0, 1);
  EXPECT_NEAR(mean[2], 113.9, 1.5);
}

TEST_F(RealFiles, TablesOfClasses) {
  const Dataset iris =
      CsvFile{.path = table("iris.csv"), .header = false, .skip_rows = 1}.load().train;
  EXPECT_EQ(counts_of(iris), (std::map<int, int>{{0, 50}, {1, 50}, {2, 50}}));
  EXPECT_EQ(iris[0].features[0], Tensor({4}, std::vector<float>{5.1f, 3.5f, 1.4f, 0.2f}));
  const Dataset cancer =
      CsvFile{.path = table("breast_cancer.csv"), .header = false, .skip_rows = 1}.load().train;
  EXPECT_EQ(counts_of(cancer), (std::map<int, int>{{0, 212}, {1, 357}}));
  EXPECT_EQ(cancer.spec().features, (Type{DType::float32, {30}}));
  const Dataset wine =
      CsvFile{.path = table("wine_data.csv"), .header = false, .skip_rows = 1}.load().train;
  EXPECT_EQ(counts_of(wine), (std::map<int, int>{{0, 59}, {1, 71}, {2, 48}}));
  const Parts titanic = CsvFile{.path = table("titanic.csv"),
                                .target_column = "survived",
                                .ignore_columns = {"alive", "class", "deck", "embark_town"},
                                .categorical_columns = {"pclass"},
                                .missing_values = MissingValues::median}
                            .load();
  EXPECT_EQ(counts_of(titanic.train), (std::map<int, int>{{0, 549}, {1, 342}}));
  const TableForm form = *titanic.train.spec().table_form;
  const auto age = std::find_if(form.columns.begin(), form.columns.end(),
                                [](const TableColumn& column) { return column.name == "age"; });
  ASSERT_NE(age, form.columns.end());
  EXPECT_EQ(age->fill, 28) << "the median of 714 ages";
  const Dataset digits = CsvFile{.path = table("digits.csv.gz"), .header = false}.load().train;
  EXPECT_EQ(digits.size(), 1797);
  EXPECT_EQ(digits.spec().num_classes, 10);
}

TEST_F(RealFiles, TablesOfNumbers) {
  const CsvFile housing{.path = table("california_housing.csv.gz"),
                        .test_split = 0.2,
                        .target_column = "median_house_value"};
  EXPECT_THROW(housing.load(), DataError) << "207 cells say nothing";
  CsvFile filled = housing;
  filled.missing_values = MissingValues::mean;
  const Parts data = filled.load();
  EXPECT_EQ(data.train.size() + data.test.size(), 20640);
  EXPECT_EQ(data.test.size(), 4128);
  EXPECT_EQ(data.train.spec().features, (Type{DType::float32, {8 + 5}}));
  filled.missing_values = MissingValues::skip;
  EXPECT_EQ(filled.load().skipped.size(), 207u);

  const Dataset abalone = CsvFile{.path = table("abalone.csv")}.load().train;
  EXPECT_EQ(abalone.size(), 4177);
  EXPECT_EQ(abalone.spec().features, (Type{DType::float32, {3 + 7}})) << "of three sexes";
  const Dataset boston =
      CsvFile{.path = table("boston_housing.csv"), .separator = ","}.load().train;
  EXPECT_EQ(boston.size(), 506);
  EXPECT_EQ(boston[0].targets[0].item(), 24);
}

}  // namespace
}  // namespace sloy::data
