#include <png.h>
#include <sloy/error.h>
#include <sloy/image_files.h>

#include <csetjmp>
#include <vector>

#include "base/files.h"
#include "base/limits.h"
#include "files/png.h"

namespace sloy {
namespace {

/// As in the reader: what libpng can jump out of owns nothing.
struct Encoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::vector<std::byte> bytes;

  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() { png_destroy_write_struct(&png, &info); }
};

void fail(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void ignore(png_structp, png_const_charp) {}

/// An exception mustn't pass over libpng either.
void append(png_structp png, png_bytep from, std::size_t count) noexcept {
  auto& bytes = static_cast<Encoder*>(png_get_io_ptr(png))->bytes;
  const auto* first = reinterpret_cast<const std::byte*>(from);
  bytes.insert(bytes.end(), first, first + count);
}
void flush(png_structp) {}

struct Picture {
  const std::uint8_t* pixels;
  png_uint_32 height;
  png_uint_32 width;
  png_uint_32 channels;
};

bool encode(Encoder& encoder, const Picture& picture) {
  if (setjmp(png_jmpbuf(encoder.png))) return false;
  png_set_write_fn(encoder.png, &encoder, append, flush);
  png_set_IHDR(encoder.png, encoder.info, picture.width, picture.height, 8,
               picture.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(encoder.png, encoder.info);
  const std::size_t row_bytes = std::size_t{picture.width} * picture.channels;
  for (png_uint_32 y = 0; y < picture.height; ++y) {
    png_write_row(encoder.png, picture.pixels + y * row_bytes);
  }
  png_write_end(encoder.png, nullptr);
  return true;
}

bool is_image(const Tensor& image) {
  const Shape& shape = image.shape();
  return image.dtype() == DType::uint8 && shape.rank() == 3 && shape.size() > 0 &&
         (shape.size(2) == 1 || shape.size(2) == 3) && shape.size(0) <= limits.image_side &&
         shape.size(1) <= limits.image_side;
}

}  // namespace

std::vector<std::byte> encode_png(const Tensor& image) {
  if (!is_image(image)) {
    throw ShapeError("this is no image to be written",
                     {{"given", to_string(image.type())},
                      {"needed", "uint8 (height, width, 1) or (height, width, 3)",
                       "at most " + std::to_string(limits.image_side) + " pixels a side"}},
                     "give the pixels of an image as bytes");
  }
  const Shape& shape = image.shape();
  Encoder encoder;
  encoder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
  if (encoder.png) encoder.info = png_create_info_struct(encoder.png);
  if (!encoder.info) throw std::bad_alloc();
  const Picture picture{.pixels = image.values<std::uint8_t>().data(),
                        .height = static_cast<png_uint_32>(shape.size(0)),
                        .width = static_cast<png_uint_32>(shape.size(1)),
                        .channels = static_cast<png_uint_32>(shape.size(2))};
  if (!encode(encoder, picture)) throw std::bad_alloc();  // libpng refuses nothing else here
  return std::move(encoder.bytes);
}

void write_png(const std::filesystem::path& path, const Tensor& image, FileSystem& files) {
  write_atomically(path, encode_png(image), files);
}

void write_png(const std::string& path, const Tensor& image) {
  write_png(path, image, real_files());
}

}  // namespace sloy
