#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <fstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

using harness::message_of;

/// A directory to put small IDX files into.
class OwnFiles : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return directory_ / name; }
  std::string path() const { return directory_.path().string(); }

  /// Images of 1×2 bytes: 0, 1 | 2, 3 | ….
  void write_images(const std::string& name, int count) const {
    std::string bytes{0, 0, 8, 3, 0, 0, 0, static_cast<char>(count), 0, 0, 0, 1, 0, 0, 0, 2};
    for (int i = 0; i < 2 * count; ++i) bytes += static_cast<char>(i);
    std::ofstream(at(name), std::ios::binary) << bytes;
  }
  void write_labels(const std::string& name, const std::vector<int>& labels) const {
    std::string bytes{0, 0, 8, 1, 0, 0, 0, static_cast<char>(labels.size())};
    for (int label : labels) bytes += static_cast<char>(label);
    std::ofstream(at(name), std::ios::binary) << bytes;
  }
  void write_train() const {
    write_images("train-images-idx3-ubyte", 3);
    write_labels("train-labels-idx1-ubyte", {0, 2, 1});
  }
  void write_test() const {
    write_images("t10k-images-idx3-ubyte", 2);
    write_labels("t10k-labels-idx1-ubyte", {4, 0});
  }

  harness::TemporaryDirectory directory_;
};

TEST_F(OwnFiles, HaveAsManyClassesAsAllTheirLabelsSay) {
  write_train();
  EXPECT_EQ(load({.kind = "idx", .path = path()}).train.spec().num_classes, 3);
  EXPECT_TRUE(load({.kind = "idx", .path = path()}).test.empty());
  EXPECT_EQ(load_header({.kind = "idx", .path = path()}).spec.num_classes, 3);

  write_test();
  const Split data = load({.kind = "idx", .path = path()});
  EXPECT_EQ(data.train.spec().num_classes, 5);
  EXPECT_EQ(data.test.spec().num_classes, 5);
  EXPECT_EQ(load_header({.kind = "idx", .path = path()}).spec.num_classes, 5);
  EXPECT_TRUE(data.train.is_in_memory());
  EXPECT_EQ(data.train[1].features[0], Tensor({1, 2, 1}, std::vector<std::uint8_t>{2, 3}));
  EXPECT_EQ(data.train[1].targets[0].item(), 2);

  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  const Files named{.kind = "idx", .path = path(), .class_names = names};
  EXPECT_EQ(load(named).train.spec().num_classes, 6);
  EXPECT_EQ(load(named).test.spec().class_names, names);
  EXPECT_EQ(load_header(named).spec.num_classes, 6);
  EXPECT_THROW(load({.kind = "idx", .path = path(), .class_names = {"a", "b"}}), DataError);
}

TEST_F(OwnFiles, MayHaveNamesOfTheirOwn) {
  write_images("pixels", 3);
  write_labels("digits", {1, 0, 1});
  const Files files{.kind = "idx", .train_images = at("pixels"), .train_labels = at("digits")};
  EXPECT_EQ(load(files).train.size(), 3);
  EXPECT_TRUE(load(files).test.empty());
  const Files within{
      .kind = "idx", .path = path(), .train_images = "pixels", .train_labels = "digits"};
  EXPECT_EQ(load_header(within).spec.features, (Type{DType::uint8, {1, 2, 1}}));
  Files tested = within;
  write_test();
  EXPECT_EQ(load(tested).test.size(), 2) << "under their usual names";
  tested.test_images = "pixels";
  tested.test_labels = "digits";
  EXPECT_EQ(load(tested).test.size(), 3);
}

/// Files of doubles give what from_tensors gives of them: models take float32.
TEST_F(OwnFiles, OfDoublesBecomeFloat32) {
  const unsigned char images[] = {0, 0, 0x0e, 2,    0, 0, 0, 1, 0, 0,
                                  0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
  std::ofstream(at("doubles"), std::ios::binary)
      .write(reinterpret_cast<const char*>(images), sizeof images);
  write_labels("labels", {0});
  const Files files{.kind = "idx", .train_images = at("doubles"), .train_labels = at("labels")};
  EXPECT_EQ(load(files).train[0].features[0], Tensor({1}, std::vector<float>{1.5f}));
  EXPECT_EQ(load_header(files).spec.features, load(files).train.spec().features);
}

TEST_F(OwnFiles, SayWhichAreMissing) {
  EXPECT_EQ(kinds(), std::vector<std::string>{"idx"});
  EXPECT_EQ(message_of([] { load({.kind = "image-folder"}); }),
            "there is no kind of data 'image-folder'\n"
            "  kinds    idx\n"
            "  to fix   name one of the kinds");
  EXPECT_EQ(message_of([] { load({.kind = "idx"}); }),
            "it isn't said where the images are\n"
            "  missing   train_images\n"
            "  to fix    give path, the directory of the files, or train_images");
  EXPECT_EQ(message_of([&] { load({.kind = "idx", .path = at("nowhere")}); }),
            "there is no such directory\n"
            "  path     " +
                at("nowhere") +
                "\n"
                "  to fix   name the directory that the files are in");
  write_images("train-images-idx3-ubyte", 3);
  EXPECT_EQ(message_of([&] { load({.kind = "idx", .path = path()}); }),
            "the directory has no file of that name for the train_labels\n"
            "  path      " +
                path() +
                "\n"
                "  missing   train-labels-idx1-ubyte[.gz]\n"
                "  to fix    give the file's name: train_labels = \"…\"");
  write_train();
  write_images("t10k-images-idx3-ubyte", 2);
  EXPECT_THROW(load({.kind = "idx", .path = path()}), FileError) << "half of the test data";
  EXPECT_THROW(load({.kind = "idx", .path = path(), .test_labels = "none"}), FileError);
}

TEST_F(OwnFiles, OfTwoSizesAreRefused) {
  write_train();
  const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7};
  std::ofstream(at("t10k-images-idx3-ubyte"), std::ios::binary)
      .write(reinterpret_cast<const char*>(images), sizeof images);
  write_labels("t10k-labels-idx1-ubyte", {0});
  EXPECT_THROW(load({.kind = "idx", .path = path()}), DataError);
  EXPECT_THROW(load_header({.kind = "idx", .path = path()}), DataError);
}

TEST(Load, RefusesWhatTheSetHasNoUseFor) {
  EXPECT_EQ(message_of([] { load("moons", {.directory = "/data"}); }),
            "'directory' has no use here: moons is made by formula\n"
            "  to fix   leave 'directory' out, or name other data");
  EXPECT_THROW(load("fashion-mnist", {.generated = {.size = 10}}), ConfigError);
  EXPECT_THROW(load_header("fashion-mnist", {.generated = {.seed = 1}}), ConfigError);
}

}  // namespace
}  // namespace sloy::data
