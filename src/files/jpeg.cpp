#include "files/jpeg.h"

#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <limits>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "files/exif.h"

namespace sloy {
namespace {

/// More are a file made to take time: an encoder's own progressive ones have ten or so.
constexpr int most_scans = 100;

constexpr int exif_marker = JPEG_APP0 + 1;
constexpr unsigned largest_segment = 0xFFFF;

/// libjpeg reports an error by longjmp, which must not pass over C++ objects: everything it can
/// jump out of is in the functions below that call setjmp, and they own nothing.
struct Decoder {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed;
  std::array<char, JMSG_LENGTH_MAX> problem{};

  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
};

Decoder& decoder_of(j_common_ptr jpeg) { return *static_cast<Decoder*>(jpeg->client_data); }

[[noreturn]] void fail(j_common_ptr jpeg) {
  Decoder& decoder = decoder_of(jpeg);
  decoder.errors.format_message(jpeg, decoder.problem.data());
  std::longjmp(decoder.failed, 1);
}

/// What is odd of a file but loses no pixels: bytes between its sections, numbers that say nothing.
constexpr std::array harmless{JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_NOT_SEQUENTIAL,
                              JWRN_ADOBE_XFORM};

/// Warnings have a negative level.
void judge(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  if (level < 0 && std::find(harmless.begin(), harmless.end(), code) == harmless.end()) fail(jpeg);
}

void ignore(j_common_ptr) {}

void count_scans(j_common_ptr jpeg) {
  const auto* decompress = reinterpret_cast<jpeg_decompress_struct*>(jpeg);
  if (decompress->input_scan_number <= most_scans) return;
  Decoder& decoder = decoder_of(jpeg);
  std::snprintf(decoder.problem.data(), decoder.problem.size(), "it has more than %d scans",
                most_scans);
  std::longjmp(decoder.failed, 1);
}

bool read_header(Decoder& decoder, std::span<const std::byte> bytes) {
  decoder.jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = judge;
  decoder.errors.output_message = ignore;
  decoder.progress.progress_monitor = count_scans;
  decoder.jpeg.client_data = &decoder;
  if (setjmp(decoder.failed)) return false;
  jpeg_create_decompress(&decoder.jpeg);
  decoder.jpeg.progress = &decoder.progress;
  jpeg_save_markers(&decoder.jpeg, exif_marker, largest_segment);
  jpeg_mem_src(&decoder.jpeg, reinterpret_cast<const unsigned char*>(bytes.data()),
               static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&decoder.jpeg, TRUE);
  return true;
}

/// After the scale and the colours are chosen: makes output_width and output_height known.
bool start(Decoder& decoder) {
  if (setjmp(decoder.failed)) return false;
  jpeg_start_decompress(&decoder.jpeg);
  return true;
}

bool read_rows(Decoder& decoder, JSAMPROW first, std::size_t row_bytes) {
  if (setjmp(decoder.failed)) return false;
  while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
    JSAMPROW row = first + decoder.jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&decoder.jpeg);
  return true;
}

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw FileError("the image can't be read: " + why, {{"file", file}},
                  "save it again as JPEG, or leave it out");
}

/// The header, where it is one of an image that is read.
void open(Decoder& decoder, std::span<const std::byte> bytes, const std::string& file) {
  if (!read_header(decoder, bytes)) refuse(file, decoder.problem.data());
  const std::uint64_t width = decoder.jpeg.image_width;
  const std::uint64_t height = decoder.jpeg.image_height;
  if (width > limits.image_side || height > limits.image_side ||
      width * height > limits.image_pixels) {
    refuse(file, "it has more than " + std::to_string(limits.image_pixels) + " pixels, or " +
                     std::to_string(limits.image_side) + " in one direction");
  }
}

