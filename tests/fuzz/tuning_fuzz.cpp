/// Any bytes are a record of measured choices or a FileError or ConfigError; what was read is the
/// same once written and read again.
#include <sloy/error.h>

#include <cstdlib>

#include "harness/memory_files.h"
#include "passes/tuning_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  try {
    const sloy::TuningFile read = sloy::read_tuning("x", files);
    sloy::write_tuning("y", read, files);
    const sloy::TuningFile again = sloy::read_tuning("y", files);
    if (again.machine != read.machine || again.choices.size() != read.choices.size()) std::abort();
    for (std::size_t i = 0; i < read.choices.size(); ++i) {
      const sloy::TunedChoice& before = read.choices[i];
      const sloy::TunedChoice& after = again.choices[i];
      if (after.node != before.node || after.kernel != before.kernel ||
          after.seconds != before.seconds) {
        std::abort();
      }
    }
  } catch (const sloy::FileError&) {
  } catch (const sloy::ConfigError&) {
  }
  return 0;
}
