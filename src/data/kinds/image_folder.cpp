#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>

#include "base/files.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "data/class_folders.h"
#include "data/held_out.h"
#include "data/images/prepare.h"
#include "data/kinds/parts.h"
#include "files/image.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

/// Images that people keep. Those of formats that aren't read are named, not passed over.
const std::vector<std::string_view>& endings() {
  static const std::vector<std::string_view> endings{".png", ".jpg",  ".jpeg", ".jpe", ".jfif",
                                                     ".bmp", ".webp", ".gif",  ".tif", ".tiff"};
  return endings;
}

std::vector<std::byte> read_image_file(const std::string& file) {
  return read_file(file, limits.file_bytes);
}

/// The header. Usually it is near the file's start.
ImageHeader read_header_of(const std::string& file) {
  constexpr std::size_t start = 1 << 16;
  const auto opened = real_files().open(file);
  if (opened->size() > start) {
    std::vector<std::byte> head(start);
    head.resize(opened->read(0, head));
    try {
      return read_image_header(head, file);
    } catch (const FileError&) {  // the whole file says why, if it isn't just longer
    }
  }
  return read_image_header(read_file(*opened, file, limits.file_bytes), file);
}

ColorMode color_mode_of(std::int64_t channels) {
  return channels == 1 ? ColorMode::grayscale : ColorMode::rgb;
}

/// The header of the first image; where all files are looked at, of the first that has one: bad
/// ones are then counted, or left out.
ImageHeader first_header(const ClassFiles& files, BadFiles policy) {
  std::exception_ptr first;
  for (std::int64_t index = 0; index < files.names.size(); ++index) {
    try {
      return read_header_of(files.directory / fs::path(files.names[index]));
    } catch (const FileError&) {
      if (policy == BadFiles::unchecked) throw;
      if (!first) first = std::current_exception();
    }
  }
  std::rethrow_exception(first);
}

/// What is asked for, and what the first image has of the rest.
ImageForm form_of(const ImageFolder& folder, const ClassFiles& files) {
  ImageForm form{.interpolation = folder.interpolation,
                 .crop_to_aspect_ratio = folder.crop_to_aspect_ratio};
  ImageHeader header;
  if (!folder.image_size.is_given() || !folder.color_mode) {
    header = first_header(files, folder.bad_files);
  }
  const bool is_sized = folder.image_size.is_given();
  form.height = is_sized ? folder.image_size[0] : static_cast<int>(header.size.height);
  form.width = is_sized ? folder.image_size[1] : static_cast<int>(header.size.width);
  form.color_mode = folder.color_mode ? *folder.color_mode : color_mode_of(header.channels);
  return form;
}

std::string size_text(ImageSize size) { return fmt::format("{}×{}", size.height, size.width); }
std::string_view color_text(ColorMode mode) { return mode == ColorMode::rgb ? "colour" : "grey"; }

/// What is asked of every image: nothing of what they may have as they like.
struct Demands {
  std::optional<ImageSize> size;
  std::optional<ColorMode> color_mode;

  /// Throws DataError where an image is of another kind than the first.
  void check(ImageSize found, ColorMode color, const std::string& file) const {
    if (size && found != *size) {
      throw DataError("the images have different sizes",
                      {{"image", file, size_text(found)}, {"others", size_text(*size)}},
                      "give all the same: image_size = 128, or [height, width]");
    }
    if (color_mode && color != *color_mode) {
      throw DataError(fmt::format("there is a {} image among {} ones", color_text(color),
                                  color_text(*color_mode)),
                      {{"image", file}},
                      "give all the same: color_mode = \"rgb\", or \"grayscale\"");
    }
  }
};

/// The images of one part.
class Images {
 public:
  Images(ClassFiles files, const ImageForm& form, const Demands& demands, const Spec& spec)
      : files_(std::move(files)), form_(form), demands_(demands), spec_(spec) {}

  std::int64_t size() const { return files_.names.size(); }
  const Spec& spec() const { return spec_; }
  std::int32_t label(std::int64_t index) const {
    return files_.labels[static_cast<std::size_t>(index)];
  }
  std::string file(std::int64_t index) const {
    return files_.directory / fs::path(files_.names[index]);
  }
  void read(std::int64_t index, const Slot& slot) const {
    const std::string name = file(index);
    // Where all are to have one size, an image comes in its own, which is looked at.
    std::optional<ImageSize> least;
    if (!demands_.size) least = ImageSize{form_.height, form_.width};
    const Tensor image = decode_image(read_image_file(name), name, least);
    const Shape& shape = image.shape();
    demands_.check({shape.size(0), shape.size(1)}, color_mode_of(shape.size(2)), name);
    prepare_image(image, form_, slot.features_as<std::uint8_t>());
    slot.target_as<std::int32_t>()[0] = label(index);
  }
  /// Decodes the image at an eighth of its size where it can be: enough to tell whether it is
  /// whole.
  void verify(std::int64_t index) const {
    const std::string name = file(index);
    const std::vector<std::byte> bytes = read_image_file(name);
    const ImageHeader header = read_image_header(bytes, name);
    demands_.check(header.size, color_mode_of(header.channels), name);
    decode_image(bytes, name, ImageSize{1, 1});
  }

 private:
  ClassFiles files_;
  ImageForm form_;
  Demands demands_;
  Spec spec_;
};

