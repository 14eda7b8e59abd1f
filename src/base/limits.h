/// What a file may ask for before it is refused. Every reader checks these before it allocates, so
/// that a small hostile file can't take the machine's memory or time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sloy {

struct Limits {
  /// The JSON header of a safetensors file, the header of an npy file.
  std::uint64_t header_bytes = 16 << 20;
  std::uint64_t tensors = 100'000;
  /// Entries of a file's metadata.
  std::uint64_t metadata_keys = 200'000;
  std::uint64_t elements = std::uint64_t{1} << 40;
  /// How many bytes one compressed byte may become, once there are more than `inflated_bytes`.
  std::uint64_t inflate_ratio = 200;
  std::uint64_t inflated_bytes = 16 << 20;
  /// Every class takes memory for its name and its counts.
  std::int32_t classes = 1 << 24;
  std::size_t csv_columns = 100'000;
  std::size_t csv_row_bytes = 16 << 20;
  std::uint32_t image_side = 16384;
  std::uint64_t image_pixels = 64 << 20;
  /// A file that is read whole: an image.
  std::uint64_t file_bytes = std::uint64_t{256} << 20;
};

inline constexpr Limits limits;

}  // namespace sloy
