/// What IDX files hold, without reading all of it.
#pragma once

#include <sloy/data.h>

#include <filesystem>
#include <string_view>

namespace sloy::data {

/// Names of MNIST's four files, which other sets have taken over.
struct IdxNames {
  std::string_view images;
  std::string_view labels;
};
inline constexpr IdxNames idx_train{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
inline constexpr IdxNames idx_test{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/// The file in `directory`, raw or compressed (".gz"); empty where it is neither.
std::filesystem::path find_idx(const std::filesystem::path& directory, std::string_view name);

/// The header of idx(images, labels, class_names), from the headers of the files; where the classes
/// have no names, the labels are read to count them. Throws what idx throws of what is read.
Header idx_header(const std::string& images, const std::string& labels,
                  std::vector<std::string> class_names);

}  // namespace sloy::data
