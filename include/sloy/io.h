/// IO: files of numbers, arrays and images, in and out.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include <sloy/export.h>
#include <sloy/image_form.h>
#include <sloy/notice.h>
#include <sloy/table_form.h>
#include <sloy/tensor.h>

namespace sloy {

/// What a file holds, by its first bytes: an npy array (of float32, float64, int32, uint8, or int64
/// that fits int32), an IDX array (raw or gzip; of 8-, 16- or 32-bit integers, float32 or float64),
/// or a PNG or JPEG image as uint8 (height, width, channels), with 1 channel for grey images and 3
/// for colour, turned as its camera noted it was held (Exif). Throws FileError on anything else, on
/// images with transparent pixels or 16 bits a channel, and on damaged files.
SLOY_EXPORT Tensor read_tensor(const std::string& path);

/// The same from a stream, read to its end: at most 256 MiB. Errors call it `name`.
SLOY_EXPORT Tensor read_tensor(std::istream& stream, const std::string& name);

/// A PNG or JPEG image of any size and colours in the form a model takes, as uint8 (form.height,
/// form.width, form.channels()). Throws FileError as read_tensor does.
/// Model::image_form is the form of the images that a model was trained on.
///
///     Tensor photo = read_image("photo.jpg", {.height = 64, .width = 64});
SLOY_EXPORT Tensor read_image(const std::string& path, const data::ImageForm& form);
/// The same of an image that is decoded, uint8 (height, width, 1 or 3). Throws ShapeError on
/// another tensor.
SLOY_EXPORT Tensor to_form(const Tensor& image, const data::ImageForm& form);

/// The rows of a CSV file as a model takes them: float32 (rows, form.width()). Columns are found by
/// their names; others are passed over. Throws DataError naming the line where a row can't be
/// read, FileError as read_tensor does.
/// Model::table_form is the form of the rows that a model was trained on.
SLOY_EXPORT Tensor read_table(const std::string& path, const data::TableForm& form);
/// The same with a notice for each column with missing values, or with texts that are none of the
/// categories that the model knows: they are 0 for all of these. Added to `notices`.
SLOY_EXPORT Tensor read_table(const std::string& path, const data::TableForm& form,
                              std::vector<Notice>& notices);
/// The same from a stream, read to its end: at most 256 MiB. Errors call it `name`.
SLOY_EXPORT Tensor read_table(std::istream& stream, const std::string& name,
                              const data::TableForm& form, std::vector<Notice>& notices);

/// Writes an npy array, so that the file is there whole or not at all. Throws FileError.
SLOY_EXPORT void write_tensor(const std::string& path, const Tensor& tensor);

}  // namespace sloy
