#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <fstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

using harness::message_of;

class CifarData : public testing::Test {
 protected:
  std::string path() const { return directory_.path().string(); }
  /// Records of these labels; every byte of a picture is the first of them.
  void write(const std::string& name, const std::vector<std::string>& labels) const {
    std::ofstream file(directory_ / name, std::ios::binary);
    for (const std::string& label : labels) file << label << std::string(3072, label[0]);
  }

  harness::TemporaryDirectory directory_;
};

TEST_F(CifarData, OfTenClassesAreBatches) {
  write("data_batch_1.bin", {"\1", "\2"});
  write("data_batch_2.bin", {"\3"});
  EXPECT_EQ(files_at(path()).kind(), "cifar10");
  EXPECT_TRUE(Cifar10Files{.path = path()}.load().test.empty());
  write("test_batch.bin", {"\4", "\5", "\6", "\7"});
  const Parts data = Cifar10Files{.path = path()}.load();
  EXPECT_EQ(data.train.labels(), (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(data.test.size(), 4);
  EXPECT_EQ(data.train.spec().class_names[8], "ship");
  EXPECT_EQ(data.train.spec().features, (Type{DType::uint8, {32, 32, 3}}));
  EXPECT_EQ(data.train[2].features[0].values<std::uint8_t>()[3071], 3);
  const Header header = Cifar10Files{.path = path()}.load_header();
  EXPECT_EQ(header.examples, 3);
  EXPECT_EQ(header.spec.features, data.train.spec().features);
  EXPECT_EQ(header.spec.num_classes, 10);
}

TEST_F(CifarData, HaveNoGapsInTheirBatches) {
  write("data_batch_1.bin", {"\1"});
  write("data_batch_3.bin", {"\3"});
  EXPECT_EQ(message_of([&] { Cifar10Files{.path = path()}.load(); }),
            "there is data_batch_3.bin, but not data_batch_2.bin\n"
            "  path     " +
                path() + "\n  to fix   unpack all files of the set there");
}

TEST_F(CifarData, OfAHundredHaveTwoLabels) {
  write("train.bin", {"\x0b\x62", "\1\2"});
  EXPECT_EQ(files_at(path()).kind(), "cifar100");
  const Dataset fine = Cifar100Files{.path = path()}.load().train;
  EXPECT_EQ(fine.labels(), (std::vector<std::int32_t>{0x62, 2}));
  EXPECT_EQ(fine.spec().class_names[0x62], "woman");
  const Dataset coarse = Cifar100Files{.path = path(), .labels = CifarLabels::coarse}.load().train;
  EXPECT_EQ(coarse.labels(), (std::vector<std::int32_t>{11, 1}));
  EXPECT_EQ(coarse.spec().class_names[14], "people");
  EXPECT_EQ(coarse.spec().num_classes, 20);
}

TEST_F(CifarData, ThatAreMissingAreSaid) {
  EXPECT_EQ(message_of([&] { Cifar10Files{.path = path()}.load(); }),
            "the directory has no file of the training data\n"
            "  path      " +
                path() +
                "\n"
                "  missing   data_batch_1.bin\n"
                "  to fix    unpack the set's binary version there, not the one for Python");
  EXPECT_THROW((Cifar100Files{.path = directory_ / "nowhere"}.load()), FileError);
}

}  // namespace
}  // namespace sloy::data
