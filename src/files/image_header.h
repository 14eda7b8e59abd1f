/// What is known of an image before it is decoded.
#pragma once

#include <cstdint>
#include <optional>

namespace sloy {

struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

struct ImageHeader {
  ImageSize size;
  int channels = 0;  ///< of the decoded image: 1 where it is grey, else 3
};

}  // namespace sloy
