#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <filesystem>
#include <fstream>

#include "harness/jpeg.h"
#include "harness/messages.h"
#include "harness/png.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;
using harness::message_of;

/// A directory of small images: PNG, so that their pixels are known.
class ImageFolders : public testing::Test {
 protected:
  std::string path() const { return directory_.path().string(); }
  fs::path at(const std::string& name) const { return directory_ / name; }

  void write(const std::string& name, const std::vector<std::byte>& bytes) const {
    fs::create_directories(at(name).parent_path());
    std::ofstream(at(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  /// An image all of whose pixels have one value.
  void write_image(const std::string& name, int value, int height = 4, int width = 6,
                   int channels = 3) const {
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(height * width * channels),
                                           static_cast<std::uint8_t>(value));
    write(name, harness::encode_png(height, width, channels, pixels));
  }
  void write_two_classes(const std::string& part = "") const {
    for (int i = 0; i < 3; ++i) write_image(part + "cat/" + std::to_string(i) + ".png", i);
    for (int i = 0; i < 5; ++i) write_image(part + "dog/" + std::to_string(i) + ".PNG", 100 + i);
  }

  harness::TemporaryDirectory directory_;
};

TEST_F(ImageFolders, HaveAClassForEachDirectory) {
  write_two_classes();
  write("cat/notes.txt", {});
  write(".cache/x.png", {});
  write("cat/.hidden.png", {});
  write_image("dog/deeper/z.png", 200);
  const Parts data = ImageFolder{.path = path()}.load();
  EXPECT_EQ(data.train.size(), 9);
  EXPECT_TRUE(data.test.empty());
  EXPECT_TRUE(data.validation.empty());
  const Spec& spec = data.train.spec();
  EXPECT_EQ(spec.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(data.train.name(1), at("cat/1.png"));
  EXPECT_EQ(data.train.subset({8}).name(0), at("dog/deeper/z.png"));
  EXPECT_EQ(spec.features, (Type{DType::uint8, {4, 6, 3}}));
  EXPECT_EQ(spec.image_form, (ImageForm{.height = 4, .width = 6}));
  EXPECT_EQ(data.train.labels(), (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(data.train[1].features[0], Tensor({4, 6, 3}, std::vector<std::uint8_t>(4 * 6 * 3, 1)));
  EXPECT_EQ(data.train[8].features[0].values<std::uint8_t>()[0], 200);
  EXPECT_EQ(data.train[8].targets[0].item(), 1);
  const Header header = ImageFolder{.path = path()}.load_header();
  EXPECT_EQ(header.examples, 9);
  EXPECT_EQ(header.spec.features, spec.features);
}

TEST_F(ImageFolders, HaveTheirParts) {
  write_two_classes("train/");
  write_image("val/dog/1.png", 7);
  write_image("test/cat/1.png", 8);
  write_image("test/dog/1.png", 9);
  const Parts data = ImageFolder{.path = path()}.load();
  EXPECT_EQ(data.train.size(), 8);
  EXPECT_EQ(data.validation.labels(), std::vector<std::int32_t>{1});
  EXPECT_EQ(data.test.labels(), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(data.test[1].features[0].values<std::uint8_t>()[0], 9);
  EXPECT_EQ(files_at(path()).kind(), "image-folder");

  write_image("val/bird/1.png", 1);
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "the class 'bird' is not among those to learn\n"
            "  directory   " +
                at("val/bird").string() + "\n  training    " + at("train").string() +
                "\n  to fix      add it there, or name the classes that are meant: class_names");
  const Parts some = ImageFolder{.path = path(), .class_names = {"dog"}}.load();
  EXPECT_EQ(some.train.size(), 5);
  EXPECT_EQ(some.test.size(), 1);
}

TEST_F(ImageFolders, AreGivenTheFormThatIsAskedFor) {
  write_image("a/wide.png", 50, 10, 40);
  write_image("a/grey.png", 90, 30, 20, 1);
  const std::vector<std::uint8_t> pixels(64 * 48 * 3, 120);
  write("b/photo.jpg", harness::encode_jpeg(64, 48, 3, pixels));
  const Dataset colour =
      ImageFolder{.path = path(), .image_size = {8, 5}, .color_mode = ColorMode::rgb}.load().train;
  EXPECT_EQ(colour.spec().features, (Type{DType::uint8, {8, 5, 3}}));
  const auto all = [](std::int64_t channels, int value) {
    return Tensor({8, 5, channels},
                  std::vector<std::uint8_t>(static_cast<std::size_t>(8 * 5 * channels),
                                            static_cast<std::uint8_t>(value)));
  };
  EXPECT_EQ(colour[0].features[0], all(3, 90));
  EXPECT_EQ(colour[1].features[0], all(3, 50));
  EXPECT_EQ(colour[2].features[0], all(3, 120));
  const Dataset grey =
      ImageFolder{.path = path(), .image_size = {8, 5}, .color_mode = ColorMode::grayscale}
          .load()
          .train;
  EXPECT_EQ(grey[0].features[0], all(1, 90));
  EXPECT_EQ(grey[1].features[0], all(1, 50));
  EXPECT_EQ(read_image(at("a/wide.png"), *colour.spec().image_form), all(3, 50));
}

TEST_F(ImageFolders, OfSeveralSizesOrColoursAreRefusedBeforeTheTraining) {
  write_two_classes();
  write_image("dog/large.png", 1, 5, 6);
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "the images have different sizes\n"
            "  image    " +
                at("dog/large.png").string() +
                "   5×6\n"
                "  others   4×6\n"
                "  to fix   give all the same: image_size = 128, or [height, width]");
  fs::remove(at("dog/large.png"));
  write_image("dog/grey.png", 1, 4, 6, 1);
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "there is a grey image among colour ones\n"
            "  image    " +
                at("dog/grey.png").string() +
                "\n"
                "  to fix   give all the same: color_mode = \"rgb\", or \"grayscale\"");
  // What isn't looked at before comes up when it is read.
  const Dataset unchecked =
      ImageFolder{.path = path(), .bad_files = BadFiles::unchecked}.load().train;
  EXPECT_THROW(unchecked[8], DataError);
}

TEST_F(ImageFolders, AreWholeOrSaid) {
  write_two_classes();
  const auto image = harness::encode_png(4, 6, 3, std::vector<std::uint8_t>(4 * 6 * 3, 9));
  write("cat/cut.png", {image.begin(), image.end() - 20});
  write("dog/text.jpg", image);
  write("dog/none.jpeg", harness::encode_jpeg(1, 1, 1, std::vector<std::uint8_t>(1)));
  fs::resize_file(at("dog/none.jpeg"), 0);
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "the image can't be read: the file ends too early\n"
            "  file        " +
                at("cat/cut.png").string() +
                "\n"
                "  bad files   2   of 11\n"
                "  to fix      mend or remove them, or leave them out: bad_files = \"skip\"");
  const Parts rest = ImageFolder{.path = path(), .bad_files = BadFiles::skip}.load();
  EXPECT_EQ(rest.train.labels(), (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, 1, 1, 1}));
  ASSERT_EQ(rest.skipped.size(), 2u);
  EXPECT_EQ(rest.skipped[0].file, at("cat/cut.png").string());
  EXPECT_EQ(rest.train[8].features[0].values<std::uint8_t>()[0], 9) << "a PNG, whatever its name";
  const Parts unchecked = ImageFolder{.path = path(), .bad_files = BadFiles::unchecked}.load();
  EXPECT_EQ(unchecked.train.size(), 11);
  EXPECT_THROW(unchecked.train[3], FileError);
  // The first one tells the others' size, unless it is bad too.
  write("cat/0.png", {});
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "this is no image of a known format\n"
            "  file        " +
                at("cat/0.png").string() +
                "\n"
                "  bad files   3   of 11\n"
                "  to fix      mend or remove them, or leave them out: bad_files = \"skip\"");
}

