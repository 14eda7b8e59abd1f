#include <fmt/format.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <filesystem>

#include "base/files.h"
#include "data/memory.h"
#include "files/cifar.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

const Names& cifar10_classes() {
  static const Names names{"airplane", "automobile", "bird",  "cat",  "deer",
                           "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

const Names& cifar100_groups() {
  static const Names names{"aquatic mammals",
                           "fish",
                           "flowers",
                           "food containers",
                           "fruit and vegetables",
                           "household electrical devices",
                           "household furniture",
                           "insects",
                           "large carnivores",
                           "large man-made outdoor things",
                           "large natural outdoor scenes",
                           "large omnivores and herbivores",
                           "medium-sized mammals",
                           "non-insect invertebrates",
                           "people",
                           "reptiles",
                           "small mammals",
                           "trees",
                           "vehicles 1",
                           "vehicles 2"};
  return names;
}

const Names& cifar100_classes() {
  static const Names names{
      "apple",       "aquarium fish", "baby",      "bear",       "beaver",       "bed",
      "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
      "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
      "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
      "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
      "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
      "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn mower",
      "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple tree",
      "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak tree",     "orange",
      "orchid",      "otter",         "palm tree", "pear",       "pickup truck", "pine tree",
      "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
      "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
      "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
      "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet pepper",
      "table",       "tank",          "telephone", "television", "tiger",        "tractor",
      "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
      "willow tree", "wolf",          "woman",     "worm"};
  return names;
}

/// One of the two sets: its files, what is in a record, what the classes are called.
struct Cifar {
  std::string directory;
  std::vector<fs::path> train;
  std::vector<fs::path> test;
  CifarLayout layout;
  const Names& class_names;
};

/// Those of the files that are there, up to the first that isn't. Throws FileError where there is
/// one behind it.
std::vector<fs::path> found(const fs::path& directory, const Names& names) {
  std::vector<fs::path> files;
  std::string missing;
  for (const std::string& name : names) {
    if (!real_files().exists(directory / name)) {
      if (missing.empty()) missing = name;
    } else if (missing.empty()) {
      files.push_back(directory / name);
    } else {
      throw FileError(fmt::format("there is {}, but not {}", name, missing),
                      {{"path", directory.string()}}, "unpack all files of the set there");
    }
  }
  return files;
}

Cifar locate(const std::string& path, const Names& train, const Names& test,
             const CifarLayout& layout, const Names& class_names) {
  Cifar set{path, found(path, train), found(path, test), layout, class_names};
  if (!set.train.empty()) return set;
  if (!real_files().exists(path)) {
    throw FileError("there is no such directory", {{"path", path}},
                    "name the directory that the files are in");
  }
  throw FileError("the directory has no file of the training data",
                  {{"path", path}, {"missing", train.front()}},
                  "unpack the set's binary version there, not the one for Python");
}

Cifar locate(const Cifar10Files& files) {
  Names train;
  for (int batch = 1; batch <= 5; ++batch) train.push_back(fmt::format("data_batch_{}.bin", batch));
  return locate(files.path, train, {"test_batch.bin"}, CifarLayout{}, cifar10_classes());
}

Cifar locate(const Cifar100Files& files) {
  const bool is_fine = files.labels == CifarLabels::fine;
  const Names& names = is_fine ? cifar100_classes() : cifar100_groups();
  const CifarLayout layout{
      .label_bytes = 2, .label_at = is_fine ? 1 : 0, .num_classes = static_cast<int>(names.size())};
  return locate(files.path, {"train.bin"}, {"test.bin"}, layout, names);
}

Dataset read(const Cifar& set, const std::vector<fs::path>& files) {
  if (files.empty()) return {};
  CifarExamples examples = read_cifar(files, set.layout);
  return labelled(std::move(examples.images), std::move(examples.labels), set.class_names,
                  set.directory);
}

Parts read(const Cifar& set) {
  return {{.train = read(set, set.train), .test = read(set, set.test)}};
}

Header header(const Cifar& set) {
  return {.spec = {{DType::uint8, {32, 32, 3}},
                   {DType::int32, {}},
                   set.layout.num_classes,
                   set.class_names},
          .examples = count_cifar(set.train, set.layout)};
}

}  // namespace

Parts Cifar10Files::load() const { return read(locate(*this)); }
Header Cifar10Files::load_header() const { return header(locate(*this)); }

Parts Cifar100Files::load() const { return read(locate(*this)); }
Header Cifar100Files::load_header() const { return header(locate(*this)); }

}  // namespace sloy::data
