#include "files/cifar.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include "harness/memory_files.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

constexpr std::size_t pixels = 1024;
constexpr CifarLayout fine{.label_bytes = 2, .label_at = 1, .num_classes = 100};

/// A record whose three planes are filled with different counts.
void add_record(std::vector<std::byte>& file, std::initializer_list<int> labels, int first) {
  for (int label : labels) file.push_back(static_cast<std::byte>(label));
  for (std::size_t i = 0; i < 3 * pixels; ++i) {
    file.push_back(static_cast<std::byte>(first + static_cast<int>(i % 7 + 80 * (i / pixels))));
  }
}

TEST(Cifar, PlanesBecomePixels) {
  harness::MemoryFiles files;
  std::vector<std::byte> one, two;
  add_record(one, {3}, 0);
  add_record(one, {9}, 1);
  add_record(two, {0}, 2);
  files.put("1", one);
  files.put("2", two);
  const std::filesystem::path paths[] = {"1", "2"};
  EXPECT_EQ(count_cifar(paths, {}, files), 3);
  const auto [images, labels] = read_cifar(paths, {}, files);
  EXPECT_EQ(images.shape(), (Shape{3, 32, 32, 3}));
  EXPECT_EQ(labels, Tensor({3}, std::vector<std::int32_t>{3, 9, 0}));
  const auto values = images.values<std::uint8_t>();
  for (std::size_t example = 0; example < 3; ++example) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::size_t c = 0; c < 3; ++c) {
        ASSERT_EQ(values[(example * pixels + pixel) * 3 + c],
                  example + (c * pixels + pixel) % 7 + 80 * c);
      }
    }
  }
}

TEST(Cifar, ManyRecordsComeInTheirOrder) {
  harness::MemoryFiles files;
  std::vector<std::byte> file;
  for (int i = 0; i < 150; ++i) add_record(file, {20 - i % 20, i % 100}, i % 90);
  files.put("x", file);
  const std::filesystem::path paths[] = {"x"};
  const auto [images, labels] = read_cifar(paths, fine, files);
  for (std::size_t i = 0; i < 150; ++i) {
    EXPECT_EQ(labels.values<std::int32_t>()[i], static_cast<int>(i % 100));
    EXPECT_EQ(images.values<std::uint8_t>()[i * 3 * pixels], i % 90);
  }
}

TEST(Cifar, WhatIsNoWholeNumberOfRecordsIsRefused) {
  harness::MemoryFiles files;
  std::vector<std::byte> file;
  add_record(file, {1}, 0);
  const std::filesystem::path paths[] = {"x"};
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, file.size() - 1}) {
    files.put("x", {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_THROW(read_cifar(paths, {}, files), FileError) << size;
  }
  files.put("x", file);
  EXPECT_EQ(message_of([&] { read_cifar(paths, fine, files); }),
            "the file is no whole number of CIFAR records\n"
            "  file     x                          3073 bytes\n"
            "  needed   a multiple of 3074 bytes   2 of labels, 3072 of pixels\n"
            "  to fix   it is incomplete or of the other set: get the binary version again");
}

TEST(Cifar, LabelsOutOfRangeAreNamed) {
  harness::MemoryFiles files;
  std::vector<std::byte> file;
  add_record(file, {1}, 0);
  add_record(file, {10}, 0);
  files.put("x", file);
  const std::filesystem::path paths[] = {"x"};
  EXPECT_EQ(message_of([&] { read_cifar(paths, {}, files); }),
            "label 10 is out of range: there are 10 classes\n"
            "  record   1   counted from 0 in x\n"
            "  to fix   the file is damaged or of the other set: get the binary version again");
}

}  // namespace
}  // namespace sloy