TEST_F(ImageFolders, OfNothingAreRefused) {
  EXPECT_EQ(message_of([] { ImageFolder{}.load(); }),
            "it isn't said where the images are\n"
            "  to fix   give path, a directory");
  EXPECT_THROW((ImageFolder{.path = at("nowhere")}.load()), FileError);
  EXPECT_THROW((ImageFolder{.path = path()}.load()), DataError) << "no class";
  write_two_classes();
  fs::create_directories(at("empty"));
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }).substr(0, 30),
            "the class 'empty' has no files");
  fs::remove(at("empty"));
  EXPECT_THROW((ImageFolder{.path = path(), .image_size = 0}.load()), ConfigError);
  EXPECT_THROW((ImageFolder{.path = path(), .class_names = {"cat", "cat"}}.load()), ConfigError);
  EXPECT_EQ(message_of([&] {
              ImageFolder{.path = path(), .class_names = {"dog", "cta"}}.load();
            }),
            "there is no class 'cta'\n"
            "  directory   " +
                path() +
                "\n"
                "  classes     cat, dog\n"
                "  to fix      did you mean 'cat'?");
  EXPECT_THROW((ImageFolder{.path = path(), .test_split = 1}.load()), ConfigError);
}

TEST_F(ImageFolders, SayWhichDirectoriesAreNotRead) {
  write_two_classes("train/");
  write_two_classes("tets/");
  write_two_classes("test/");
  const Parts data = ImageFolder{.path = path()}.load();
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(std::string(data.notices[0].what()),
            "the directory 'tets' is not read: it has no name of a part\n"
            "  directory   " +
                at("tets").string() +
                "\n"
                "  parts       train or training; val, valid or validation; test or testing\n"
                "  to fix      did you mean 'test'?");
  fs::remove_all(at("tets"));
  EXPECT_TRUE(ImageFolder{.path = path()}.load().notices.empty());
}

