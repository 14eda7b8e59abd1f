#include <fmt/format.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <filesystem>
#include <memory>

#include "base/parallel.h"
#include "data/class_folders.h"
#include "data/example_memory.h"
#include "data/held_out.h"
#include "data/kinds/npy.h"
#include "data/kinds/parts.h"
#include "files/npy.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string_view>& endings() {
  static const std::vector<std::string_view> endings{".npy"};
  return endings;
}

Type read_type(const std::string& file) {
  InputStream stream(file);
  return read_npy_type(stream);
}

/// What an array becomes as an example.
Type example_of(const Type& array) {
  return {as_features(array.dtype), with_channels(rows_of(array, 1)).without(0)};
}

/// The arrays of one part.
class Arrays {
 public:
  Arrays(ClassFiles files, const Type& array, const Spec& spec)
      : files_(std::move(files)), array_(array), spec_(spec) {}

  std::int64_t size() const { return files_.names.size(); }
  const Spec& spec() const { return spec_; }
  std::int32_t label(std::int64_t index) const {
    return files_.labels[static_cast<std::size_t>(index)];
  }
  std::string file(std::int64_t index) const {
    return files_.directory / fs::path(files_.names[index]);
  }
  void read(std::int64_t index, const Slot& slot) const {
    const std::string name = file(index);
    const Tensor array = read_npy(name);
    check_type(array.type(), name);
    const Tensor features = array.cast(spec_.features[0].dtype);
    std::copy_n(features.data(), features.bytes(), slot.features[0].begin());
    slot.target_as<std::int32_t>()[0] = label(index);
  }
  /// Throws what stands first in the way of reading: by the files' headers, all of which are read.
  void check_all() const {
    parallel_for(size(), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t index = first; index < last; ++index) {
        check_type(read_type(file(index)), file(index));
      }
    });
  }

 private:
  void check_type(const Type& found, const std::string& name) const {
    if (found == array_) return;
    throw DataError("the arrays are of different types",
                    {{"file", name, to_string(found)}, {"others", to_string(array_)}},
                    "save all with the same shape and dtype");
  }

  ClassFiles files_;
  Type array_;  ///< as in the files
  Spec spec_;
};

struct Folder {
  std::shared_ptr<const Arrays> arrays;
  std::int64_t size() const { return arrays->size(); }
  const Spec& spec() const { return arrays->spec(); }
  void read(std::int64_t index, const Slot& slot) const { arrays->read(index, slot); }
  std::int32_t label(std::int64_t index) const { return arrays->label(index); }
  std::string name(std::int64_t index) const { return arrays->file(index); }
};

void check(const NpyFolder& folder) {
  if (folder.path.empty()) {
    throw ConfigError("it isn't said where the arrays are", {}, "give path, a directory");
  }
  check_test_split(folder.test_split);
}

ClassFiles list(const ClassLayout& layout, const fs::path& part) {
  return list_class_files(part, layout.classes, endings(), part != layout.train);
}

Type first_type(const ClassFiles& files) {
  return read_type(files.directory / fs::path(files.names[0]));
}

Spec spec_of(const Type& array, const std::vector<std::string>& classes) {
  return {.features = example_of(array),
          .targets = {DType::int32, {}},
          .num_classes = static_cast<int>(classes.size()),
          .class_names = classes};
}

}  // namespace

Parts NpyFolder::load() const {
  check(*this);
  const ClassLayout layout = find_class_layout(path, class_names);
  ClassFiles train = list(layout, layout.train);
  const Type array = first_type(train);
  const Spec spec = spec_of(array, layout.classes);
  const auto part = [&](ClassFiles files) {
    if (files.names.size() == 0) return Dataset();
    auto arrays = std::make_shared<const Arrays>(std::move(files), array, spec);
    arrays->check_all();
    return Dataset(Folder{std::move(arrays)});
  };
  Parts parts;
  tell_unread_directories(path, layout, parts.notices);
  parts.train = part(std::move(train));
  const auto measured = [&](const fs::path& directory) {
    if (directory.empty()) return Dataset();
    ClassFiles files = list(layout, directory);
    tell_empty_classes(files, layout, parts.notices);
    return part(std::move(files));
  };
  parts.validation = measured(layout.validation);
  parts.test = measured(layout.test);
  return with_test_split(std::move(parts), test_split);
}

Header NpyFolder::load_header() const {
  check(*this);
  const ClassLayout layout = find_class_layout(path, class_names);
  const ClassFiles train = list(layout, layout.train);
  const std::int64_t tests = layout.test.empty() ? held_out(test_split, train.names.size()) : 0;
  return {spec_of(first_type(train), layout.classes), train.names.size() - tests};
}

}  // namespace sloy::data
