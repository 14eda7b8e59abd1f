/// JPEG images made by libjpeg itself, for tests of what reads them.
#pragma once

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace sloy::harness {

struct JpegOptions {
  int quality = 100;
  bool is_progressive = false;
};

/// 1 channel is grey, 3 are red, green and blue, 4 the inverted colours of print, as Adobe's
/// programs write them.
inline std::vector<std::byte> encode_jpeg(unsigned height, unsigned width, int channels,
                                          std::span<const std::uint8_t> pixels,
                                          const JpegOptions& options = {}) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_height = height;
  jpeg.image_width = width;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, options.quality, TRUE);
  for (int c = 0; c < jpeg.num_components; ++c) {
    jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1;
  }
  if (options.is_progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<std::uint8_t> row(width * static_cast<unsigned>(channels));
  while (jpeg.next_scanline < height) {
    const auto from = pixels.subspan(jpeg.next_scanline * row.size(), row.size());
    row.assign(from.begin(), from.end());
    JSAMPROW first = row.data();
    jpeg_write_scanlines(&jpeg, &first, 1);
  }
  jpeg_finish_compress(&jpeg);
  const auto bytes = std::as_bytes(std::span(out, size));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  std::free(out);
  jpeg_destroy_compress(&jpeg);
  return file;
}

}  // namespace sloy::harness
