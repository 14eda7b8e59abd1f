#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "data/known.h"
#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

using harness::message_of;

namespace fs = std::filesystem;

/// Examples of each class.
std::vector<int> count_classes(const Dataset& dataset) {
  std::vector<int> counts(dataset.spec().num_classes);
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    ++counts.at(static_cast<std::size_t>(dataset[i].targets[0].item()));
  }
  return counts;
}

/// Debian's package dataset-fashion-mnist. Published: 6,000 and 1,000 images of each class, the
/// first training image is an ankle boot; mean 0.2860 and deviation 0.3530 of pixels over 255.
TEST(FashionMnist, IsAsPublished) {
  const Split data = fashion_mnist();
  EXPECT_EQ(data.train.size(), 60000);
  EXPECT_EQ(data.test.size(), 10000);
  EXPECT_EQ(data.train.spec().features, (Type{DType::uint8, {28, 28, 1}}));
  EXPECT_EQ(data.train.spec().targets, (Type{DType::int32, {}}));
  EXPECT_EQ(data.train.spec().class_names[9], "Ankle boot");
  EXPECT_EQ(data.train[0].targets[0].item(), 9);
  EXPECT_EQ(count_classes(data.train), std::vector<int>(10, 6000));
  EXPECT_EQ(count_classes(data.test), std::vector<int>(10, 1000));

  const Statistics pixels = statistics(data.train);
  ASSERT_EQ(pixels.mean.size(), 1u);
  EXPECT_NEAR(pixels.mean[0] / 255, 0.2860, 0.00005);
  EXPECT_NEAR(pixels.standard_deviation[0] / 255, 0.3530, 0.00005);
}

