#include "files/png.h"

#include <fmt/format.h>
#include <png.h>
#include <sloy/error.h>

#include <algorithm>
#include <csetjmp>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace sloy {
namespace {

/// libpng reports an error by longjmp, which must not pass over C++ objects: everything it can jump
/// out of is in the two functions below that call it, and they own nothing.
struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::byte> rest;
  std::string problem;
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int channels = 0;  ///< with alpha, where there is any
  int bits = 0;      ///< a channel

  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
};

Decoder& decoder_of(void* pointer) { return *static_cast<Decoder*>(pointer); }

void keep_problem(png_structp png, png_const_charp text) {
  decoder_of(png_get_error_ptr(png)).problem = text;
  png_longjmp(png, 1);
}
void ignore(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, std::size_t count) {
  Decoder& decoder = decoder_of(png_get_io_ptr(png));
  if (decoder.rest.size() < count) png_error(png, "the file ends too early");
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<png_byte>(decoder.rest[i]);
  }
  decoder.rest = decoder.rest.subspan(count);
}

void ignore_checksums(Decoder& decoder) {
  png_set_crc_action(decoder.png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_set_option(decoder.png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
}

bool read_header(Decoder& decoder, Checksums checksums) {
  if (setjmp(png_jmpbuf(decoder.png))) return false;
  if (checksums == Checksums::ignored) ignore_checksums(decoder);
  png_set_read_fn(decoder.png, &decoder, read_bytes);
  png_set_user_limits(decoder.png, limits.image_side, limits.image_side);
  png_set_chunk_cache_max(decoder.png, 128);
  png_set_chunk_malloc_max(decoder.png, 8 << 20);
  png_read_info(decoder.png, decoder.info);
  decoder.bits = png_get_bit_depth(decoder.png, decoder.info);
  png_set_expand(decoder.png);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  decoder.width = png_get_image_width(decoder.png, decoder.info);
  decoder.height = png_get_image_height(decoder.png, decoder.info);
  decoder.channels = png_get_channels(decoder.png, decoder.info);
  return true;
}

bool read_rows(Decoder& decoder, png_bytepp rows) {
  if (setjmp(png_jmpbuf(decoder.png))) return false;
  png_read_image(decoder.png, rows);
  png_read_end(decoder.png, nullptr);
  return true;
}

[[noreturn]] void refuse(const std::string& file, const std::string& why,
                         const std::string& fix = "save it again as PNG, or leave it out") {
  throw FileError("the image can't be read: " + why, {{"file", file}}, fix);
}

/// The image without its last channel, which says that nothing of it is transparent.
Tensor without_alpha(const Tensor& image, const std::string& file) {
  const Shape& shape = image.shape();
  const auto channels = static_cast<std::size_t>(shape.size(2));
  Tensor opaque(DType::uint8, {shape[0], shape[1], shape.size(2) - 1});
  std::uint8_t* out = opaque.mutable_values<std::uint8_t>().data();
  const auto from = image.values<std::uint8_t>();
  for (std::size_t pixel = 0; pixel < from.size(); pixel += channels) {
    if (from[pixel + channels - 1] != 255) {
      refuse(file, "it has transparent pixels, whose colours are not seen",
             "put it on a background: convert in.png -background white -alpha remove out.png");
    }
    out = std::copy_n(&from[pixel], channels - 1, out);
  }
  return opaque;
}

/// Before libpng refuses a large image without saying why.
void check_side(std::span<const std::byte> bytes, const std::string& file) {
  constexpr std::size_t sides = 16;  // behind the signature and the first chunk's length and name
  if (bytes.size() < sides + 8 || !begins_with(bytes.subspan(12), "IHDR")) return;
  const auto width = big_endian<std::uint32_t>(bytes.subspan(sides, 4));
  const auto height = big_endian<std::uint32_t>(bytes.subspan(sides + 4, 4));
  if (std::max(width, height) <= limits.image_side) return;
  refuse(file,
         fmt::format("it has {}×{} pixels, at most {} a side are read", height, width,
                     limits.image_side),
         "make it smaller, or leave it out");
}

/// The header, where it is one of an image that is read.
void open(Decoder& decoder, std::span<const std::byte> bytes, const std::string& file,
          Checksums checksums) {
  check_side(bytes, file);
  decoder.rest = bytes;
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, keep_problem, ignore);
  if (decoder.png) decoder.info = png_create_info_struct(decoder.png);
  if (!decoder.info) throw std::bad_alloc();
  if (!read_header(decoder, checksums)) refuse(file, decoder.problem);
  if (decoder.bits == 16) {
    refuse(file, "it has 16 bits a channel, models take 8",
           "save it with 8: convert in.png -depth 8 out.png");
  }
  if (std::uint64_t{decoder.width} * decoder.height > limits.image_pixels) {
    refuse(file, "it has more than " + std::to_string(limits.image_pixels) + " pixels");
  }
}

}  // namespace

ImageHeader read_png_header(std::span<const std::byte> bytes, const std::string& file) {
  Decoder decoder;
  open(decoder, bytes, file, Checksums::compared);
  const bool is_grey = decoder.channels <= 2;
  return {.size = {.height = decoder.height, .width = decoder.width}, .channels = is_grey ? 1 : 3};
}

Tensor decode_png(std::span<const std::byte> bytes, const std::string& file, Checksums checksums) {
  Decoder decoder;
  open(decoder, bytes, file, checksums);
  Tensor image(DType::uint8, {static_cast<std::int64_t>(decoder.height),
                              static_cast<std::int64_t>(decoder.width), decoder.channels});
  std::size_t row_bytes = std::size_t{decoder.width} * static_cast<std::size_t>(decoder.channels);
  if (png_get_rowbytes(decoder.png, decoder.info) != row_bytes) refuse(file, "its rows are odd");
  std::vector<png_bytep> rows;
  png_bytep row = image.mutable_values<std::uint8_t>().data();
  for (png_uint_32 y = 0; y < decoder.height; ++y, row += row_bytes) rows.push_back(row);
  if (!read_rows(decoder, rows.data())) refuse(file, decoder.problem);
  const bool has_alpha = decoder.channels == 2 || decoder.channels == 4;
  return has_alpha ? without_alpha(image, file) : image;
}

}  // namespace sloy
