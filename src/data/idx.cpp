#include "files/idx.h"

#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include "data/memory.h"

namespace sloy::data {

Dataset idx(const std::string& images, const std::string& labels,
            std::vector<std::string> class_names) {
  Tensor features = read_idx(images);
  Tensor target = read_idx(labels);
  if (target.shape().rank() != 1 || is_float(target.dtype())) {
    throw DataError("labels are one integer for each image",
                    {{"file", labels}, {"found", to_string(target.type())}});
  }
  if (features.shape().rank() == 3) {
    Shape with_channel = features.shape();
    with_channel.push_back(1);
    features = features.reshaped(with_channel);
  }
  if (features.shape()[0] != target.shape()[0]) {
    throw DataError(
        fmt::format("there are {} images, but {} labels", features.shape().size(0), target.size()),
        {{"images", images, to_string(features.type())},
         {"labels", labels, to_string(target.type())}},
        "take both files from the same set");
  }
  return labelled(std::move(features), std::move(target), std::move(class_names), labels);
}

}  // namespace sloy::data
