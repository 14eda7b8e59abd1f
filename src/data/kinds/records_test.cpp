#include <gtest/gtest.h>
#include <sloy/data_files.h>
#include <sloy/data_records.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "base/hash.h"
#include "data/loader.h"
#include "files/records.h"
#include "harness/messages.h"
#include "harness/process.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;
using harness::message_of;

class PackedData : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return directory_ / name; }
  harness::TemporaryDirectory directory_;
};

void expect_same(const Types& a, const Types& b) { EXPECT_EQ(to_string(a), to_string(b)); }

void expect_same(const Dataset& found, const Dataset& expected) {
  ASSERT_EQ(found.size(), expected.size());
  expect_same(found.spec().features, expected.spec().features);
  expect_same(found.spec().targets, expected.spec().targets);
  expect_same(found.spec().weights, expected.spec().weights);
  EXPECT_EQ(found.spec().num_classes, expected.spec().num_classes);
  EXPECT_EQ(found.spec().class_names, expected.spec().class_names);
  EXPECT_EQ(found.spec().image_form, expected.spec().image_form);
  EXPECT_EQ(found.spec().table_form, expected.spec().table_form);
  for (std::int64_t index = 0; index < found.size(); ++index) {
    const Example a = found[index];
    const Example b = expected[index];
    ASSERT_EQ(a.features, b.features) << index;
    ASSERT_EQ(a.targets, b.targets) << index;
    ASSERT_EQ(a.weights, b.weights) << index;
  }
}

/// Parts of every dtype and of odd sizes, so that numbers would not be aligned one behind the
/// other.
struct ManyParts {
  std::int64_t count = 100;

  std::int64_t size() const { return count; }
  Spec spec() const {
    Spec spec{.features = {{DType::uint8, {3}}, {DType::float64, {}}, {DType::uint8, {5, 1}}},
              .targets = {{DType::int32, {}}, {DType::float32, {2}}},
              .num_classes = 7,
              .class_names = {"a", "ä", "\"", "d", "e", "f", "g"}};
    spec.weights = {{DType::float32, {}}, {DType::float32, {}}};
    return spec;
  }
  void read(std::int64_t index, const Slot& slot) const {
    const auto number = static_cast<std::uint8_t>(index);
    for (const std::size_t part : {0u, 2u}) {
      for (std::uint8_t& value : slot.features_as<std::uint8_t>(part)) {
        value = static_cast<std::uint8_t>(number + part);
      }
    }
    slot.features_as<double>(1)[0] = std::sqrt(static_cast<double>(index));
    slot.target_as<std::int32_t>()[0] = static_cast<std::int32_t>(index % 7);
    slot.target_as<float>(1)[1] = 0.5F * static_cast<float>(index);
    slot.target_as<float>(1)[0] = -slot.target_as<float>(1)[1];
    slot.weight_as<float>(0)[0] = 2;
    slot.weight_as<float>(1)[0] = static_cast<float>(index);
  }
};

TEST_F(PackedData, AreWhatWasPacked) {
  const Dataset many = ManyParts{};
  pack(many, at("many"));
  const Dataset packed = records(at("many"));
  EXPECT_FALSE(packed.is_in_memory());
  expect_same(packed, many);
  EXPECT_EQ(packed.labels(), many.labels());

  const Parts moons{load("moons")};
  pack(moons.test, at("moons"));
  expect_same(records(at("moons")), moons.test);
}

TEST_F(PackedData, KeepWhatIsKnownOfImagesAndTables) {
  Spec of_images{.features = {DType::uint8, {2, 2, 1}}, .targets = {DType::int32, {}}};
  struct Fixed {
    Spec given;
    std::int64_t size() const { return 2; }
    Spec spec() const { return given; }
    void read(std::int64_t, const Slot& slot) const {
      for (const auto& spans : {slot.features, slot.targets}) {
        for (const std::span<std::byte> part : spans)
          std::fill(part.begin(), part.end(), std::byte{});
      }
    }
  };
  of_images.image_form = ImageForm{.height = 2, .width = 2, .color_mode = ColorMode::grayscale};
  pack(Dataset(Fixed{of_images}), at("images"));
  expect_same(records(at("images")), Fixed{of_images});

  Spec of_rows{.features = {DType::float32, {3}}, .targets = {DType::float32, {1}}};
  of_rows.table_form = TableForm{
      .columns = {{.name = "size", .fill = 0.1}, {.name = "kind", .categories = {"x", "y"}}},
      .missing = {"", "?"}};
  pack(Dataset(Fixed{of_rows}), at("rows"));
  expect_same(records(at("rows")), Fixed{of_rows});

  // What isn't so is found before anything is written.
  of_rows.table_form->columns.pop_back();
  EXPECT_THROW(pack(Dataset(Fixed{of_rows}), at("other")), DataError);
  of_images.image_form->width = 3;
  EXPECT_THROW(pack(Dataset(Fixed{of_images}), at("other")), DataError);
  EXPECT_FALSE(fs::exists(at("other")));
}

