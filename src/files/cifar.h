/// The binary format of CIFAR-10 and CIFAR-100: records of labels and a picture.
#pragma once

#include <sloy/tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>

#include "base/files.h"

namespace sloy {

/// What stands before the pixels of a record: bytes that are labels, of which one is read.
struct CifarLayout {
  int label_bytes = 1;
  int label_at = 0;
  int num_classes = 10;
};

struct CifarExamples {
  Tensor images;  ///< uint8 (n, 32, 32, 3)
  Tensor labels;  ///< int32 (n)
};

/// How many records the files hold, by their sizes. Throws FileError where a file is missing, empty
/// or not a whole number of records.
std::int64_t count_cifar(std::span<const std::filesystem::path> files, const CifarLayout& layout,
                         FileSystem& system = real_files());

/// All records of the files, one file after the other. Throws FileError as count_cifar does,
/// DataError naming file and record where a label is out of range.
CifarExamples read_cifar(std::span<const std::filesystem::path> files, const CifarLayout& layout,
                         FileSystem& system = real_files());

}  // namespace sloy
