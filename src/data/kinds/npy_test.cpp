#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <filesystem>
#include <numeric>

#include "harness/messages.h"
#include "harness/process.h"
#include "harness/zip.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;
using harness::message_of;

/// Arrays as files of a directory and of an npz file.
class NpyData : public testing::Test {
 protected:
  std::string path() const { return directory_.path().string(); }
  std::string at(const std::string& name) const { return directory_ / name; }

  void write(const std::string& name, const Tensor& tensor) const {
    write_tensor(at(name + ".npy"), tensor);
  }
  template <class T>
  static Tensor counted(Shape shape) {
    std::vector<T> values(static_cast<std::size_t>(shape.size()));
    std::iota(values.begin(), values.end(), T{0});
    return Tensor(shape, values);
  }
  void write_train() const {
    write("x_train", counted<float>({4, 3}));
    write("y_train", Tensor({4}, std::vector<std::int32_t>{0, 2, 1, 0}));
  }
  /// All arrays of the directory in one archive.
  std::string pack() const {
    std::vector<harness::ZipContent> contents;
    for (const auto& entry : fs::directory_iterator(path())) {
      if (entry.path().extension() != ".npy") continue;
      contents.push_back({entry.path().filename(), harness::bytes_of_file(entry.path())});
    }
    harness::write_zip(at("all.npz"), contents);
    return at("all.npz");
  }

  harness::TemporaryDirectory directory_;
};

TEST_F(NpyData, AreFilesOfADirectoryOrAnArchive) {
  write_train();
  write("x_test", counted<float>({2, 3}));
  write("y_test", Tensor({2}, std::vector<std::int32_t>{4, 0}));
  for (const std::string& place : {path(), pack()}) {
    EXPECT_EQ(files_at(place).kind(), "npy");
    const Parts data = NpyFiles{.path = place}.load();
    EXPECT_EQ(data.train.size(), 4);
    EXPECT_EQ(data.test.size(), 2);
    EXPECT_EQ(data.train[1].features[0], Tensor({3}, std::vector<float>{3, 4, 5}));
    EXPECT_EQ(data.train.labels(), (std::vector<std::int32_t>{0, 2, 1, 0}));
    EXPECT_EQ(data.train.spec().num_classes, 5) << "of all parts";
    const Header header = NpyFiles{.path = place}.load_header();
    EXPECT_EQ(header.examples, 4);
    EXPECT_EQ(header.spec.features, data.train.spec().features);
    EXPECT_EQ(header.spec.targets, data.train.spec().targets);
    EXPECT_EQ(header.spec.num_classes, 5);
  }
}

TEST_F(NpyData, SayWhereLabelsProbablyCountFrom1) {
  write("x_train", counted<float>({4, 3}));
  write("y_train", Tensor({4}, std::vector<std::int32_t>{1, 3, 2, 1}));
  const Parts data = NpyFiles{.path = path()}.load();
  EXPECT_EQ(data.train.spec().num_classes, 4);
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(data.notices[0].sentence(),
            "no example to learn from is of class 0, the labels are 1 to 3");
  write_train();
  EXPECT_TRUE(NpyFiles{.path = path()}.load().notices.empty());
}

TEST_F(NpyData, SayWhereFloatsAreProbablyClasses) {
  write("x_train", counted<float>({10, 3}));
  write("y_train", Tensor({10}, std::vector<double>{1, 0, 0, 1, 1, 0, 1, 0, 0, 1}));
  const Parts data = NpyFiles{.path = path()}.load();
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(std::string(data.notices[0].what()),
            "the targets are taken for numbers to be predicted, not for classes\n"
            "  y        " +
                at("y_train.npy") +
                "   float64 (10)\n"
                "  values   2 different whole numbers, 0 to 1\n"
                "  to fix   where each is a class, save integers: y.astype('int32')");
  write("y_train", Tensor({10}, std::vector<double>{1, 0, 0, 1, 1, 0, 1, 0, 0, 0.5}));
  EXPECT_TRUE(NpyFiles{.path = path()}.load().notices.empty());
  write("y_train", counted<double>({10}));
  EXPECT_TRUE(NpyFiles{.path = path()}.load().notices.empty()) << "all are different";
}

