/// Any bytes are packed data, whose examples are read, and are the same once written and read
/// again, or a FileError; or their header says of the examples what can't be, which is an Error.
#include <sloy/error.h>

#include <algorithm>
#include <cstdlib>

#include "data/example_memory.h"
#include "data/record_layout.h"
#include "data/spec_config.h"
#include "files/records.h"
#include "harness/memory_files.h"

namespace {

/// Writes what is read, and reads that.
void check_written(const sloy::RecordsReader& reader, const sloy::data::Spec& spec,
                   sloy::harness::MemoryFiles& files) {
  sloy::RecordsHeader header = reader.header();
  header.about = to_config(spec);
  const auto fill = [&](std::uint64_t first, std::span<const std::span<std::byte>> records) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      std::ranges::copy(reader.read(first + i), records[i].begin());
    }
  };
  write_records("y", header, fill, files);
  const sloy::RecordsReader again("y", files);
  if (again.header().examples != header.examples || again.header().about != header.about) {
    std::abort();
  }
  for (std::uint64_t index = 0; index < header.examples; ++index) {
    const auto record = reader.read(index);
    const std::vector<std::byte> bytes(record.begin(), record.end());
    if (!std::ranges::equal(again.read(index), bytes)) std::abort();
  }
}

}  // namespace

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
    if (reader.header().examples > 0 && layout.record_bytes() > 0)
      check_written(reader, spec, files);
    check_label(spec, memory.slot());
  } catch (const sloy::Error&) {
  }
  return 0;
}