/// A source whose examples are some of the images.
using SharedImages = std::shared_ptr<const Images>;
struct Source {
  SharedImages images;
  std::int64_t size() const { return images->size(); }
  const Spec& spec() const { return images->spec(); }
  void read(std::int64_t index, const Slot& slot) const { images->read(index, slot); }
  std::int32_t label(std::int64_t index) const { return images->label(index); }
  std::string name(std::int64_t index) const { return images->file(index); }
};

/// A file that can't be read, by its number.
struct Bad {
  std::int64_t index;
  std::exception_ptr error;
  std::string why;
};

/// Decodes all. What can't be decoded is listed; the first image of another kind than the rest
/// throws.
std::vector<Bad> find_bad(const Images& images) {
  std::vector<Bad> bad;
  std::mutex mutex;
  parallel_for(images.size(), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t index = first; index < last; ++index) {
      try {
        images.verify(index);
      } catch (const FileError& error) {
        const std::lock_guard lock(mutex);
        bad.push_back({index, std::current_exception(), error.sentence()});
      }
    }
  });
  std::sort(bad.begin(), bad.end(), [](const Bad& a, const Bad& b) { return a.index < b.index; });
  return bad;
}

/// Throws the first one's error, with the number of all.
[[noreturn]] void refuse(const std::vector<Bad>& bad, std::int64_t all) {
  try {
    std::rethrow_exception(bad.front().error);
  } catch (FileError& error) {
    error.add({"bad files", std::to_string(bad.size()), fmt::format("of {}", all)});
    throw FileError(error.sentence(), error.notes(),
                    "mend or remove them, or leave them out: bad_files = \"skip\"");
  }
}

/// The part without its bad files, if those are to be left out.
Dataset checked(const SharedImages& images, BadFiles policy, std::vector<SkippedFile>& skipped) {
  const Dataset all = Source{images};
  if (policy == BadFiles::unchecked) return all;
  const std::vector<Bad> bad = find_bad(*images);
  if (bad.empty()) return all;
  if (policy == BadFiles::refuse) refuse(bad, images->size());
  std::set<std::int64_t> left_out;
  for (const Bad& one : bad) {
    left_out.insert(one.index);
    skipped.push_back({images->file(one.index), one.why});
  }
  std::vector<std::int64_t> good;
  for (std::int64_t index = 0; index < images->size(); ++index) {
    if (!left_out.contains(index)) good.push_back(index);
  }
  if (good.empty()) refuse(bad, images->size());
  return all.subset(std::move(good));
}

Spec spec_of(const ImageForm& form, const std::vector<std::string>& classes) {
  return {.features = {DType::uint8, {form.height, form.width, form.channels()}},
          .targets = {DType::int32, {}},
          .num_classes = static_cast<int>(classes.size()),
          .class_names = classes,
          .weights = {},
          .image_form = form};
}

Demands demands_of(const ImageFolder& folder, const ImageForm& form) {
  Demands demands;
  if (!folder.image_size.is_given()) demands.size = ImageSize{form.height, form.width};
  if (!folder.color_mode) demands.color_mode = form.color_mode;
  return demands;
}

/// Throws ConfigError on numbers that can't be.
void check(const ImageFolder& folder) {
  if (folder.path.empty()) {
    throw ConfigError("it isn't said where the images are", {}, "give path, a directory");
  }
  if (folder.image_size.is_given()) {
    try {
      data::check({.height = folder.image_size[0], .width = folder.image_size[1]});
    } catch (ConfigError& error) {
      error.add({"key", "image_size"});
      throw;
    }
  }
  check_test_split(folder.test_split);
}

ClassFiles list(const ClassLayout& layout, const fs::path& part) {
  return list_class_files(part, layout.classes, endings(), part != layout.train);
}

}  // namespace

Parts ImageFolder::load() const {
  check(*this);
  const ClassLayout layout = find_class_layout(path, class_names);
  ClassFiles train = list(layout, layout.train);
  const ImageForm form = form_of(*this, train);
  const Demands demands = demands_of(*this, form);
  const Spec spec = spec_of(form, layout.classes);
  Parts parts;
  const auto read_part = [&](ClassFiles files) {
    if (files.names.size() == 0) return Dataset();
    return checked(std::make_shared<Images>(std::move(files), form, demands, spec), bad_files,
                   parts.skipped);
  };
  tell_unread_directories(path, layout, parts.notices);
  parts.train = read_part(std::move(train));
  const auto read_measured = [&](const fs::path& part) {
    if (part.empty()) return Dataset();
    ClassFiles files = list(layout, part);
    tell_empty_classes(files, layout, parts.notices);
    return read_part(std::move(files));
  };
  parts.validation = read_measured(layout.validation);
  parts.test = read_measured(layout.test);
  return with_test_split(std::move(parts), test_split);
}

Header ImageFolder::load_header() const {
  check(*this);
  const ClassLayout layout = find_class_layout(path, class_names);
  const ClassFiles train = list(layout, layout.train);
  const ImageForm form = form_of(*this, train);
  const std::int64_t tests = layout.test.empty() ? held_out(test_split, train.names.size()) : 0;
  return {spec_of(form, layout.classes), train.names.size() - tests};
}

}  // namespace sloy::data
