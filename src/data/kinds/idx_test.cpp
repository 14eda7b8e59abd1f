#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <algorithm>
#include <fstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

using harness::message_of;

/// A directory to put small IDX files into.
class IdxData : public testing::Test {
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

TEST_F(IdxData, HaveAsManyClassesAsAllTheirLabelsSay) {
  write_train();
  EXPECT_EQ(IdxFiles{.path = path()}.load().train.spec().num_classes, 3);
  EXPECT_TRUE(IdxFiles{.path = path()}.load().test.empty());
  EXPECT_EQ(IdxFiles{.path = path()}.load_header().spec.num_classes, 3);

  write_test();
  const Split data = IdxFiles{.path = path()}.load();
  EXPECT_EQ(data.train.spec().num_classes, 5);
  EXPECT_EQ(data.test.spec().num_classes, 5);
  EXPECT_EQ(IdxFiles{.path = path()}.load_header().spec.num_classes, 5);
  EXPECT_TRUE(data.train.is_in_memory());
  EXPECT_EQ(data.train[1].features[0], Tensor({1, 2, 1}, std::vector<std::uint8_t>{2, 3}));
  EXPECT_EQ(data.train[1].targets[0].item(), 2);

  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  const IdxFiles named{.path = path(), .class_names = names};
  EXPECT_EQ(named.load().train.spec().num_classes, 6);
  EXPECT_EQ(named.load().test.spec().class_names, names);
  EXPECT_EQ(named.load_header().spec.num_classes, 6);
  EXPECT_THROW((IdxFiles{.path = path(), .class_names = {"a", "b"}}.load()), DataError);
}

TEST_F(IdxData, MayHaveNamesOfTheirOwn) {
  write_images("pixels", 3);
  write_labels("digits", {1, 0, 1});
  const IdxFiles files{.train_images = at("pixels"), .train_labels = at("digits")};
  EXPECT_EQ(files.load().train.size(), 3);
  EXPECT_TRUE(files.load().test.empty());
  const IdxFiles within{.path = path(), .train_images = "pixels", .train_labels = "digits"};
  EXPECT_EQ(within.load_header().spec.features, (Type{DType::uint8, {1, 2, 1}}));
  IdxFiles tested = within;
  write_test();
  EXPECT_EQ(tested.load().test.size(), 2) << "under their usual names";
  tested.test_images = "pixels";
  tested.test_labels = "digits";
  EXPECT_EQ(tested.load().test.size(), 3);
}

/// Files of doubles give what from_tensors gives of them: models take float32.
TEST_F(IdxData, OfDoublesBecomeFloat32) {
  const unsigned char images[] = {0, 0, 0x0e, 2,    0, 0, 0, 1, 0, 0,
                                  0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
  std::ofstream(at("doubles"), std::ios::binary)
      .write(reinterpret_cast<const char*>(images), sizeof images);
  write_labels("labels", {0});
  const IdxFiles files{.train_images = at("doubles"), .train_labels = at("labels")};
  EXPECT_EQ(files.load().train[0].features[0], Tensor({1}, std::vector<float>{1.5f}));
  EXPECT_EQ(files.load_header().spec.features, files.load().train.spec().features);
}

TEST_F(IdxData, SayWhichAreMissing) {
  EXPECT_EQ(message_of([] { IdxFiles{}.load(); }),
            "it isn't said where the images are\n"
            "  missing   train_images\n"
            "  to fix    give path, the directory of the files, or train_images");
  EXPECT_EQ(message_of([&] { IdxFiles{.path = at("nowhere")}.load(); }),
            "there is no such directory\n"
            "  path     " +
                at("nowhere") +
                "\n"
                "  to fix   name the directory that the files are in");
  write_images("train-images-idx3-ubyte", 3);
  EXPECT_EQ(message_of([&] { IdxFiles{.path = path()}.load(); }),
            "the directory has no file of that name for the train_labels\n"
            "  path      " +
                path() +
                "\n"
                "  missing   train-labels-idx1-ubyte[.gz]\n"
                "  to fix    give the file's name: train_labels = \"…\"");
  write_train();
  write_images("t10k-images-idx3-ubyte", 2);
  EXPECT_THROW(IdxFiles{.path = path()}.load(), FileError) << "half of the test data";
  EXPECT_THROW((IdxFiles{.path = path(), .test_labels = "none"}.load()), FileError);
}

/// Every class in its share, and always the same ones.
TEST_F(IdxData, GiveTestDataWhereTheyHaveNone) {
  write_images("train-images-idx3-ubyte", 8);
  write_labels("train-labels-idx1-ubyte", {0, 1, 0, 1, 0, 1, 0, 1});
  const IdxFiles files{.path = path(), .test_split = 0.25};
  const Parts parts = files.load();
  EXPECT_EQ(parts.train.size(), 6);
  std::vector<std::int32_t> labels = parts.test.labels();
  std::ranges::sort(labels);
  EXPECT_EQ(labels, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(files.load_header().examples, 6);
  EXPECT_EQ(files.load().test[0].features, parts.test[0].features);
  EXPECT_EQ(
      message_of([&] { IdxFiles{.path = path(), .test_split = 0.01}.load(); }),
      "0.01 of 8 examples can't be held out\n"
      "  key      test_split\n"
      "  to fix   choose a fraction that leaves at least one example on either side, and one of "
      "every class to learn from");
  const int number = parts.test[0].features[0].values<std::uint8_t>()[0] / 2;
  EXPECT_EQ(parts.test.name(0), at("train-images-idx3-ubyte") + fmt::format("[{}]", number));

  write_test();
  EXPECT_EQ(message_of([&] { files.load(); }),
            "test_split is of data without a test part, these have one\n"
            "  to fix   leave test_split out");
  EXPECT_THROW((IdxFiles{.path = path(), .test_split = 1}.load()), ConfigError);
  EXPECT_THROW((IdxFiles{.path = path(), .test_split = -0.1}.load_header()), ConfigError);
}

TEST_F(IdxData, OfTwoSizesAreRefused) {
  write_train();
  const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7};
  std::ofstream(at("t10k-images-idx3-ubyte"), std::ios::binary)
      .write(reinterpret_cast<const char*>(images), sizeof images);
  write_labels("t10k-labels-idx1-ubyte", {0});
  EXPECT_THROW(IdxFiles{.path = path()}.load(), DataError);
  EXPECT_THROW(IdxFiles{.path = path()}.load_header(), DataError);
}

}  // namespace
}  // namespace sloy::data
