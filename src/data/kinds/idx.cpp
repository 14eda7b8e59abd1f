#include <fmt/format.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <filesystem>

#include "base/files.h"
#include "data/held_out.h"
#include "data/idx.h"
#include "data/kinds/parts.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

/// One part's files; empty where the set hasn't that part.
struct IdxPart {
  std::string images;
  std::string labels;
  bool empty() const { return images.empty() && labels.empty(); }
};

/// A file as it was given, or else under its usual name; empty where it is neither.
std::string locate(const IdxFiles& files, const std::string& given, std::string_view usual) {
  if (!given.empty()) return fs::path(files.path) / given;
  return files.path.empty() ? "" : find_idx(files.path, usual).string();
}

/// About a part of which a file isn't there. The usual name says which is meant.
[[noreturn]] void refuse_missing(const IdxFiles& files, std::string_view part,
                                 std::string_view what, std::string_view usual) {
  const std::string key = fmt::format("{}_{}", part, what);
  if (files.path.empty()) {
    throw ConfigError(fmt::format("it isn't said where the {} are", what), {{"missing", key}},
                      fmt::format("give path, the directory of the files, or {}", key));
  }
  if (!real_files().exists(files.path)) {
    throw FileError("there is no such directory", {{"path", files.path}},
                    "name the directory that the files are in");
  }
  throw FileError(fmt::format("the directory has no file of that name for the {}", key),
                  {{"path", files.path}, {"missing", fmt::format("{}[.gz]", usual)}},
                  fmt::format("give the file's name: {} = \"…\"", key));
}

IdxPart train_part(const IdxFiles& files) {
  IdxPart part{locate(files, files.train_images, idx_train.images),
               locate(files, files.train_labels, idx_train.labels)};
  if (part.images.empty()) refuse_missing(files, "train", "images", idx_train.images);
  if (part.labels.empty()) refuse_missing(files, "train", "labels", idx_train.labels);
  return part;
}

IdxPart test_part(const IdxFiles& files) {
  IdxPart part{locate(files, files.test_images, idx_test.images),
               locate(files, files.test_labels, idx_test.labels)};
  if (part.empty()) return part;
  if (part.images.empty()) refuse_missing(files, "test", "images", idx_test.images);
  if (part.labels.empty()) refuse_missing(files, "test", "labels", idx_test.labels);
  return part;
}

}  // namespace

Parts IdxFiles::load() const {
  check_test_split(test_split);
  const IdxPart train = train_part(*this);
  const IdxPart test = test_part(*this);
  Parts parts;
  const auto read = [&](const IdxPart& part) {
    return numbered(idx(part.images, part.labels, class_names), part.images);
  };
  parts.train = read(train);
  if (!test.empty()) parts.test = read(test);
  parts = alike(std::move(parts));
  tell_unused_first_class(parts);
  return with_test_split(std::move(parts), test_split);
}

/// Of the images only the headers are read, of the labels too where the classes have names.
Header IdxFiles::load_header() const {
  check_test_split(test_split);
  const IdxPart train = train_part(*this);
  const IdxPart test = test_part(*this);
  Header header = idx_header(train.images, train.labels, class_names);
  if (test.empty()) {
    header.examples -= held_out(test_split, header.examples);
    return header;
  }
  return alike(std::move(header), idx_header(test.images, test.labels, class_names), "test");
}

}  // namespace sloy::data
