#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <filesystem>
#include <fstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;
using harness::message_of;

class NpyFolders : public testing::Test {
 protected:
  std::string path() const { return directory_.path().string(); }
  std::string at(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const Tensor& array) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    write_tensor(at(name), array);
  }
  void write_two_classes(const std::string& part = "") const {
    for (int i = 0; i < 3; ++i) write(part + "up/" + std::to_string(i) + ".npy", numbers(i));
    for (int i = 0; i < 5; ++i) write(part + "down/x/" + std::to_string(i) + ".NPY", numbers(-i));
  }
  static Tensor numbers(double value) { return Tensor({2, 3}, std::vector<double>(6, value)); }

  harness::TemporaryDirectory directory_;
};

TEST_F(NpyFolders, HaveAClassForEachDirectory) {
  write_two_classes();
  std::ofstream(at("up/notes.txt")) << "not an array";
  const Files files = files_at(path());
  ASSERT_EQ(files.kind(), "npy-folder");
  const Parts data = files.load();
  const Spec& spec = data.train.spec();
  EXPECT_EQ(data.train.size(), 8);
  EXPECT_FALSE(data.train.is_in_memory());
  EXPECT_TRUE(data.test.empty());
  EXPECT_EQ(spec.class_names, (std::vector<std::string>{"down", "up"}));
  EXPECT_EQ(to_string(spec.features), "float32 (2, 3)") << "what models take";
  EXPECT_EQ(data.train.labels(), (std::vector<std::int32_t>{0, 0, 0, 0, 0, 1, 1, 1}));
  const Example fourth = data.train[4];
  EXPECT_EQ(fourth.features[0], Tensor({2, 3}, std::vector<float>(6, -4)));
  EXPECT_EQ(fourth.targets[0].item(), 0);
  EXPECT_EQ(data.train.name(4), at("down/x/4.NPY"));
  const Header header = files.load_header();
  EXPECT_EQ(header.examples, 8);
  EXPECT_EQ(to_string(header.spec.features), "float32 (2, 3)");
}

TEST_F(NpyFolders, HaveTheirParts) {
  write_two_classes("train/");
  write("val/up/1.npy", numbers(7));
  write("test/down/1.npy", numbers(8));
  const Parts data = NpyFolder{.path = path()}.load();
  EXPECT_EQ(data.train.size(), 8);
  EXPECT_EQ(data.validation.labels(), std::vector<std::int32_t>{1});
  EXPECT_EQ(data.test[0].features[0].values<float>()[0], 8);
  EXPECT_THROW((NpyFolder{.path = path(), .test_split = 0.5}.load()), ConfigError);
  write("val/left/1.npy", numbers(1));
  EXPECT_THROW(NpyFolder{.path = path()}.load(), DataError);
  const Parts some = NpyFolder{.path = path(), .class_names = {"up"}}.load();
  EXPECT_EQ(some.train.size(), 3);
  EXPECT_TRUE(some.test.empty());
}

TEST_F(NpyFolders, HoldOutAShareOfEachClass) {
  write_two_classes();
  const NpyFolder folder{.path = path(), .test_split = 0.25};
  const Parts data = folder.load();
  EXPECT_EQ(data.train.size(), 6);
  EXPECT_EQ(data.test.labels(), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(folder.load_header().examples, 6);
}

TEST_F(NpyFolders, GiveGreyImagesAChannel) {
  write("a/1.npy", Tensor({4, 5}, std::vector<std::uint8_t>(20, 9)));
  const Dataset images = NpyFolder{.path = path()}.load().train;
  EXPECT_EQ(to_string(images.spec().features), "uint8 (4, 5, 1)");
  EXPECT_EQ(images[0].features[0], Tensor({4, 5, 1}, std::vector<std::uint8_t>(20, 9)));
}

TEST_F(NpyFolders, WhoseFilesDifferAreRefusedBeforeTheTraining) {
  write_two_classes();
  write("up/9.npy", Tensor({3, 2}, std::vector<double>(6, 1)));
  EXPECT_EQ(message_of([&] { NpyFolder{.path = path()}.load(); }),
            "the arrays are of different types\n"
            "  file     " +
                at("up/9.npy") +
                "   float64 (3, 2)\n"
                "  others   float64 (2, 3)\n"
                "  to fix   save all with the same shape and dtype");
  write("down/0.npy", Tensor({2, 3}, std::vector<float>(6, 1)));
  EXPECT_THROW(NpyFolder{.path = path()}.load(), DataError);
  fs::remove(at("down/0.npy"));
  fs::remove(at("up/9.npy"));

  const Dataset whole = NpyFolder{.path = path()}.load().train;
  fs::resize_file(at("up/2.npy"), fs::file_size(at("up/2.npy")) - 1);
  EXPECT_THROW(whole[7], FileError) << "what becomes of a file later";
  write("up/1.npy", Tensor({1}, {1.0}));
  EXPECT_THROW(whole[6], DataError);
  EXPECT_THROW(NpyFolder{.path = path()}.load(), Error);
  EXPECT_EQ(message_of([] { NpyFolder{}.load(); }),
            "it isn't said where the arrays are\n"
            "  to fix   give path, a directory");
  EXPECT_EQ(message_of([&] {
              fs::create_directory(at("empty"));
              NpyFolder{.path = path()}.load();
            }),
            "the class 'empty' has no files\n"
            "  directory   " +
                at("empty") +
                "\n  needed      one or more that end in .npy\n"
                "  to fix      remove the directory, or name the classes that have files: "
                "class_names");
}

}  // namespace
}  // namespace sloy::data
