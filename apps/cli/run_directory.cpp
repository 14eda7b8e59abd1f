#include "run_directory.h"

#include <ctime>
#include <fstream>

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

std::string now_text() {
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts);
  return text;
}

bool can_write_into(const fs::path& directory) {
  const fs::path probe = directory / ".writable";
  std::ofstream file(probe);
  const bool written = file && (file << "x").flush();
  file.close();
  std::error_code ignored;
  fs::remove(probe, ignored);
  return written;
}

[[noreturn]] void fail_to_write(const fs::path& directory) {
  throw FileError("can't write into the run directory", {{"directory", directory.string()}},
                  "give a writable one with --out");
}

}  // namespace

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << text) || !file.flush()) {
    throw FileError("cannot write the file", {{"file", path.string()}},
                    "make room on the disk, or name another place");
  }
}

RunDirectory::RunDirectory(fs::path path, bool resume) : path_(std::move(path)) {
  std::error_code error;
  const bool exists = fs::exists(path_, error);
  if (exists && !fs::is_directory(path_, error)) {
    throw FileError("the run directory is a file", {{"file", path_.string()}},
                    "give another --out");
  }
  if (exists && !fs::is_empty(path_, error)) {
    check_files(resume);
    holds_earlier_run_ = true;
  }
  made_ = fs::create_directories(path_, error);
  if (error || !can_write_into(path_)) fail_to_write(path_);
}

RunDirectory::RunDirectory(fs::path made) : path_(std::move(made)), made_(true) {}

RunDirectory RunDirectory::unused(const std::string& name) {
  const std::string usual = now_text() + "-" + name;
  const fs::path runs = "runs";
  std::error_code error;
  fs::create_directories(runs, error);
  for (int number = 1;; ++number) {
    const fs::path path = runs / (number == 1 ? usual : usual + "-" + std::to_string(number));
    // Of several programs that try at once, one makes it.
    const bool made = fs::create_directory(path, error);
    if (error) fail_to_write(path);
    if (made) return RunDirectory(path);
  }
}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  if (!is_kept_ && !holds_earlier_run_) {
    for (const fs::path& file : expected_) fs::remove(file, ignored);
    for (const char* name : own_files) fs::remove(path_ / name, ignored);
  }
  if (made_) fs::remove(path_, ignored);  // unless it holds something
}

void RunDirectory::expect(const fs::path& file) {
  const fs::path inside = file.lexically_relative(path_);
  if (!inside.empty() && *inside.begin() != "..") expected_.push_back(file);
}

void RunDirectory::check_files(bool resume) const {
  std::error_code error;
  const bool has_recipe = fs::exists(path_ / "recipe.toml", error);
  const bool has_record = fs::exists(path_ / "run.json", error);
  const bool has_checkpoints = fs::is_directory(checkpoints(), error);
  const auto refuse = [&](const char* what, std::vector<Note> notes, const char* fix) {
    notes.insert(notes.begin(), {"directory", path_.string()});
    throw FileError(what, std::move(notes), fix);
  };
  if (has_recipe + has_record + has_checkpoints < 2) {
    refuse("the directory holds other files than a run's", {},
           "give a new or an empty one with --out");
  }
  const bool is_whole = has_recipe && has_checkpoints;
  if (!resume) {
    refuse("the run directory is not empty", {},
           is_whole ? "give another --out, or --resume to go on with the run there"
                    : "give another --out");
  }
  if (!is_whole) {
    refuse("the run can't be gone on with: a part of it is gone",
           {{"missing", has_recipe ? "checkpoints" : "recipe.toml"}},
           "begin anew with another --out");
  }
}

void RunDirectory::check_same(const Recipe& recipe) const {
  const fs::path file = path_ / "recipe.toml";
  if (!fs::exists(file)) return;
  if (read_toml(file.string()) == parse_toml(recipe.to_toml())) return;
  throw ConfigError("the run was begun with another recipe", {{"directory", path_.string()}},
                    "repeat the arguments it was begun with, or give another --out");
}

void RunDirectory::record(const Recipe& recipe, const Tuning& tuning) const {
  Config about_run = to_config(about());
  about_run["seed"] = static_cast<std::int64_t>(recipe.seed);
  if (tuning) about_run["tuned_kernels"] = static_cast<std::int64_t>(tuning.choices().size());
  fs::create_directories(checkpoints());
  write_text(path_ / "recipe.toml", recipe.to_toml());
  write_text(path_ / "run.json", to_json(about_run) + "\n");
  if (tuning) tuning.save(this->tuning().string());
}

}  // namespace sloy::cli
