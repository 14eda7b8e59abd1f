#include "no_data.h"

#include <fmt/format.h>
#include <sloy/data_files.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kinds_hint =
    "say the kind in a recipe's [data]: `sloy data list --help` names them";

/// What a directory holds, by name.
class Listing {
 public:
  explicit Listing(const fs::path& directory) : directory_(directory) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
      names_.push_back(entry.path().filename().string());
    }
    if (error) {
      throw FileError("can't list the directory: " + error.message(),
                      {{"path", directory.string()}}, "make it readable, or name another");
    }
    std::sort(names_.begin(), names_.end());
  }

  bool empty() const { return names_.empty(); }
  bool has(std::string_view name) const {
    return std::binary_search(names_.begin(), names_.end(), name);
  }
  /// Files with one of these endings.
  std::vector<std::string> ending(std::initializer_list<std::string_view> endings) const {
    std::vector<std::string> found;
    for (const std::string& name : names_) {
      const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
      if (std::any_of(endings.begin(), endings.end(), ends)) found.push_back(name);
    }
    return found;
  }
  std::string path_of(const std::string& name) const { return (directory_ / name).string(); }
  std::string text() const {
    constexpr std::size_t shown = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names_.size()); ++i) {
      text += (i == 0 ? "" : ", ") + names_[i];
    }
    return names_.size() <= shown ? text
                                  : fmt::format("{} and {} more", text, names_.size() - shown);
  }

 private:
  fs::path directory_;
  std::vector<std::string> names_;
};

/// The one to learn from, and the one to test on where the names tell.
std::string fix_of_tables(const Listing& listing, const std::vector<std::string>& tables) {
  const auto find = [&](std::string_view part) {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const std::string& name) {
      return name.find(part) != name.npos;
    });
    return found == tables.end() ? std::string() : *found;
  };
  const std::string train = find("train"), test = find("test");
  if (train.empty()) return "name one of them: " + listing.path_of(tables.front());
  const std::string fix = "name the one to learn from: " + listing.path_of(train);
  return test.empty() ? fix : fix + " --set data.test_path=" + listing.path_of(test);
}

/// Whether they are several files of a directory without directories.
bool holds_one_set(const data::Files& files) {
  return files.as<data::IdxFiles>() || files.as<data::NpyFiles>() ||
         files.as<data::Cifar10Files>() || files.as<data::Cifar100Files>();
}

FileError unknown_directory(const std::string& path) {
  const Listing listing(path);
  const auto refuse = [&](const std::string& sentence, const std::string& fix) {
    std::vector<Note> notes{{"path", path}};
    if (!listing.empty()) notes.push_back({"holds", listing.text()});
    return FileError(sentence, std::move(notes), fix);
  };
  if (listing.empty()) return refuse("the directory is empty", "name the one the files are in");
  if (listing.has("data_batch_1") || (listing.has("train") && listing.has("meta"))) {
    return refuse("these files are CIFAR's Python version, the binary one is read",
                  "get the binary version from the same place");
  }
  if (const auto tables = listing.ending({".csv", ".csv.gz", ".tsv"}); !tables.empty()) {
    return refuse("a table is named by its file, not by its directory",
                  fix_of_tables(listing, tables));
  }
  if (!listing.ending({".png", ".jpg", ".jpeg"}).empty()) {
    return refuse("images are in the directory itself, not in one for each class",
                  "put those of each class into a directory named like it");
  }
  if (!listing.ending({".npy"}).empty()) {
    return refuse("none of the npy files is x_train.npy",
                  "name features and targets x_train.npy and y_train.npy, or in a recipe's [data]: "
                  "kind = \"npy\", x_train = \"…\", y_train = \"…\"");
  }
  return refuse("there are no data here of a kind that is known by its files", kinds_hint);
}

}  // namespace

FileError no_such_data(const std::string& name) {
  std::vector<Note> notes;
  std::error_code error;
  if (fs::path(name).is_relative()) {
    notes.push_back({"looked in", fs::current_path(error).string()});
  }
  const std::vector<std::string> names = data::names();
  const std::vector<std::string_view> known(names.begin(), names.end());
  return FileError(fmt::format("there is no file or data set '{}'", name), std::move(notes),
                   did_you_mean(name, known,
                                "name a set (`sloy data list`), a file, or the directory the files "
                                "are in"));
}

FileError unknown_data(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return unknown_directory(path);
  const std::string around = fs::path(path).parent_path().string();
  const std::string directory = around.empty() ? "." : around;
  if (holds_one_set(data::files_at(directory))) {
    return FileError("the file is a part of the data in its directory", {{"path", path}},
                     "name the directory: " + directory);
  }
  const std::string name = fs::path(path).filename().string();
  const auto ends = [&](const char* ending) { return name.ends_with(ending); };
  if (ends(".npy")) {
    return FileError("one array is no data set: it is features or targets", {{"path", path}},
                     "name a directory with x_train.npy and y_train.npy, or an npz file of both");
  }
  if (ends(".png") || ends(".jpg") || ends(".jpeg")) {
    return FileError("one image is no data set", {{"path", path}},
                     "name a directory that has one of images for each class");
  }
  return FileError("the file's name tells no kind of data", {{"path", path}},
                   std::string("call a table .csv or .tsv, or ") + kinds_hint);
}

}  // namespace sloy::cli
