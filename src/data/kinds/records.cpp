#include "data/kinds/records.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/data_records.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/files.h"
#include "data/example_memory.h"
#include "data/kinds/parts.h"
#include "data/labels.h"
#include "data/record_layout.h"
#include "data/spec_config.h"
#include "files/records.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

/// The spec in a file's header. Throws FileError where it isn't that of its records.
Spec spec_of(const RecordsReader& reader) {
  const auto fail = [&](const std::string& why) -> FileError {
    return FileError("the header says of the examples what can't be: " + why,
                     {{"file", reader.file()}},
                     "the file is damaged or incomplete: pack the data again");
  };
  Spec spec;
  try {
    from_config(reader.header().about, spec);
  } catch (const Error& error) {
    throw fail(error.sentence());
  }
  const std::size_t needed = RecordLayout(spec).record_bytes();
  if (needed == reader.header().record_bytes) return spec;
  throw fail(fmt::format("its records have {} bytes, such an example {}",
                         reader.header().record_bytes, needed));
}

/// The examples of a file.
class Records {
 public:
  explicit Records(const fs::path& path)
      : reader_(std::make_shared<const RecordsReader>(path)),
        spec_(spec_of(*reader_)),
        layout_(spec_) {}

  std::int64_t size() const { return static_cast<std::int64_t>(reader_->header().examples); }
  const Spec& spec() const { return spec_; }
  std::string name(std::int64_t index) const {
    return fmt::format("{}[{}]", reader_->file(), index);
  }
  void read(std::int64_t index, const Slot& slot) const {
    layout_.copy(reader_->read(static_cast<std::uint64_t>(index)), slot);
    try {
      check_label(spec_, slot);
    } catch (DataError& error) {
      error.add({"file", reader_->file()});
      throw;
    }
  }

 private:
  std::shared_ptr<const RecordsReader> reader_;
  Spec spec_;
  RecordLayout layout_;
};

constexpr std::array<std::string_view, 3> part_names{"train", "validation", "test"};

/// Packed data in a directory that are no part's by their names.
std::vector<std::string> other_files(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) return {};
  std::vector<std::string> others = real_files().list(directory);
  std::erase_if(others, [](const fs::path& name) {
    return name.extension() != records_ending ||
           std::ranges::find(part_names, name.stem().string()) != part_names.end();
  });
  return others;
}

/// The file of a part, or an empty path where it has none.
fs::path locate(const RecordFiles& files, std::string_view part) {
  if (files.path.empty()) {
    throw ConfigError("it isn't said where the packed data are", {},
                      "give path, a directory or a file");
  }
  std::error_code error;
  if (!fs::is_directory(files.path, error)) {
    return part == "train" ? fs::path(files.path) : fs::path();
  }
  fs::path file = records_of(files.path, part);
  if (real_files().exists(file)) return file;
  if (part != "train") return {};
  std::vector<Note> notes{{"path", files.path}, {"missing", file.filename().string()}};
  const std::vector<std::string> others = other_files(files.path);
  if (!others.empty()) notes.push_back({"there", fmt::format("{}", fmt::join(others, ", "))});
  throw FileError("the directory has no packed data to train on", notes,
                  "name a directory that `sloy data pack` wrote, or one of its files");
}

Header header_of(const fs::path& file) {
  const RecordsReader reader(file);
  return {spec_of(reader), static_cast<std::int64_t>(reader.header().examples)};
}

}  // namespace

Dataset records(const std::string& path) { return Records(path); }

Parts RecordFiles::load() const {
  const auto part = [&](std::string_view name) {
    const fs::path file = locate(*this, name);
    return file.empty() ? Dataset() : records(file.string());
  };
  Parts parts;
  parts.train = part("train");
  parts.validation = part("validation");
  parts.test = part("test");
  for (const std::string& other : other_files(path)) {
    parts.notices.push_back(Notice("a file of packed data is not read: no part has its name",
                                   {{"file", (fs::path(path) / other).string()}},
                                   "call it train.sloydata, validation.sloydata or test.sloydata"));
  }
  return alike(std::move(parts));
}

Header RecordFiles::load_header() const {
  Header header = header_of(locate(*this, "train"));
  for (const std::string_view part : {"validation", "test"}) {
    const fs::path file = locate(*this, part);
    if (!file.empty()) header = alike(std::move(header), header_of(file), part);
  }
  return header;
}

}  // namespace sloy::data
