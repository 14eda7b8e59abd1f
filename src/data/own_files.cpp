/// Files of one's own: the kinds of them that recipes may name.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/files.h"
#include "data/idx.h"
#include "data/known.h"
#include "data/memory.h"

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
std::string locate(const Files& files, const std::string& given, std::string_view usual) {
  if (!given.empty()) return fs::path(files.path) / given;
  return files.path.empty() ? "" : find_idx(files.path, usual).string();
}

/// About a part of which a file isn't there. The usual name says which is meant.
[[noreturn]] void refuse_missing(const Files& files, std::string_view part, std::string_view what,
                                 std::string_view usual) {
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

IdxPart train_part(const Files& files) {
  IdxPart part{locate(files, files.train_images, idx_train.images),
               locate(files, files.train_labels, idx_train.labels)};
  if (part.images.empty()) refuse_missing(files, "train", "images", idx_train.images);
  if (part.labels.empty()) refuse_missing(files, "train", "labels", idx_train.labels);
  return part;
}

IdxPart test_part(const Files& files) {
  IdxPart part{locate(files, files.test_images, idx_test.images),
               locate(files, files.test_labels, idx_test.labels)};
  if (part.empty()) return part;
  if (part.images.empty()) refuse_missing(files, "test", "images", idx_test.images);
  if (part.labels.empty()) refuse_missing(files, "test", "labels", idx_test.labels);
  return part;
}

void check_same_examples(const IdxPart& train, const Spec& learned, const IdxPart& test,
                         const Spec& held_out) {
  if (learned.features == held_out.features) return;
  throw DataError("the test images are of another kind than the training images",
                  {{"training", train.images, to_string(learned.features)},
                   {"test", test.images, to_string(held_out.features)}},
                  "take both from the same set");
}

Split load_idx(const Files& files) {
  const IdxPart train = train_part(files);
  const IdxPart test = test_part(files);
  Split split{.train = idx(train.images, train.labels, files.class_names), .test = {}};
  if (test.empty()) return split;
  split.test = idx(test.images, test.labels, files.class_names);
  check_same_examples(train, split.train.spec(), test, split.test.spec());
  // A class may have no example in one of the parts.
  const int classes = std::max(split.train.spec().num_classes, split.test.spec().num_classes);
  for (Dataset* part : {&split.train, &split.test}) {
    if (part->spec().num_classes < classes) *part = with_classes(*part, classes);
  }
  return split;
}

Header load_idx_header(const Files& files) {
  const IdxPart train = train_part(files);
  const IdxPart test = test_part(files);
  Header header = idx_header(train.images, train.labels, files.class_names);
  if (test.empty()) return header;
  const Spec held_out = idx_header(test.images, test.labels, files.class_names).spec;
  check_same_examples(train, header.spec, test, held_out);
  header.spec.num_classes = std::max(header.spec.num_classes, held_out.num_classes);
  return header;
}

struct Kind {
  std::string_view name;
  Split (*load)(const Files& files);
  Header (*load_header)(const Files& files);
};

constexpr std::array known{Kind{"idx", load_idx, load_idx_header}};

const Kind& find(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Kind& kind : known) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  throw ConfigError(fmt::format("there is no kind of data '{}'", name),
                    {{"kinds", fmt::format("{}", fmt::join(names, ", "))}},
                    did_you_mean(name, names, "name one of the kinds"));
}

}  // namespace

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : known) names.emplace_back(kind.name);
  return names;
}

void check_kind(std::string_view kind) { find(kind); }

Split load(const Files& files) { return find(files.kind).load(files); }

Header load_header(const Files& files) { return find(files.kind).load_header(files); }

}  // namespace sloy::data
