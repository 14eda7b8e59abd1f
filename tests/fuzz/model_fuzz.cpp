/// Any bytes are a model's file, which is the same once saved and loaded again, or an Error.
#include <sloy/error.h>
#include <sloy/model.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

/// In memory where there is such a place: a model is loaded by its file's name alone.
std::string path_of(const std::string& name) {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code error;
  const bool has_memory = std::filesystem::is_directory(memory, error);
  const std::filesystem::path place = has_memory ? memory : std::filesystem::temp_directory_path();
  return place / ("sloy-fuzz-" + std::to_string(getpid()) + name);
}

/// Removes the files when the fuzzer ends.
struct Files {
  std::string given = path_of("-given");
  std::string saved = path_of("-saved");
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove(given, ignored);
    std::filesystem::remove(saved, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Files files;
  std::ofstream(files.given, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const sloy::Model model = sloy::Model::load(files.given);
    model.save(files.saved);
    const sloy::Model again = sloy::Model::load(files.saved);
    if (again.weight_names() != model.weight_names()) std::abort();
    for (const std::string& name : model.weight_names()) {
      if (again.weight(name) != model.weight(name)) std::abort();
    }
  } catch (const sloy::Error&) {
  }
  return 0;
}