TEST_F(NpyData, SayWhereChannelsAreProbablyFirst) {
  write("y_train", Tensor({4}, std::vector<std::int32_t>{0, 1, 0, 1}));
  write("x_train", Tensor(DType::uint8, {4, 3, 8, 9}));
  const Parts data = NpyFiles{.path = path()}.load();
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(std::string(data.notices[0].what()),
            "the images have 3 rows and 9 channels: those are probably first, not last\n"
            "  features   uint8 (3, 8, 9)\n"
            "  needed     (height, width, channels)\n"
            "  to fix     write them so: x.transpose(0, 2, 3, 1)");
  for (const Shape& shape : {Shape{4, 8, 9, 3}, Shape{4, 3, 8, 3}, Shape{4, 3, 3, 9}}) {
    write("x_train", Tensor(DType::uint8, shape));
    EXPECT_TRUE(NpyFiles{.path = path()}.load().notices.empty()) << to_string(shape);
  }
}

TEST_F(NpyData, NameTheirExamples) {
  write_train();
  EXPECT_EQ(NpyFiles{.path = path()}.load().train.subset({2}).name(0), at("x_train.npy") + "[2]");
}

TEST_F(NpyData, MayHaveOtherNamesAndBeRegressions) {
  write("rooms", counted<double>({4, 2}));
  write("price", counted<float>({4, 1}));
  const NpyFiles files{.path = pack(), .x_train = "rooms", .y_train = "price"};
  const Parts data = files.load();
  EXPECT_EQ(data.train.spec().features, (Type{DType::float32, {2}}));
  EXPECT_EQ(data.train.spec().targets, (Type{DType::float32, {1}}));
  EXPECT_EQ(data.train.spec().num_classes, 0);
  EXPECT_TRUE(data.test.empty());
  EXPECT_EQ(files.load_header().spec.features, data.train.spec().features);
}

TEST_F(NpyData, GreyImagesGetAChannel) {
  write("x_train", Tensor(DType::uint8, {4, 5, 6}));
  write("y_train", Tensor({4}, std::vector<std::int32_t>{0, 1, 0, 1}));
  EXPECT_EQ(NpyFiles{.path = path()}.load().train.spec().features, (Type{DType::uint8, {5, 6, 1}}));
  EXPECT_EQ(NpyFiles{.path = path()}.load_header().spec.features, (Type{DType::uint8, {5, 6, 1}}));
}

TEST_F(NpyData, SayWhatIsMissingOrWrong) {
  EXPECT_THROW((NpyFiles{.path = at("nowhere")}.load()), FileError);
  write("x_train", counted<float>({4, 3}));
  write("labels", Tensor({4}, std::vector<std::int32_t>{0, 2, 1, 0}));
  EXPECT_EQ(message_of([&] { NpyFiles{.path = path()}.load(); }),
            "there is no array named y_train\n"
            "  path     " +
                path() +
                "\n"
                "  arrays   labels, x_train\n"
                "  to fix   give its name: y_train = \"…\"");
  write("y_train", Tensor({3}, std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_EQ(message_of([&] { NpyFiles{.path = path()}.load(); }),
            "there are 4 examples, but 3 targets\n"
            "  features   float32 (4, 3)\n"
            "  targets    int32 (3)\n"
            "  x          " +
                at("x_train.npy") +
                "\n"
                "  y          " +
                at("y_train.npy") +
                "\n"
                "  to fix     give each example its target");
  EXPECT_EQ(message_of([&] { NpyFiles{.path = path()}.load_header(); }),
            message_of([&] { NpyFiles{.path = path()}.load(); }));
  write("x_train", Tensor(DType::float32, {0, 3}));
  write("y_train", Tensor(DType::int32, {0}));
  EXPECT_EQ(message_of([&] { NpyFiles{.path = path()}.load(); }).substr(0, 30),
            "the array holds no examples\n  ");
  write_train();
  write("x_test", counted<float>({2, 3}));
  EXPECT_THROW(NpyFiles{.path = path()}.load(), FileError) << "half of the test data";
  write("x_test", counted<float>({2, 4}));
  write("y_test", Tensor({2}, std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(message_of([&] { NpyFiles{.path = path()}.load(); }),
            "the features of the test data are of another kind than those to learn from\n"
            "  training   float32 (3)\n"
            "  test       float32 (4)\n"
            "  to fix     take both from the same set");
}

}  // namespace
}  // namespace sloy::data
