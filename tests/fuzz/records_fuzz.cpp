/// Any bytes are packed data, whose examples are read, or a FileError; or their header says of the
/// examples what can't be, which is an Error.
#include <sloy/error.h>

#include "data/example_memory.h"
#include "data/record_layout.h"
#include "data/spec_config.h"
#include "files/records.h"
#include "harness/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  try {
    const sloy::RecordsReader reader("x", files, sloy::Checksums::ignored);
    sloy::data::Spec spec;
    sloy::data::from_config(reader.header().about, spec);
    const sloy::data::RecordLayout layout(spec);
    if (layout.record_bytes() != reader.header().record_bytes) return 0;
    const sloy::data::ExampleMemory memory(spec);
    for (std::uint64_t index = 0; index < reader.header().examples; ++index) {
      layout.copy(reader.read(index), memory.slot());
    }
    check_label(spec, memory.slot());
  } catch (const sloy::Error&) {
  }
  return 0;
}
