#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
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
std::vector<fs::path> places_of(const FileSet& set, const std::string& directory) {
  if (!directory.empty()) return {directory};
  std::vector<fs::path> places;
  if (const char* root = std::getenv("SLOY_DATA_DIR"); root && *root) {
    places.push_back(fs::path(root) / set.name);
  }
  places.push_back(fs::path("/usr/share/datasets") / set.name);
  return places;
}

/// The first of the set's places that has all four files.
fs::path find_directory(const FileSet& set, const std::string& directory) {
  std::vector<Note> notes;
  for (const fs::path& place : places_of(set, directory)) {
    std::string_view missing;
    for (std::string_view file :
         {idx_train.images, idx_train.labels, idx_test.images, idx_test.labels}) {
      if (missing.empty() && find_idx(place, file).empty()) missing = file;
    }
    if (missing.empty()) return place;
    notes.push_back({notes.empty() ? "looked in" : "and in", place.string(),
                     real_files().exists(place) ? fmt::format("{}[.gz] is missing", missing)
                                                : "there is no such directory"});
  }
  throw FileError(fmt::format("{} is not on this machine", set.title), std::move(notes), set.fix);
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

std::int64_t tests_of(const Generated& options) {
  return std::max<std::int64_t>(options.size, 0) / 5;
}

/// A fifth are test data, of a seed of their own: were they cut off the same sequence, which a
/// larger set goes on with, then its training part would hold a smaller set's test data.
template <Dataset (*make)(const Generated&)>
Split generated(const LoadOptions& options) {
  const std::int64_t tests = tests_of(options.generated);
  Generated learned = options.generated;
  learned.size -= tests;
  Generated held_out = options.generated;
  held_out.size =
      std::max<std::int64_t>(tests, 1);  // a set has a spec even where it is taken empty
  held_out.seed ^= stream_of("test");
  return {.train = make(learned), .test = make(held_out).take(tests)};
}

/// A few of the examples tell of what kind all are.
template <Dataset (*make)(const Generated&)>
Header generated_header(const LoadOptions& options) {
  Generated few = options.generated;
  few.size = std::min<std::int64_t>(few.size, 10);
  return {make(few).spec(), options.generated.size - tests_of(options.generated)};
}

template <const FileSet& (*files)()>
Split read(const LoadOptions& options) {
  return read_split(files(), options.directory);
}
template <const FileSet& (*files)()>
Header read_header(const LoadOptions& options) {
  return read_header(files(), options.directory);
}

struct Known {
  std::string_view name;
  Origin origin;
  Split (*load)(const LoadOptions& options);
  Header (*load_header)(const LoadOptions& options);
};

constexpr std::array known{
    Known{"circles", Origin::formula, generated<circles>, generated_header<circles>},
    Known{"fashion-mnist", Origin::files, read<fashion_mnist_files>,
          read_header<fashion_mnist_files>},
    Known{"gaussians", Origin::formula, generated<gaussians>, generated_header<gaussians>},
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
  const bool is_default = to_config(options.generated) == to_config(Generated{});
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
