#include "data/images/prepare.h"

#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>
#include <cassert>

#include "base/files.h"
#include "base/limits.h"
#include "files/image.h"

namespace sloy::data {
namespace {

/// ITU-R 601's weights in 65536ths, as Pillow rounds them.
std::uint8_t grey_of(const std::uint8_t* pixel) {
  const std::uint32_t sum = 19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 0x8000u;
  return static_cast<std::uint8_t>(sum >> 16);
}

Tensor without_colours(const Tensor& image) {
  const Shape& shape = image.shape();
  Tensor grey(DType::uint8, {shape[0], shape[1], 1});
  const std::uint8_t* pixel = image.values<std::uint8_t>().data();
  for (std::uint8_t& value : grey.mutable_values<std::uint8_t>()) {
    value = grey_of(pixel);
    pixel += 3;
  }
  return grey;
}

/// Pixels of one number become three, in the memory that is large enough for them.
void repeat_channels(std::span<std::uint8_t> pixels) {
  for (std::size_t i = pixels.size() / 3; i-- > 0;) {
    std::fill_n(&pixels[3 * i], 3, pixels[i]);
  }
}

}  // namespace

void check(const ImageForm& form) {
  const auto most = static_cast<int>(limits.image_side);
  for (const int size : {form.height, form.width}) {
    if (size >= 1 && size <= most) continue;
    throw ConfigError(fmt::format("images can't have {} pixels in one direction", size), {},
                      fmt::format("give 1 to {}", most));
  }
}

void prepare_image(const Tensor& image, const ImageForm& form, std::span<std::uint8_t> out) {
  const std::int64_t channels = image.shape().size(2);
  const bool is_grey_wanted = form.color_mode == ColorMode::grayscale;
  const Tensor used = is_grey_wanted && channels == 3 ? without_colours(image) : image;
  const ImageIn<std::uint8_t> in = image_of(used);
  const Box box =
      form.crop_to_aspect_ratio ? middle_of(in, {form.height, form.width}) : whole_of(in);
  assert(out.size() == static_cast<std::size_t>(form.height) *
                           static_cast<std::size_t>(form.width * form.channels()));
  resize(in, box, form.interpolation, {out.data(), form.height, form.width, in.channels});
  if (in.channels == 1 && !is_grey_wanted) repeat_channels(out);
}

void prepare_image(std::span<const std::byte> bytes, const std::string& file, const ImageForm& form,
                   std::span<std::uint8_t> out) {
  prepare_image(decode_image(bytes, file, ImageSize{form.height, form.width}), form, out);
}

}  // namespace sloy::data

namespace sloy {

Tensor to_form(const Tensor& image, const data::ImageForm& form) {
  const Shape& shape = image.shape();
  const bool is_image = image.dtype() == DType::uint8 && shape.rank() == 3 && shape.size() > 0 &&
                        (shape.size(2) == 1 || shape.size(2) == 3);
  if (!is_image) {
    throw ShapeError("this is no image",
                     {{"given", to_string(image.type())},
                      {"needed", "uint8 (height, width, 1) or (height, width, 3)"}},
                     "give the pixels of an image as bytes");
  }
  data::check(form);
  Tensor formed(DType::uint8, {form.height, form.width, form.channels()});
  data::prepare_image(image, form, formed.mutable_values<std::uint8_t>());
  return formed;
}

Tensor read_image(const std::string& path, const data::ImageForm& form) {
  data::check(form);
  Tensor formed(DType::uint8, {form.height, form.width, form.channels()});
  data::prepare_image(read_file(path, limits.file_bytes), path, form,
                      formed.mutable_values<std::uint8_t>());
  return formed;
}

}  // namespace sloy
