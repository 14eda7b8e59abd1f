/// PNG images made by libpng itself, for tests of what reads them.
#pragma once

#include <png.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sloy::harness {

/// The colour type by the number of channels, of which the second or fourth is alpha.
inline constexpr int png_color_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                          PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};

/// A PNG file written by libpng itself. With 16 bits a channel takes two of `pixels`.
inline std::vector<std::byte> encode_png(int height, int width, int channels,
                                         const std::vector<std::uint8_t>& pixels, int bits = 8) {
  std::vector<std::byte> file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  auto append = [](png_structp writer, png_bytep bytes, std::size_t count) {
    auto& out = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(writer));
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(bytes[i]));
  };
  png_set_write_fn(png, &file, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits,
               png_color_types[channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < height; ++y) {
    png_write_row(png,
                  pixels.data() + static_cast<std::ptrdiff_t>(y) * width * channels * bits / 8);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

}  // namespace sloy::harness
