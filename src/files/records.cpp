#include "files/records.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <vector>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/hash.h"
#include "base/limits.h"

namespace sloy {
namespace {

constexpr std::string_view magic = "SLOYDATA";
constexpr std::uint32_t version = 1;
constexpr std::uint64_t start_bytes = 24;  ///< before the header
constexpr std::uint64_t checksum_bytes = 8;
/// Where the records begin: a multiple of a cache line.
constexpr std::uint64_t alignment = 64;
/// A block is a page of the disk or a record, whichever is larger: to read one record no more is
/// read than the disk reads anyway.
constexpr std::uint64_t page_bytes = 4096;
/// What is gathered before it is written.
constexpr std::uint64_t buffer_bytes = 4 << 20;
constexpr const char* damaged = "the file is damaged or incomplete: pack the data again";

std::uint64_t records_a_block(std::uint64_t record_bytes) {
  return std::max<std::uint64_t>((page_bytes - checksum_bytes) / record_bytes, 1);
}

std::uint64_t blocks_of(std::uint64_t records, std::uint64_t block_records) {
  return records / block_records + (records % block_records != 0 ? 1 : 0);
}

/// All that stands before the records.
std::string head_of(const RecordsHeader& header) {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  std::string text =
      to_json(Config::Map{{"examples", number(header.examples)},
                          {"record_bytes", number(header.record_bytes)},
                          {"block_records", number(records_a_block(header.record_bytes))},
                          {"about", header.about}});
  text.append((alignment - (start_bytes + text.size()) % alignment) % alignment, ' ');
  std::string head(magic);
  append_little_endian(head, version);
  append_little_endian(head, static_cast<std::uint32_t>(text.size()));
  append_little_endian(head, hash64(text));
  return head + text;
}

/// The bytes of records and of their blocks' checksums.
std::uint64_t data_bytes(const RecordsHeader& header, std::uint64_t block_records) {
  constexpr const char* what = "the size of the file";
  const std::uint64_t checksums =
      checked_multiply(blocks_of(header.examples, block_records), checksum_bytes, what);
  return checked_add(checked_multiply(header.examples, header.record_bytes, what), checksums, what);
}

/// A number of the header that is one or more.
std::uint64_t positive(const Config& header, std::string_view key) {
  const std::int64_t value = header.at(key).as_integer();
  if (value > 0) return static_cast<std::uint64_t>(value);
  throw ConfigError(fmt::format("{} is {}", key, value));
}

Note places(std::uint64_t first, std::uint64_t count) {
  if (count == 1) return {"record", std::to_string(first)};
  return {"records", fmt::format("{} to {}", first, first + count - 1)};
}

/// A block as it was last read by this thread: of small records that are read in order, all but the
/// first of a block are there already.
struct Block {
  std::uint64_t reader = 0;  ///< 0: of none
  std::uint64_t number = 0;
  std::vector<std::byte> bytes;
};

}  // namespace

RecordsReader::RecordsReader(const std::filesystem::path& path, FileSystem& files,
                             Checksums checksums)
    : path_(path.string()), file_(files.open(path)), checksums_(checksums) {
  static std::atomic<std::uint64_t> readers = 0;
  id_ = ++readers;
  read_header(*file_);
}

void RecordsReader::read_header(File& file) {
  const std::uint64_t size = file.size();
  std::vector<std::byte> start(start_bytes);
  start.resize(file.read(0, start));
  ByteReader reader(start, path_);
  if (!begins_with(start, magic)) {
    reader.fail("this is no file of packed data", "name one that `sloy data pack` wrote");
  }
  reader.take(magic.size(), "the format's name");
  const auto found_version = reader.little<std::uint32_t>("the version");
  if (found_version != version) {
    reader.fail(
        fmt::format("packed data of version {} are unknown: this reads {}", found_version, version),
        "pack the data with this version of Sloy");
  }
  const auto length = reader.little<std::uint32_t>("the length of the header");
  const auto checksum = reader.little<std::uint64_t>("the header's checksum");
  if (length > limits.header_bytes) reader.fail("the header is too large", damaged);
  if (length > size - start_bytes) {
    throw ends_too_early(path_, start_bytes, length, size - start_bytes, "the header");
  }
  std::string text(length, '\0');
  const std::size_t found = file.read(start_bytes, std::as_writable_bytes(std::span(text)));
  if (found != length) throw ends_too_early(path_, start_bytes, length, found, "the header");
  if (checksums_ == Checksums::compared && hash64(text) != checksum) {
    reader.fail("the header has another checksum than when it was written", damaged);
  }
  try {
    const Config header = parse_json(text, path_);
    header_ = {.examples = positive(header, "examples"),
               .record_bytes = positive(header, "record_bytes"),
               .about = header.at("about")};
    block_records_ = std::min(positive(header, "block_records"), header_.examples);
  } catch (const ConfigError& error) {
    reader.fail("the header is damaged: " + error.sentence(), damaged);
  }
  data_start_ = start_bytes + length;
  // By a division first: what the header says may be more than any number holds.
  const std::uint64_t rest = size - data_start_;
  const bool is_whole = header_.record_bytes <= rest / header_.examples &&
                        data_bytes(header_, block_records_) == rest;
  if (is_whole) return;
  throw FileError("the file's size is not that of its records",
                  {{"file", path_, fmt::format("{} bytes", size)},
                   {"needed", fmt::format("{} records of {} bytes, and their checksums",
                                          header_.examples, header_.record_bytes)}},
                  damaged);
}

std::span<const std::byte> RecordsReader::read_block(std::uint64_t number) const {
  thread_local Block block;
  const std::uint64_t first = number * block_records_;
  const std::uint64_t bytes =
      std::min(block_records_, header_.examples - first) * header_.record_bytes;
  const auto records = [&] { return std::span<const std::byte>(block.bytes).first(bytes); };
  if (block.reader == id_ && block.number == number) return records();
  block.reader = 0;
  const std::uint64_t space = bytes + checksum_bytes;
  if (block.bytes.size() < space) block.bytes.resize(space);
  const std::uint64_t offset =
      data_start_ + number * (block_records_ * header_.record_bytes + checksum_bytes);
  const std::size_t found = file_->read(offset, std::span(block.bytes).first(space));
  if (found != space) throw ends_too_early(path_, offset, space, found, "the records");
  const auto checksum =
      little_endian<std::uint64_t>(std::span(block.bytes).subspan(bytes, checksum_bytes));
  if (checksums_ == Checksums::compared && hash64(records(), number) != checksum) {
    throw FileError("records have another checksum than when they were written",
                    {{"file", path_, fmt::format("at byte {}", offset)},
                     places(first, bytes / header_.record_bytes)},
                    damaged);
  }
  block.reader = id_;
  block.number = number;
  return records();
}

std::span<const std::byte> RecordsReader::read(std::uint64_t index) const {
  assert(index < header_.examples);
  return read_block(index / block_records_)
      .subspan(index % block_records_ * header_.record_bytes, header_.record_bytes);
}

std::uint64_t records_file_bytes(const RecordsHeader& header) {
  return checked_add<std::uint64_t>(head_of(header).size(),
                                    data_bytes(header, records_a_block(header.record_bytes)),
                                    "the size of the file");
}

void write_records(const std::filesystem::path& path, const RecordsHeader& header,
                   const FillRecords& fill, FileSystem& files) {
  assert(header.examples > 0 && header.record_bytes > 0 && header.record_bytes % 8 == 0);
  check_room(path, records_file_bytes(header), files);
  const std::string head = head_of(header);
  const std::uint64_t block_records = records_a_block(header.record_bytes);
  const std::uint64_t block_bytes = block_records * header.record_bytes + checksum_bytes;
  const std::uint64_t blocks = std::min(blocks_of(header.examples, block_records),
                                        std::max<std::uint64_t>(buffer_bytes / block_bytes, 1));
  std::vector<std::byte> buffer(blocks * block_bytes);
  std::vector<std::span<std::byte>> records;
  const auto write_all = [&](File& file) {
    file.write(std::as_bytes(std::span(head)));
    for (std::uint64_t first = 0; first < header.examples; first += records.size()) {
      std::fill(buffer.begin(), buffer.end(), std::byte{});
      records.clear();
      const std::uint64_t count = std::min(blocks * block_records, header.examples - first);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t offset =
            i / block_records * block_bytes + i % block_records * header.record_bytes;
        records.push_back(std::span(buffer).subspan(offset, header.record_bytes));
      }
      fill(first, records);
      std::byte* begin = buffer.data();
      for (std::uint64_t done = 0; done < count; done += block_records) {
        const std::span<const std::byte> block(
            begin, std::min(block_records, count - done) * header.record_bytes);
        std::string checksum;
        append_little_endian(checksum, hash64(block, (first + done) / block_records));
        const auto bytes = std::as_bytes(std::span(checksum));
        begin = std::copy(bytes.begin(), bytes.end(), begin + block.size());
      }
      file.write(std::span(buffer.data(), begin));
    }
  };
  write_atomically(path, write_all, files);
}

}  // namespace sloy
