#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "data/generated.h"
#include "data/idx.h"
#include "data/known.h"
#include "tensor/random.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

/// A set in MNIST's four files.
struct FileSet {
  std::string name;
  std::string title;
  std::string fix;  ///< where it can be had
  std::vector<std::string> class_names;
};

const FileSet& fashion_mnist_files() {
  static const FileSet set{"fashion-mnist",
                           "Fashion-MNIST",
                           "apt install dataset-fashion-mnist, or name its directory",
                           {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
                            "Shirt", "Sneaker", "Bag", "Ankle boot"}};
  return set;
}

const FileSet& mnist_files() {
  static const FileSet set{
      "mnist",
      "MNIST",
      "put its four files into one directory and name that, or set SLOY_DATA_DIR",
      {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  return set;
}

/// Where a set's files may be: where the user said, or else under SLOY_DATA_DIR and where Debian
/// puts them.
std::vector<fs::path> places_of(std::string_view name, const std::string& directory) {
  if (!directory.empty()) return {directory};
  std::vector<fs::path> places;
  if (const char* root = std::getenv("SLOY_DATA_DIR"); root && *root) {
    places.push_back(fs::path(root) / name);
  }
  places.push_back(fs::path("/usr/share/datasets") / name);
  return places;
}

/// The first of the set's places of which `missing` names no file.
template <class Missing>
fs::path find_directory(std::string_view name, std::string_view title, const std::string& given,
                        const Missing& missing, std::string fix) {
  std::vector<Note> notes;
  for (const fs::path& place : places_of(name, given)) {
    const std::string file = missing(place);
    if (file.empty()) return place;
    notes.push_back({notes.empty() ? "looked in" : "and in", place.string(),
                     real_files().exists(place) ? fmt::format("{} is missing", file)
                                                : "there is no such directory"});
  }
  if (given.empty() && real_files().exists(name)) {
    fix += fmt::format("; to read what is here, name it ./{}", name);
  }
  throw FileError(fmt::format("{} is not on this machine", title), std::move(notes),
                  std::move(fix));
}

/// The first of the set's places that has all four files.
fs::path find_directory(const FileSet& set, const std::string& given) {
  const auto missing = [](const fs::path& place) -> std::string {
    for (std::string_view file :
         {idx_train.images, idx_train.labels, idx_test.images, idx_test.labels}) {
      if (find_idx(place, file).empty()) return fmt::format("{}[.gz]", file);
    }
    return {};
  };
  return find_directory(set.name, set.title, given, missing, set.fix);
}

Split read_split(const FileSet& set, const std::string& given) {
  const fs::path directory = find_directory(set, given);
  const auto part = [&](const IdxNames& names) {
    return idx(find_idx(directory, names.images), find_idx(directory, names.labels),
               set.class_names);
  };
  return {.train = part(idx_train), .test = part(idx_test)};
}

Header read_header(const FileSet& set, const std::string& given) {
  const fs::path directory = find_directory(set, given);
  return idx_header(find_idx(directory, idx_train.images), find_idx(directory, idx_train.labels),
                    set.class_names);
}

template <Dataset (*make)(const Generated&)>
Split generated(const LoadOptions& options) {
  const Division division = divided(options.generated);
  return {.train = make(division.train), .test = make(division.test).take(division.tests)};
}

/// A few of the examples tell of what kind all are.
template <Dataset (*make)(const Generated&)>
Header generated_header(const LoadOptions& options) {
  Generated few = options.generated;
  few.size = std::min<std::int64_t>(few.size, 10);
  return {make(few).spec(), divided(options.generated).train.size};
}

Split shifted(const LoadOptions& options) { return covariate_shift(options.generated); }
Dataset shifted_training(const Generated& options) { return covariate_shift(options).train; }

template <const FileSet& (*files)()>
Split read(const LoadOptions& options) {
  return read_split(files(), options.directory);
}
template <const FileSet& (*files)()>
Header read_header(const LoadOptions& options) {
  return read_header(files(), options.directory);
}

/// The names of CIFAR's two sets, and all their files.
template <class Files>
struct Binary;
template <>
struct Binary<Cifar10Files> {
  static constexpr std::string_view name = "cifar10", title = "CIFAR-10";
  static constexpr std::array<std::string_view, 6> files{"data_batch_1.bin", "data_batch_2.bin",
                                                         "data_batch_3.bin", "data_batch_4.bin",
                                                         "data_batch_5.bin", "test_batch.bin"};
};
template <>
struct Binary<Cifar100Files> {
  static constexpr std::string_view name = "cifar100", title = "CIFAR-100";
  static constexpr std::array<std::string_view, 2> files{"train.bin", "test.bin"};
};

template <class Files>
Files find_binary(const std::string& given) {
  using Set = Binary<Files>;
  const auto missing = [](const fs::path& place) -> std::string {
    for (std::string_view file : Set::files) {
      if (!real_files().exists(place / file)) return std::string(file);
    }
    return {};
  };
  const std::string fix =
      "unpack its binary version into one directory and name that, or set SLOY_DATA_DIR";
  Files found;
  found.path = find_directory(Set::name, Set::title, given, missing, fix).string();
  return found;
}

template <class Files>
Split read_binary(const std::string& directory) {
  Parts parts = find_binary<Files>(directory).load();
  return {.train = std::move(parts.train), .test = std::move(parts.test)};
}
template <class Files>
Split read_binary(const LoadOptions& options) {
  return read_binary<Files>(options.directory);
}
template <class Files>
Header read_binary_header(const LoadOptions& options) {
  return find_binary<Files>(options.directory).load_header();
}

struct Known {
  std::string_view name;
  Origin origin;
  Split (*load)(const LoadOptions& options);
  Header (*load_header)(const LoadOptions& options);
};

constexpr std::array known{
    Known{"badly-scaled", Origin::formula, generated<badly_scaled>, generated_header<badly_scaled>},
    Known{"cifar10", Origin::files, read_binary<Cifar10Files>, read_binary_header<Cifar10Files>},
    Known{"cifar100", Origin::files, read_binary<Cifar100Files>, read_binary_header<Cifar100Files>},
    Known{"circles", Origin::formula, generated<circles>, generated_header<circles>},
    Known{"covariate-shift", Origin::formula, shifted, generated_header<shifted_training>},
    Known{"curve", Origin::formula, generated<curve>, generated_header<curve>},
    Known{"fashion-mnist", Origin::files, read<fashion_mnist_files>,
          read_header<fashion_mnist_files>},
    Known{"gaussians", Origin::formula, generated<gaussians>, generated_header<gaussians>},
    Known{"irrelevant-features", Origin::formula, generated<irrelevant_features>,
          generated_header<irrelevant_features>},
    Known{"mnist", Origin::files, read<mnist_files>, read_header<mnist_files>},
    Known{"moons", Origin::formula, generated<moons>, generated_header<moons>},
    Known{"plane", Origin::formula, generated<plane>, generated_header<plane>},
    Known{"spirals", Origin::formula, generated<spirals>, generated_header<spirals>},
    Known{"xor", Origin::formula, generated<exclusive_or>, generated_header<exclusive_or>}};

constexpr auto known_names = [] {
  std::array<std::string_view, known.size()> all;
  for (std::size_t i = 0; i < known.size(); ++i) all[i] = known[i].name;
  return all;
}();

const Known* find(std::string_view name) {
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Known& one) { return one.name == name; });
  return found == known.end() ? nullptr : &*found;
}

