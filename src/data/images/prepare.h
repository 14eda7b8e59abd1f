/// Image files as models take them.
#pragma once

#include <sloy/image_form.h>

#include <cstddef>
#include <span>
#include <string>

#include "data/images/resize.h"

namespace sloy::data {

/// Throws ConfigError where no image can have the form.
void check(const ImageForm& form);

/// Decodes an image and writes it in the form asked for: form.height × form.width pixels of
/// form.channels(). Throws FileError naming `file` where it can't be read.
void prepare_image(std::span<const std::byte> bytes, const std::string& file, const ImageForm& form,
                   std::span<std::uint8_t> out);

/// The same of an image that is decoded, uint8 (height, width, 1 or 3).
void prepare_image(const Tensor& image, const ImageForm& form, std::span<std::uint8_t> out);

}  // namespace sloy::data
