#include "files/cifar.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace sloy {
namespace {

constexpr std::int64_t side = 32;
constexpr std::int64_t pixels = side * side;
constexpr std::int64_t channels = 3;
/// Records that are read at a time.
constexpr std::int64_t some = 64;

std::int64_t record_bytes(const CifarLayout& layout) {
  return layout.label_bytes + pixels * channels;
}

std::int64_t count_records(File& file, const std::string& name, const CifarLayout& layout) {
  const auto size = static_cast<std::int64_t>(file.size());
  if (size > 0 && size % record_bytes(layout) == 0) return size / record_bytes(layout);
  throw FileError(
      "the file is no whole number of CIFAR records",
      {{"file", name, fmt::format("{} bytes", size)},
       {"needed", fmt::format("a multiple of {} bytes", record_bytes(layout)),
        fmt::format("{} of labels, {} of pixels", layout.label_bytes, pixels * channels)}},
      "it is incomplete or of the other set: get the binary version again");
}

/// The file has a red, a green and a blue picture; a tensor has the three numbers of each pixel.
void interleave(std::span<const std::byte> planes, std::span<std::uint8_t> image) {
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::int64_t c = 0; c < channels; ++c) {
      image[static_cast<std::size_t>(pixel * channels + c)] =
          std::to_integer<std::uint8_t>(planes[static_cast<std::size_t>(c * pixels + pixel)]);
    }
  }
}

/// The examples from `first` on that a file fills.
struct Place {
  std::span<std::uint8_t> images;
  std::span<std::int32_t> labels;
  std::int64_t first = 0;
};

void read_records(File& file, const std::string& name, const CifarLayout& layout,
                  std::int64_t count, Place& place) {
  const std::int64_t bytes = record_bytes(layout);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(some, count) * bytes));
  for (std::int64_t first = 0; first < count; first += some) {
    const std::int64_t records = std::min(some, count - first);
    const auto part = std::span(buffer).first(static_cast<std::size_t>(records * bytes));
    const auto offset = static_cast<std::uint64_t>(first * bytes);
    const std::size_t found = file.read(offset, part);
    if (found < part.size()) throw ends_too_early(name, offset, part.size(), found, "the records");
    ByteReader reader(part, name, offset);
    for (std::int64_t record = first; record < first + records; ++record) {
      const auto labels = reader.take(static_cast<std::size_t>(layout.label_bytes), "a label");
      const int label = std::to_integer<int>(labels[static_cast<std::size_t>(layout.label_at)]);
      if (label >= layout.num_classes) {
        throw DataError(
            fmt::format("label {} is out of range: there are {} classes", label,
                        layout.num_classes),
            {{"record", std::to_string(record), fmt::format("counted from 0 in {}", name)}},
            "the file is damaged or of the other set: get the binary version again");
      }
      place.labels[static_cast<std::size_t>(place.first)] = label;
      const auto planes = reader.take(static_cast<std::size_t>(pixels * channels), "a picture");
      interleave(planes,
                 place.images.subspan(static_cast<std::size_t>(place.first * pixels * channels),
                                      static_cast<std::size_t>(pixels * channels)));
      ++place.first;
    }
  }
}

}  // namespace

std::int64_t count_cifar(std::span<const std::filesystem::path> files, const CifarLayout& layout,
                         FileSystem& system) {
  std::int64_t records = 0;
  for (const auto& path : files) records += count_records(*system.open(path), path, layout);
  return records;
}

CifarExamples read_cifar(std::span<const std::filesystem::path> files, const CifarLayout& layout,
                         FileSystem& system) {
  const std::int64_t all = count_cifar(files, layout, system);
  CifarExamples read{.images = Tensor(DType::uint8, {all, side, side, channels}),
                     .labels = Tensor(DType::int32, {all})};
  Place place{.images = read.images.mutable_values<std::uint8_t>(),
              .labels = read.labels.mutable_values<std::int32_t>()};
  for (const auto& path : files) {
    const auto file = system.open(path);
    const std::int64_t left = all - place.first;
    read_records(*file, path, layout, std::min(count_records(*file, path, layout), left), place);
  }
  return read;
}

}  // namespace sloy