/// The set, with options it has a use for.
const Known& find(std::string_view name, const LoadOptions& options) {
  const Known* found = find(name);
  if (!found) {
    throw ConfigError(fmt::format("there is no data set '{}'", name),
                      {{"known", fmt::format("{}", fmt::join(known_names, ", "))}},
                      did_you_mean(name, known_names, "name one of the known"));
  }
  if (found->origin == Origin::formula && !options.directory.empty()) {
    throw no_use("directory", found->name, found->origin);
  }
  const bool is_default = sloy::to_config(options.generated) == sloy::to_config(Generated{});
  if (found->origin == Origin::files && !is_default) {
    throw no_use("generated", found->name, found->origin);
  }
  return *found;
}

}  // namespace

Split fashion_mnist(const std::string& directory) {
  return read_split(fashion_mnist_files(), directory);
}

Split mnist(const std::string& directory) { return read_split(mnist_files(), directory); }

Split cifar10(const std::string& directory) { return read_binary<Cifar10Files>(directory); }

Split cifar100(const std::string& directory) { return read_binary<Cifar100Files>(directory); }

std::vector<std::string> names() { return {known_names.begin(), known_names.end()}; }

std::optional<Origin> origin_of(std::string_view name) {
  const Known* found = find(name);
  return found ? std::optional(found->origin) : std::nullopt;
}

ConfigError no_use(std::string_view setting, std::string_view name, Origin origin) {
  return ConfigError(fmt::format("'{}' has no use here: {} is {}", setting, name,
                                 origin == Origin::formula ? "made by formula" : "read from files"),
                     {}, fmt::format("leave '{}' out, or name other data", setting));
}

Split load(std::string_view name, const LoadOptions& options) {
  return find(name, options).load(options);
}

Header load_header(std::string_view name, const LoadOptions& options) {
  return find(name, options).load_header(options);
}

}  // namespace sloy::data