TEST_F(ImageFolders, HaveAPartToLearnFromWhereTheyHaveParts) {
  write_two_classes("trian/");
  write_two_classes("val/");
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "there is a part 'val', but none to learn from\n"
            "  directory   " +
                path() +
                "\n"
                "  found       trian, val\n"
                "  needed      train\n"
                "  to fix      rename the directory of the training data to train; where these are "
                "classes, name them: class_names");
  const ImageFolder named{.path = path(), .class_names = {"trian", "val"}};
  EXPECT_EQ(named.load().train.size(), 16);
}

TEST_F(ImageFolders, TakeNamesOfPartsInAnyCase) {
  write_two_classes("Training/");
  write_two_classes("VAL/");
  write_image("Test/cat/1.png", 1);
  const Parts data = ImageFolder{.path = path()}.load();
  EXPECT_EQ(data.train.size(), 8);
  EXPECT_EQ(data.validation.size(), 8);
  EXPECT_EQ(data.test.size(), 1);
  fs::create_directories(at("train"));
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }),
            "'Training' and 'train' are names of the same part\n"
            "  directory   " +
                path() + "\n  to fix      keep one of them");
}

TEST_F(ImageFolders, HaveNamesThatAreText) {
  write_two_classes();
  write_image("k\xe4se/1.png", 1);
  EXPECT_EQ(message_of([&] { ImageFolder{.path = path()}.load(); }).substr(0, 39),
            "the name of a directory is not UTF-8\n  ");
}

TEST_F(ImageFolders, SayWhichClassesCannotBeMeasured) {
  write_two_classes("train/");
  write_image("val/dog/1.png", 1);
  fs::create_directories(at("val/cat"));
  const Parts data = ImageFolder{.path = path()}.load();
  ASSERT_EQ(data.notices.size(), 1u);
  EXPECT_EQ(std::string(data.notices[0].what()),
            "1 of 2 classes has no files to measure on\n"
            "  directory   " +
                at("val").string() +
                "\n"
                "  classes     cat\n"
                "  to fix      add files of each, or hold out a share of all: test_split");
  EXPECT_EQ(data.validation.size(), 1);
}

TEST_F(ImageFolders, HoldOutAShareOfEachClass) {
  for (int i = 0; i < 20; ++i) write_image("a/" + std::to_string(i) + ".png", i);
  for (int i = 0; i < 10; ++i) write_image("b/" + std::to_string(i) + ".png", 50 + i);
  const ImageFolder folder{.path = path(), .test_split = 0.2};
  const Parts data = folder.load();
  EXPECT_EQ(data.train.size(), 24);
  EXPECT_EQ(data.test.labels(), (std::vector<std::int32_t>{0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(folder.load_header().examples, 24);
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(folder.load().test[i].features[0], data.test[i].features[0]) << "always the same";
  }
}

}  // namespace
}  // namespace sloy::data