TEST(Mnist, IsAsPublished) {
  const char* root = std::getenv("SLOY_TEST_DATA");
  if (!root) GTEST_SKIP() << "SLOY_TEST_DATA names no folder with MNIST";
  const Split data = mnist(fs::path(root) / "mnist");
  EXPECT_EQ(count_classes(data.train),
            (std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  EXPECT_EQ(count_classes(data.test),
            (std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  const Statistics pixels = statistics(data.train);
  EXPECT_NEAR(pixels.mean[0] / 255, 0.1307, 0.00005);
  EXPECT_NEAR(pixels.standard_deviation[0] / 255, 0.3081, 0.00005);
}

/// Small sets in files.
class IdxFiles : public testing::Test {
 protected:
  const harness::TemporaryDirectory temporary;
  const fs::path directory = temporary.path();

  fs::path write(const std::string& name, std::initializer_list<int> bytes) const {
    std::ofstream file(directory / name, std::ios::binary);
    for (int byte : bytes) file.put(static_cast<char>(byte));
    return directory / name;
  }
};

TEST_F(IdxFiles, MakeADataSet) {
  const fs::path images =
      write("images", {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40});
  const fs::path labels = write("labels", {0, 0, 8, 1, 0, 0, 0, 2, 1, 0});
  const Dataset dataset = idx(images, labels);
  EXPECT_EQ(dataset.size(), 2);
  EXPECT_EQ(dataset.spec().num_classes, 2);
  EXPECT_EQ(dataset[1].features[0], Tensor({1, 2, 1}, std::vector<std::uint8_t>{30, 40}));
  EXPECT_EQ(dataset[0].targets[0].item(), 1);
}

TEST_F(IdxFiles, OfDifferentLengthsAreRefused) {
  const fs::path images = write("images", {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 10, 20});
  const fs::path labels = write("labels", {0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1});
  EXPECT_EQ(message_of([&] { idx(images, labels); }),
            "there are 2 images, but 3 labels\n"
            "  images   " +
                images.string() +
                "   uint8 (2, 1)\n"
                "  labels   " +
                labels.string() +
                "   uint8 (3)\n"
                "  to fix   take both files from the same set");
}

TEST_F(IdxFiles, OfWhichLabelsAreImagesAreRefused) {
  const fs::path images = write("images", {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 10, 20});
  EXPECT_THROW(idx(images, images), DataError);
}

TEST_F(IdxFiles, ThatAreMissingAreRefused) {
  EXPECT_THROW(fashion_mnist(directory), FileError);
  EXPECT_THROW(mnist(directory / "nowhere"), FileError);
}

TEST_F(IdxFiles, AreFoundThroughTheEnvironment) {
  const fs::path folder = directory / "mnist";
  fs::create_directories(folder);
  for (const std::string part : {"train", "t10k"}) {
    write("mnist/" + part + "-images-idx3-ubyte",
          {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 77});
    write("mnist/" + part + "-labels-idx1-ubyte", {0, 0, 8, 1, 0, 0, 0, 1, 9});
  }
  const char* before = std::getenv("SLOY_DATA_DIR");
  const std::string restored = before ? before : "";
  ::setenv("SLOY_DATA_DIR", directory.c_str(), 1);
  const Split data = mnist();
  before ? ::setenv("SLOY_DATA_DIR", restored.c_str(), 1) : ::unsetenv("SLOY_DATA_DIR");
  EXPECT_EQ(data.train.size(), 1);
  EXPECT_EQ(data.test[0].features[0].item(), 77);
  EXPECT_EQ(data.test[0].targets[0].item(), 9);
}

/// Those that need no files.
std::vector<std::string> generated_names() {
  std::vector<std::string> generated = names();
  std::erase_if(generated,
                [](const std::string& name) { return origin_of(name) == Origin::files; });
  return generated;
}

TEST(Load, KnowsEveryNameThatItLists) {
  EXPECT_EQ(names(), (std::vector<std::string>{"badly-scaled", "cifar10", "cifar100", "circles",
                                               "covariate-shift", "curve", "fashion-mnist",
                                               "gaussians", "irrelevant-features", "mnist", "moons",
                                               "plane", "spirals", "xor"}));
  for (const std::string& name : generated_names()) {
    const Split data = load(name, {.generated = {.size = 103, .seed = 2}});
    EXPECT_EQ(data.train.size(), 83) << name;
    EXPECT_EQ(data.test.size(), 20) << name;
    EXPECT_NE(data.train[0].features[0], data.test[0].features[0]);
  }
  EXPECT_EQ(load("fashion-mnist").test.size(), 10000);
}

/// A model is trained on one size and tested by another: that must not be what it learned.
TEST(Load, MakesTestsThatAreInNoTrainingPartOfAnySize) {
  for (const std::string& name : generated_names()) {
    std::set<std::vector<float>> learned;
    const auto place = [](const Tensor& features) {
      const auto numbers = features.values<float>();
      return std::vector(numbers.begin(), numbers.end());
    };
    const Dataset largest = load(name, {.generated = {.size = 2000}}).train;
    for (std::int64_t i = 0; i < largest.size(); ++i) learned.insert(place(largest[i].features[0]));
    for (std::int64_t size : {5, 500, 1000, 2000}) {
      const Split data = load(name, {.generated = {.size = size}});
      EXPECT_EQ(data.test.size(), size / 5);
      for (std::int64_t i = 0; i < data.train.size(); ++i) {
        ASSERT_TRUE(learned.contains(place(data.train[i].features[0]))) << name << " of " << size;
      }
      for (std::int64_t i = 0; i < data.test.size(); ++i) {
        ASSERT_FALSE(learned.contains(place(data.test[i].features[0]))) << name << " of " << size;
      }
    }
  }
  EXPECT_TRUE(load("moons", {.generated = {.size = 4}}).test.empty());
  EXPECT_EQ(
      message_of([] { load("moons", {.generated = {.size = -5}}); }),
      "moons: size must be 1 or more, not -5\n  to fix   give the number of examples, as 500");
}

TEST(LoadHeader, SaysWhatTheExamplesAreAndHowMany) {
  std::vector<std::string> here = generated_names();
  here.push_back("fashion-mnist");
  for (const std::string& name : here) {
    const auto [spec, examples] = load_header(name);
    const Dataset train = load(name).train;
    EXPECT_EQ(examples, train.size()) << name;
    const Spec& loaded = train.spec();
    EXPECT_EQ(spec.features, loaded.features) << name;
    EXPECT_EQ(spec.targets, loaded.targets) << name;
    EXPECT_EQ(spec.num_classes, loaded.num_classes) << name;
    EXPECT_EQ(spec.class_names, loaded.class_names) << name;
  }
  EXPECT_THROW(load_header("moons", {.generated = {.size = 0}}), ConfigError);
  EXPECT_THROW(load_header("mons"), ConfigError);
}

/// Nothing but the headers is read: these files hold nothing else.
TEST_F(IdxFiles, TellTheirSpecByTheirHeaders) {
  const auto pack = [&](const std::string& name, const std::string& bytes) {
    gzFile file = gzopen((directory / (name + ".gz")).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  };
  using namespace std::string_literals;
  for (const std::string part : {"train", "t10k"}) {
    pack(part + "-images-idx3-ubyte", "\0\0\x8\x3\0\0\0\x9\0\0\0\x1c\0\0\0\x1b"s);
    pack(part + "-labels-idx1-ubyte", "\0\0\x8\x1\0\0\0\x9"s);
  }
  const Header header = load_header("mnist", {.directory = directory});
  EXPECT_EQ(header.spec.features, (Type{DType::uint8, {28, 27, 1}}));
  EXPECT_EQ(header.examples, 9);
  EXPECT_THROW(load("mnist", {.directory = directory}), FileError);
  pack("train-labels-idx1-ubyte", "\0\0\x8\x1\0\0\0\x8"s);
  EXPECT_THROW(load_header("mnist", {.directory = directory}), DataError) << "9 images, 8 labels";
}

/// CIFAR's binary files, one image in each.
class CifarByName : public testing::Test {
 protected:
  const harness::TemporaryDirectory temporary;

  void write(const fs::path& file, const std::string& labels) const {
    fs::create_directories((temporary.path() / file).parent_path());
    std::ofstream(temporary.path() / file, std::ios::binary) << labels << std::string(3072, '\7');
  }
  void write_ten(const fs::path& folder) const {
    for (char batch = '1'; batch <= '5'; ++batch) {
      write(folder / (std::string("data_batch_") + batch + ".bin"), std::string(1, batch - '0'));
    }
    write(folder / "test_batch.bin", "\x9");
  }
};

TEST_F(CifarByName, IsTheBinaryVersionOfADirectory) {
  write_ten("ten");
  const Split ten = cifar10(temporary / "ten");
  EXPECT_EQ(ten.train.labels(), (std::vector<std::int32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(ten.test.labels(), std::vector<std::int32_t>{9});
  EXPECT_EQ(ten.test.spec().class_names[9], "truck");
  const Header header = load_header("cifar10", {.directory = temporary / "ten"});
  EXPECT_EQ(header.examples, 5);
  EXPECT_EQ(header.spec.features, (Type{DType::uint8, {32, 32, 3}}));

  write("hundred/train.bin", "\x0b\x62");
  write("hundred/test.bin", "\1\2");
  const Split hundred = cifar100(temporary / "hundred");
  EXPECT_EQ(hundred.train.labels(), std::vector<std::int32_t>{0x62});
  EXPECT_EQ(hundred.test.labels(), std::vector<std::int32_t>{2});
  EXPECT_EQ(load("cifar100", {.directory = temporary / "hundred"}).test.spec().num_classes, 100);
}

TEST_F(CifarByName, IsFoundThroughTheEnvironment) {
  write_ten("cifar10");
  const char* before = std::getenv("SLOY_DATA_DIR");
  const std::string restored = before ? before : "";
  ::setenv("SLOY_DATA_DIR", temporary.path().c_str(), 1);
  const std::int64_t examples = load("cifar10").train.size();
  before ? ::setenv("SLOY_DATA_DIR", restored.c_str(), 1) : ::unsetenv("SLOY_DATA_DIR");
  EXPECT_EQ(examples, 5);
}

/// A set with a name is whole, or it isn't that set.
TEST_F(CifarByName, NeedsAllItsFiles) {
  write_ten("ten");
  fs::remove(temporary.path() / "ten/data_batch_4.bin");
  EXPECT_EQ(message_of([&] { cifar10(temporary / "ten"); }),
            "CIFAR-10 is not on this machine\n"
            "  looked in   " +
                (temporary / "ten") +
                "   data_batch_4.bin is missing\n"
                "  to fix      unpack its binary version into one directory and name that, or set "
                "SLOY_DATA_DIR");
  EXPECT_THROW(load_header("cifar100", {.directory = temporary / "ten"}), FileError);
}

TEST(Load, NamesTheNearest) {
  EXPECT_EQ(message_of([] { load("fashion_mnist"); }),
            "there is no data set 'fashion_mnist'\n"
            "  known    badly-scaled, cifar10, cifar100, circles, covariate-shift, curve, "
            "fashion-mnist, gaussians, irrelevant-features, mnist, moons, plane, spirals, xor\n"
            "  to fix   did you mean 'fashion-mnist'?");
  EXPECT_THROW(load(""), ConfigError);
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