/// Of the first segment that says it.
Orientation orientation_of(const Decoder& decoder) {
  for (auto segment = decoder.jpeg.marker_list; segment; segment = segment->next) {
    const Orientation orientation = exif_orientation(
        std::as_bytes(std::span(segment->data, std::size_t{segment->data_length})));
    if (orientation != Orientation::upright) return orientation;
  }
  return Orientation::upright;
}

bool is_grey(const Decoder& decoder) { return decoder.jpeg.jpeg_color_space == JCS_GRAYSCALE; }

bool is_for_print(const Decoder& decoder) {
  return decoder.jpeg.jpeg_color_space == JCS_CMYK || decoder.jpeg.jpeg_color_space == JCS_YCCK;
}

/// The least number of eighths at which the image is no smaller than asked.
unsigned eighths(const Decoder& decoder, const std::optional<ImageSize>& least) {
  constexpr unsigned whole = 8;
  if (!least) return whole;
  const auto scaled = [](JDIMENSION size, unsigned part) {
    return static_cast<std::int64_t>((std::uint64_t{size} * part + whole - 1) / whole);
  };
  for (unsigned part = 1; part < whole; ++part) {
    if (scaled(decoder.jpeg.image_height, part) >= least->height &&
        scaled(decoder.jpeg.image_width, part) >= least->width) {
      return part;
    }
  }
  return whole;
}

/// Red, green and blue of cyan, magenta, yellow and black. Adobe's programs, which say so in a
/// marker, write them inverted.
Tensor colours_of_print(const Tensor& image, bool is_inverted) {
  const Shape& shape = image.shape();
  Tensor colours(DType::uint8, {shape[0], shape[1], 3});
  std::uint8_t* out = colours.mutable_values<std::uint8_t>().data();
  const auto from = image.values<std::uint8_t>();
  for (std::size_t pixel = 0; pixel < from.size(); pixel += 4) {
    const auto light = [&](std::size_t c) {
      return is_inverted ? from[pixel + c] : 255 - from[pixel + c];
    };
    for (std::size_t c = 0; c < 3; ++c) {
      *out++ = static_cast<std::uint8_t>((light(c) * light(3) + 127) / 255);
    }
  }
  return colours;
}

}  // namespace

ImageHeader read_jpeg_header(std::span<const std::byte> bytes, const std::string& file) {
  Decoder decoder;
  open(decoder, bytes, file);
  ImageSize size{.height = decoder.jpeg.image_height, .width = decoder.jpeg.image_width};
  if (swaps_sides(orientation_of(decoder))) std::swap(size.height, size.width);
  return {.size = size, .channels = is_grey(decoder) ? 1 : 3};
}

Tensor decode_jpeg(std::span<const std::byte> bytes, const std::string& file,
                   std::optional<ImageSize> least) {
  Decoder decoder;
  open(decoder, bytes, file);
  const Orientation orientation = orientation_of(decoder);
  if (least && swaps_sides(orientation)) std::swap(least->height, least->width);
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  jpeg.out_color_space = is_grey(decoder)        ? JCS_GRAYSCALE
                         : is_for_print(decoder) ? JCS_CMYK
                                                 : JCS_RGB;
  jpeg.scale_num = eighths(decoder, least);
  jpeg.scale_denom = 8;
  if (!start(decoder)) refuse(file, decoder.problem.data());
  const auto channels = static_cast<std::int64_t>(jpeg.output_components);
  Tensor image(DType::uint8, {static_cast<std::int64_t>(jpeg.output_height),
                              static_cast<std::int64_t>(jpeg.output_width), channels});
  const std::size_t row_bytes = std::size_t{jpeg.output_width} * static_cast<std::size_t>(channels);
  if (!read_rows(decoder, image.mutable_values<std::uint8_t>().data(), row_bytes)) {
    refuse(file, decoder.problem.data());
  }
  const bool is_print = is_for_print(decoder);
  return oriented(is_print ? colours_of_print(image, jpeg.saw_Adobe_marker) : image, orientation);
}

}  // namespace sloy
