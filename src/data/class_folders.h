/// Files in a directory for each class.
#pragma once

#include <sloy/notice.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sloy::data {

/// Many names in little memory: a byte more than its text for each.
class FileNames {
 public:
  void push_back(std::string_view name);
  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  std::string_view operator[](std::int64_t index) const;

 private:
  std::string text_;
  std::vector<std::uint64_t> ends_;
};

/// The files of one part of a set, class by class, each class by alphabet.
struct ClassFiles {
  std::filesystem::path directory;  ///< where the names start
  FileNames names;                  ///< "cats/7.jpg"
  std::vector<std::int32_t> labels;
};

/// The directories in `directory` that are classes, by alphabet; without those whose names begin
/// with a dot. Throws FileError where there is no such directory.
std::vector<std::string> class_directories(const std::filesystem::path& directory);

/// All files below the classes' directories whose ending is one of `endings`, written in capitals
/// or not; hidden ones are left out. Throws DataError where a class has none, unless it
/// `may_be_empty`, FileError where its directory is missing.
ClassFiles list_class_files(const std::filesystem::path& directory,
                            const std::vector<std::string>& classes,
                            const std::vector<std::string_view>& endings, bool may_be_empty);

/// The directory of each part, empty where there is none, and the classes.
struct ClassLayout {
  std::filesystem::path train;
  std::filesystem::path validation;
  std::filesystem::path test;
  std::vector<std::string> classes;
};

/// A part's directory goes by any of its names: "val", "valid", "validation". Where there is none
/// for training, `directory` itself is it. The classes are those named, or else the directories
/// there. Throws ConfigError where a class is named twice, or has no directory, DataError where
/// there are none, a part has others than the training data, or there are parts but none to learn
/// from.
ClassLayout find_class_layout(const std::filesystem::path& directory,
                              const std::vector<std::string>& class_names);

/// Notices on directories beside those of the parts, of which nobody would see that they aren't
/// read.
void tell_unread_directories(const std::filesystem::path& directory, const ClassLayout& layout,
                             std::vector<Notice>& notices);
/// A notice on classes that a part to measure on has no files of: their figures say nothing.
void tell_empty_classes(const ClassFiles& files, const ClassLayout& layout,
                        std::vector<Notice>& notices);

}  // namespace sloy::data
