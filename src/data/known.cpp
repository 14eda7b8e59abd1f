#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/nearest.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

constexpr std::array file_names{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/// The file in `directory`, raw or compressed; empty where it is neither.
fs::path find_file(const fs::path& directory, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    fs::path path = directory / (name + ending);
    if (real_files().exists(path)) return path;
  }
  return {};
}

/// The first of `places` that has MNIST's four files.
fs::path find_directory(const std::string& name, const std::vector<fs::path>& places,
                        const std::string& fix) {
  std::vector<Note> notes;
  for (const fs::path& place : places) {
    std::string missing;
    for (const char* file : file_names) {
      if (missing.empty() && find_file(place, file).empty()) missing = file;
    }
    if (missing.empty()) return place;
    notes.push_back({notes.empty() ? "looked in" : "and in", place.string(),
                     real_files().exists(place) ? fmt::format("{}[.gz] is missing", missing)
                                                : "there is no such directory"});
  }
  throw FileError(fmt::format("{} is not on this machine", name), std::move(notes), fix);
}

/// Where a set's files may be: where the user said, or else under SLOY_DATA_DIR and `usual`.
std::vector<fs::path> places_of(const std::string& name, const fs::path& directory,
                                const std::vector<fs::path>& usual) {
  if (!directory.empty()) return {directory};
  std::vector<fs::path> places;
  if (const char* root = std::getenv("SLOY_DATA_DIR"); root && *root) {
    places.push_back(fs::path(root) / name);
  }
  places.insert(places.end(), usual.begin(), usual.end());
  return places;
}

Split read_split(const fs::path& directory, const Names& class_names) {
  const auto part = [&](const char* images, const char* labels) {
    return idx(find_file(directory, images), find_file(directory, labels), class_names);
  };
  return {.train = part(file_names[0], file_names[1]), .test = part(file_names[2], file_names[3])};
}

/// Holds out the last fifth: classes take turns, so both parts have them in equal shares.
template <Dataset (*make)(const Generated&)>
Split generated(const LoadOptions& options) {
  const Dataset all = make(options.generated);
  const std::int64_t kept = all.size() - all.size() / 5;
  return {.train = all.take(kept), .test = all.range(kept, all.size())};
}

struct Known {
  std::string_view name;
  Split (*load)(const LoadOptions& options);
};

constexpr std::array known{
    Known{"circles", generated<circles>},
    Known{"fashion-mnist",
          [](const LoadOptions& options) { return fashion_mnist(options.directory); }},
    Known{"gaussians", generated<gaussians>},
    Known{"mnist", [](const LoadOptions& options) { return mnist(options.directory); }},
    Known{"moons", generated<moons>},
    Known{"plane", generated<plane>},
    Known{"spirals", generated<spirals>},
    Known{"xor", generated<exclusive_or>}};

constexpr auto known_names = [] {
  std::array<std::string_view, known.size()> all;
  for (std::size_t i = 0; i < known.size(); ++i) all[i] = known[i].name;
  return all;
}();

}  // namespace

Split fashion_mnist(const std::string& directory) {
  const auto places = places_of("fashion-mnist", directory, {"/usr/share/datasets/fashion-mnist"});
  return read_split(find_directory("Fashion-MNIST", places,
                                   "apt install dataset-fashion-mnist, or name its directory"),
                    {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                     "Sneaker", "Bag", "Ankle boot"});
}

Split mnist(const std::string& directory) {
  const auto places = places_of("mnist", directory, {"/usr/share/datasets/mnist"});
  return read_split(
      find_directory("MNIST", places,
                     "put its four files into one directory and name that, or set SLOY_DATA_DIR"),
      {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

std::vector<std::string> names() { return {known_names.begin(), known_names.end()}; }

Split load(std::string_view name, const LoadOptions& options) {
  for (const Known& one : known) {
    if (one.name == name) return one.load(options);
  }
  const std::string_view meant = nearest(name, known_names);
  throw ConfigError(fmt::format("there is no data set '{}'", name),
                    {{"known", fmt::format("{}", fmt::join(known_names, ", "))}},
                    meant.empty() ? "" : fmt::format("did you mean '{}'?", meant));
}

}  // namespace sloy::data