/// Whatever the number of threads that read.
TEST_F(PackedData, ComeInTheOrderOfAnyOtherSet) {
  const Dataset many = ManyParts{.count = 1000};
  pack(many, at("many"));
  const Dataset packed = records(at("many"));
  for (const int workers : {0, 3}) {
    const LoaderOptions options{.batch_size = 64, .shuffle = true, .seed = 3, .workers = workers};
    Loader expected(many, options), found(packed, options);
    for (int epoch = 0; epoch < 2; ++epoch) {
      expected.start(epoch);
      found.start(epoch);
      while (const Batch* batch = expected.next()) {
        const Batch* same = found.next();
        ASSERT_NE(same, nullptr);
        for (std::size_t part = 0; part < batch->features.size(); ++part) {
          ASSERT_TRUE(std::ranges::equal(batch->features[part], same->features[part]));
        }
        for (std::size_t part = 0; part < batch->targets.size(); ++part) {
          ASSERT_TRUE(std::ranges::equal(batch->targets[part], same->targets[part]));
          ASSERT_TRUE(std::ranges::equal(batch->weights[part], same->weights[part]));
        }
      }
    }
  }
}

TEST_F(PackedData, HaveTheirParts) {
  Parts parts{load("circles")};
  parts.validation = load("circles", {.generated = {.size = 50, .seed = 5}}).train;
  std::vector<std::int64_t> told;
  pack(parts, at("packed"), {.progress = [&](std::int64_t done) { told.push_back(done); }});
  EXPECT_EQ(told, (std::vector<std::int64_t>{100, 140, 540}));
  EXPECT_EQ(std::distance(fs::directory_iterator(at("packed")), {}), 3);
  const Files files = files_at(at("packed"));
  ASSERT_EQ(files.kind(), "records");
  const Parts found = files.load();
  expect_same(found.train, parts.train);
  expect_same(found.validation, parts.validation);
  expect_same(found.test, parts.test);
  const Header header = files.load_header();
  EXPECT_EQ(header.examples, 400);
  EXPECT_EQ(header.spec.num_classes, 2);
  expect_same(header.spec.features, parts.train.spec().features);

  // One file alone is training data.
  EXPECT_EQ(files_at(at("packed/test.sloydata")).kind(), "records");
  const Parts alone = RecordFiles{.path = at("packed/test.sloydata")}.load();
  expect_same(alone.train, parts.test);
  EXPECT_EQ(alone.train.subset({7}).name(0), at("packed/test.sloydata") + "[7]");
  EXPECT_TRUE(alone.test.empty());

  EXPECT_EQ(message_of([&] { pack(parts, at("packed")); }),
            "the directory holds something already\n"
            "  path     " +
                at("packed") + "\n  to fix   name another, or remove it");
  fs::copy(at("packed/train.sloydata"), at("packed/learn.sloydata"));
  const Parts renamed = RecordFiles{.path = at("packed")}.load();
  ASSERT_EQ(renamed.notices.size(), 1u);
  EXPECT_EQ(std::string(renamed.notices[0].what()),
            "a file of packed data is not read: no part has its name\n"
            "  file     " +
                at("packed/learn.sloydata") +
                "\n  to fix   call it train.sloydata, validation.sloydata or test.sloydata");
  fs::remove(at("packed/train.sloydata"));
  EXPECT_EQ(message_of([&] { RecordFiles{.path = at("packed")}.load(); }),
            "the directory has no packed data to train on\n"
            "  path      " +
                at("packed") +
                "\n  missing   train.sloydata\n"
                "  there     learn.sloydata\n"
                "  to fix    name a directory that `sloy data pack` wrote, or one of its files");
  EXPECT_EQ(files_at(at("packed")).kind(), "records") << "their reader says what is missing";
  EXPECT_THROW(RecordFiles{}.load(), ConfigError);
  EXPECT_THROW(RecordFiles{.path = at("nowhere")}.load(), FileError);
  EXPECT_THROW(pack(Parts{}, at("none")), DataError);
  EXPECT_THROW(pack(Dataset{}, at("none")), DataError);
}

TEST_F(PackedData, WhosePackingIsEndedLeaveNothing) {
  const Parts parts{load("circles")};
  struct Ended {};
  const PackOptions options{.progress = [](std::int64_t examples) {
    if (examples > 100) throw Ended{};
  }};
  EXPECT_THROW(pack(parts, at("packed"), options), Ended);
  EXPECT_FALSE(fs::exists(at("packed")));
  fs::create_directory(at("mine"));
  EXPECT_THROW(pack(parts, at("mine"), options), Ended);
  EXPECT_TRUE(fs::is_empty(at("mine"))) << "made by somebody else";
}

