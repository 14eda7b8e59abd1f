#include "data/idx.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include "base/files.h"
#include "data/memory.h"
#include "files/idx.h"

namespace sloy::data {
namespace {

void check(const std::string& images, const Type& image_type, const std::string& labels,
           const Type& label_type) {
  if (label_type.shape.rank() != 1 || is_float(label_type.dtype)) {
    throw DataError("labels are one integer for each image",
                    {{"file", labels}, {"found", to_string(label_type)}},
                    "name the file of the labels");
  }
  if (image_type.shape[0] == label_type.shape[0]) {
    if (image_type.shape.size(0) > 0) return;
    throw DataError("the files hold no examples", {{"images", images}, {"labels", labels}},
                    "name files with one example or more");
  }
  throw DataError(
      fmt::format("there are {} images, but {} labels", image_type.shape.size(0),
                  label_type.shape.size(0)),
      {{"images", images, to_string(image_type)}, {"labels", labels, to_string(label_type)}},
      "take both files from the same set");
}

/// Models take float32.
DType dtype_of_features(DType read) { return read == DType::float64 ? DType::float32 : read; }

/// Images (n, height, width) get a channel dimension of 1.
Shape with_channels(Shape shape) {
  if (shape.rank() == 3) shape.push_back(1);
  return shape;
}

}  // namespace

std::filesystem::path find_idx(const std::filesystem::path& directory, std::string_view name) {
  for (const char* ending : {"", ".gz"}) {
    std::filesystem::path path = directory / (std::string(name) + ending);
    if (real_files().exists(path)) return path;
  }
  return {};
}

Dataset idx(const std::string& images, const std::string& labels,
            std::vector<std::string> class_names) {
  const Tensor features = read_idx(images);
  const Tensor target = read_idx(labels);
  check(images, features.type(), labels, target.type());
  return labelled(
      features.cast(dtype_of_features(features.dtype())).reshaped(with_channels(features.shape())),
      target, std::move(class_names), labels);
}

Header idx_header(const std::string& images, const std::string& labels,
                  std::vector<std::string> class_names) {
  const Type features = read_idx_type(images);
  check(images, features, labels, read_idx_type(labels));
  const int num_classes = class_names.empty() ? count_classes(read_idx(labels), {}, labels)
                                              : static_cast<int>(class_names.size());
  return {.spec = {{dtype_of_features(features.dtype), with_channels(features.shape).without(0)},
                   {DType::int32, {}},
                   num_classes,
                   std::move(class_names)},
          .examples = features.shape.size(0)};
}

}  // namespace sloy::data
