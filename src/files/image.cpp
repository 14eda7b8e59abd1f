#include "files/image.h"

#include <sloy/error.h>

#include "base/bytes.h"
#include "files/jpeg.h"
#include "files/png.h"

namespace sloy {
namespace {

[[noreturn]] void refuse(const std::string& file) {
  throw FileError("this is no image of a known format", {{"file", file}},
                  "give a PNG or JPEG image, or leave it out");
}

}  // namespace

std::string_view image_format(std::span<const std::byte> head) {
  if (begins_with(head, "\x89PNG")) return "PNG";
  if (begins_with(head, "\xff\xd8\xff")) return "JPEG";
  return {};
}

ImageHeader read_image_header(std::span<const std::byte> bytes, const std::string& file) {
  const std::string_view format = image_format(bytes);
  if (format.empty()) refuse(file);
  return format == "PNG" ? read_png_header(bytes, file) : read_jpeg_header(bytes, file);
}

Tensor decode_image(std::span<const std::byte> bytes, const std::string& file,
                    std::optional<ImageSize> least) {
  const std::string_view format = image_format(bytes);
  if (format.empty()) refuse(file);
  return format == "PNG" ? decode_png(bytes, file) : decode_jpeg(bytes, file, least);
}

}  // namespace sloy