/// Labels of a set of one's own are not known before they are read.
struct Labels {
  std::vector<std::int32_t> labels;
  int num_classes = 3;

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  Spec spec() const { return {{DType::uint8, {1}}, {DType::int32, {}}, num_classes}; }
  void read(std::int64_t index, const Slot& slot) const {
    slot.target_as<std::int32_t>()[0] = labels[static_cast<std::size_t>(index)];
  }
};

TEST_F(PackedData, RefuseLabelsOutOfRange) {
  EXPECT_EQ(message_of([&] {
              pack(Dataset(Labels{{0, 1, 2, 3}}), at("x"));
            }),
            "label 3 is out of range: there are 3 classes\n"
            "  example   3   counted from 0\n"
            "  to fix    correct the label, or the number of classes");
  EXPECT_THROW(pack(Dataset(Labels{{0, -1}}), at("x")), DataError);
  EXPECT_FALSE(fs::exists(at("x")));

  // In a file they can be of a program other than ours: here one that says "3" for "4".
  pack(Dataset(Labels{{0, 3, 2}, 4}), at("x"));
  EXPECT_EQ(records(at("x"))[1].targets[0].item(), 3);
  std::string bytes = harness::bytes_of_file(at("x"));
  const std::size_t place = bytes.find("\"num_classes\":4");
  ASSERT_NE(place, std::string::npos);
  bytes[place + 14] = '3';
  EXPECT_THROW(
      {
        std::ofstream(at("x"), std::ios::binary) << bytes;
        records(at("x"));
      },
      FileError)
      << "by the header's checksum";
  const std::string header = bytes.substr(24, bytes.rfind(' ') + 1 - 24);
  std::string checksum;
  append_little_endian(checksum, hash64(header));
  std::ofstream(at("x"), std::ios::binary) << bytes.replace(16, 8, checksum);
  const Dataset damaged = records(at("x"));
  EXPECT_EQ(damaged[2].targets[0].item(), 2);
  EXPECT_EQ(message_of([&] { damaged[1]; }),
            "label 3 is out of range: there are 3 classes\n"
            "  file      " +
                at("x") +
                "\n  example   1   of 3, counted from 0\n"
                "  to fix    correct the label, or the number of classes");
}

/// A header that says of the records what isn't so, or can't be.
TEST_F(PackedData, AreRefusedWhereTheirHeaderCannotBe) {
  const auto refused = [&](const Config& about) {
    write_records(at("x"), {2, 16, about}, [](auto...) {});
    return message_of([&] { records(at("x")); });
  };
  pack(Dataset(Labels{{0, 1}}), at("good"));
  const Config good = RecordsReader(at("good")).header().about;
  EXPECT_EQ(refused(good),
            "the header says of the examples what can't be: its records have 16 bytes, such an "
            "example 8\n"
            "  file     " +
                at("x") + "\n  to fix   the file is damaged or incomplete: pack the data again");
  const auto with = [&](const char* key, const char* json) {
    Config changed = good;
    changed[key] = parse_json(json);
    return changed;
  };
  const char* wide = R"([{"dtype":"float64","shape":[1]}])";
  EXPECT_EQ(refused(with("features", wide)), "no error") << "8 bytes and a label";
  for (const auto& [key, json] : std::initializer_list<std::pair<const char*, const char*>>{
           {"features", R"([{"dtype":"float64","shape":[-1]}])"},
           {"features", R"([{"dtype":"float64","shape":["batch"]}])"},
           {"features", R"([{"dtype":"float16","shape":[1]}])"},
           {"features", R"([{"dtype":"uint8","shape":[1099511627776,1099511627776]}])"},
           {"features", R"([{"dtype":"uint8","shape":[1,1,1,1,1,1,1,1,1]}])"},
           {"features", R"([{"dtype":"uint8"}])"},
           {"features", "3"},
           {"num_classes", "-1"},
           {"num_classes", "2000000000"},
           {"num_classes", "99999999999"},
           {"class_names", R"(["a","b","c","d"])"},
           {"weights", R"([{"dtype":"uint8","shape":[]}])"},
           {"image_form", R"({"height":4,"width":2})"},
           {"table_form", R"({"columns":[{"name":"a"}]})"},
           {"other", "1"}}) {
    Config about = with("features", wide);
    about[key] = parse_json(json);
    EXPECT_TRUE(refused(about).starts_with("the header says")) << key << json;
  }
  for (const char* about : {"{}", "[]", "null", "1"}) {
    EXPECT_TRUE(refused(parse_json(about)).starts_with("the header says")) << about;
  }
}

}  // namespace
}  // namespace sloy::data
