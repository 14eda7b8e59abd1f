#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>

#include "base/files.h"
#include "data/kinds/npy.h"
#include "data/kinds/parts.h"
#include "data/memory.h"
#include "files/npy.h"
#include "files/zip.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ending = ".npy";

/// Arrays by their names: of the files of a directory, or of an npz file.
class Arrays {
 public:
  explicit Arrays(const std::string& path) : path_(path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    if (!real_files().exists(path)) {
      throw FileError("there is no such file or directory", {{"path", path}},
                      "name an npz file, or a directory of npy files");
    }
    archive_.emplace(path, real_files().open(path));
  }

  bool has(const std::string& name) const {
    return archive_ ? archive_->has(file_of(name)) : real_files().exists(path_ / file_of(name));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (std::string name : archive_ ? archive_->names() : real_files().list(path_)) {
      if (!name.ends_with(ending)) continue;
      name.resize(name.size() - ending.size());
      found.push_back(std::move(name));
    }
    return found;
  }
  /// What messages call an array.
  std::string place_of(const std::string& name) const {
    return archive_ ? fmt::format("{} in {}", name, path_.string())
                    : (path_ / file_of(name)).string();
  }
  /// The same as a path, for an npz file too: its arrays are files in it.
  std::string file(const std::string& name) const { return (path_ / file_of(name)).string(); }
  Tensor read(const std::string& name) {
    InputStream stream = open(name);
    return read_npy(stream);
  }
  Type type(const std::string& name) {
    InputStream stream = open(name);
    return read_npy_type(stream);
  }

 private:
  static std::string file_of(const std::string& name) { return name + std::string(ending); }

  InputStream open(const std::string& name) {
    const std::string file = file_of(name);
    return archive_ ? InputStream(place_of(name), archive_->open(file)) : InputStream(path_ / file);
  }

  fs::path path_;
  std::optional<ZipArchive> archive_;
};

/// The names of one part's arrays.
struct Pair {
  std::string features;
  std::string targets;
};

[[noreturn]] void refuse_missing(const Arrays& arrays, const std::string& path,
                                 std::string_view key, const std::string& name) {
  const std::vector<std::string> found = arrays.names();
  throw FileError(fmt::format("there is no array named {}", name),
                  {{"path", path},
                   {"arrays", found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", "))}},
                  fmt::format("give its name: {} = \"…\"", key));
}

/// Whether the part is there: both arrays or, of test data, none.
bool is_there(const Arrays& arrays, const NpyFiles& files, const Pair& pair,
              std::string_view part) {
  const bool has_features = arrays.has(pair.features);
  const bool has_targets = arrays.has(pair.targets);
  if (part == "test" && !has_features && !has_targets) return false;
  if (!has_features) refuse_missing(arrays, files.path, fmt::format("x_{}", part), pair.features);
  if (!has_targets) refuse_missing(arrays, files.path, fmt::format("y_{}", part), pair.targets);
  return true;
}

void check_examples(const Shape& features) {
  if (features.rank() > 0 && features.size(0) == 0) {
    throw DataError("the array holds no examples", {{"features", to_string(features)}},
                    "write one row or more");
  }
}

void name_arrays(DataError& error, const Arrays& arrays, const Pair& pair) {
  error.add({"x", arrays.place_of(pair.features)});
  error.add({"y", arrays.place_of(pair.targets)});
}

/// Tells of targets that are floats, though all are whole and few are different.
void tell_taken_for_numbers(const Arrays& arrays, const Pair& pair, const Tensor& targets,
                            std::vector<Notice>& notices) {
  const bool is_one_number = is_float(targets.dtype()) && targets.shape().rank() > 0 &&
                             targets.size() == targets.shape().size(0);
  if (!is_one_number) return;
  const Tensor numbers = targets.cast(DType::float32);
  std::set<float> different;
  for (const float number : numbers.values<float>()) {
    if (number != std::floor(number) || different.size() > most_probable_classes) return;
    different.insert(number);
  }
  if (!may_be_classes(different.size(), targets.size())) return;
  notices.push_back(
      Notice("the targets are taken for numbers to be predicted, not for classes",
             {{"y", arrays.place_of(pair.targets), to_string(targets.type())},
              {"values", fmt::format("{} different whole numbers, {} to {}", different.size(),
                                     *different.begin(), *different.rbegin())}},
             "where each is a class, save integers: y.astype('int32')"));
}

Dataset read_part(Arrays& arrays, const NpyFiles& files, const Pair& pair,
                  std::vector<Notice>& notices) {
  try {
    const Tensor features = arrays.read(pair.features);
    check_examples(features.shape());
    const Tensor targets = arrays.read(pair.targets);
    const Dataset rows =
        from_tensors(features.reshaped(with_channels(features.type())), targets, files.class_names);
    tell_taken_for_numbers(arrays, pair, targets, notices);
    return numbered(rows, arrays.file(pair.features));
  } catch (DataError& error) {
    name_arrays(error, arrays, pair);
    throw;
  }
}

/// Targets are read to count the classes; of the features only the header is.
Header read_header(Arrays& arrays, const NpyFiles& files, const Pair& pair) {
  try {
    const Type features = arrays.type(pair.features);
    check_examples(features.shape);
    const Tensor targets = arrays.read(pair.targets);
    check_rows(features, targets.type(), "targets");
    const Shape count{features.shape[0]};
    Header header{from_tensors(Tensor(DType::uint8, count), targets, files.class_names).spec(),
                  count.size(0)};
    header.spec.features = {as_features(features.dtype), with_channels(features).without(0)};
    return header;
  } catch (DataError& error) {
    name_arrays(error, arrays, pair);
    throw;
  }
}

}  // namespace

Parts NpyFiles::load() const {
  Arrays arrays(path);
  const Pair train{x_train, y_train}, test{x_test, y_test};
  is_there(arrays, *this, train, "train");
  const bool has_test = is_there(arrays, *this, test, "test");
  Parts parts;
  parts.train = read_part(arrays, *this, train, parts.notices);
  if (has_test) {
    std::vector<Notice> alike_of_test;  // what there is to tell was told of the training data
    parts.test = read_part(arrays, *this, test, alike_of_test);
  }
  parts = alike(std::move(parts));
  tell_channels_first(parts);
  tell_unused_first_class(parts);
  return parts;
}

Header NpyFiles::load_header() const {
  Arrays arrays(path);
  const Pair train{x_train, y_train}, test{x_test, y_test};
  is_there(arrays, *this, train, "train");
  Header header = read_header(arrays, *this, train);
  if (!is_there(arrays, *this, test, "test")) return header;
  return alike(std::move(header), read_header(arrays, *this, test), "test");
}

}  // namespace sloy::data
