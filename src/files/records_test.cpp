#include "files/records.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "base/bytes.h"
#include "base/hash.h"
#include "harness/memory_files.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::bytes_of;
using harness::MemoryFiles;
using harness::message_of;

/// What byte `place` of record `index` is.
std::byte byte_of(std::uint64_t index, std::size_t place) {
  return static_cast<std::byte>(index * 37 + place * 5 + index / 7);
}

void write(MemoryFiles& files, std::uint64_t examples, std::uint64_t record_bytes) {
  const RecordsHeader header{examples, record_bytes, Config::Map{{"of", "a test"}}};
  write_records(
      "x", header,
      [](std::uint64_t first, std::span<const std::span<std::byte>> records) {
        for (std::size_t i = 0; i < records.size(); ++i) {
          for (std::size_t place = 0; place < records[i].size(); ++place) {
            records[i][place] = byte_of(first + i, place);
          }
        }
      },
      files);
}

/// Reads a record; whether all its bytes are what they should be.
bool is_right(const RecordsReader& reader, std::uint64_t index) {
  const std::span<const std::byte> record = reader.read(index);
  for (std::size_t place = 0; place < record.size(); ++place) {
    if (record[place] != byte_of(index, place)) return false;
  }
  return record.size() == reader.header().record_bytes;
}

/// Several to a block and several blocks, a last one that isn't full, one record to a block, more
/// than is written at once.
TEST(Records, AreReadInAnyOrder) {
  for (const auto& [examples, bytes] : {std::pair<std::uint64_t, std::uint64_t>{1, 8},
                                        {1000, 8},
                                        {1022, 8},
                                        {23, 792},
                                        {7, 4088},
                                        {5, 4096},
                                        {3, 100'000},
                                        {600, 20'000},
                                        {600'000, 8}}) {
    MemoryFiles files;
    write(files, examples, bytes);
    const RecordsReader reader("x", files);
    EXPECT_EQ(reader.header().examples, examples);
    EXPECT_EQ(reader.header().record_bytes, bytes);
    EXPECT_EQ(reader.header().about.at("of").as_string(), "a test");
    EXPECT_EQ(files.get("x").size(), records_file_bytes(reader.header()));
    const std::uint64_t step = examples > 5000 ? 997 : 1;
    for (std::uint64_t i = 0; i < examples; i += step) ASSERT_TRUE(is_right(reader, i)) << i;
    for (std::uint64_t i = 0; i < examples; i += step) {
      const std::uint64_t index = i * 389 % examples;
      ASSERT_TRUE(is_right(reader, index)) << examples << " of " << bytes << ": " << index;
    }
  }
}

TEST(Records, AreReadByManyThreadsAndFromSeveralFiles) {
  MemoryFiles files;
  write(files, 2000, 16);
  const RecordsReader one("x", files);
  files.put("y", files.get("x"));
  const RecordsReader two("y", files);
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = t; i < 2000; i += 3) {
        wrong += is_right(one, i) ? 0 : 1;
        wrong += is_right(two, 1999 - i) ? 0 : 1;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

/// A reader that is made where another was has that one's block of no use.
TEST(Records, OfAFileThatIsGoneAreNotTakenForThoseOfAnother) {
  MemoryFiles files;
  write(files, 4, 8);
  std::optional<RecordsReader> reader(std::in_place, "x", files);
  EXPECT_TRUE(is_right(*reader, 1));
  write_records(
      "x", {4, 8, {}}, [](std::uint64_t, std::span<const std::span<std::byte>>) {}, files);
  reader.emplace("x", files);
  EXPECT_EQ(reader->read(1)[0], std::byte{0});
}

/// What a damaged file gives: an error, or else the right bytes.
void expect_refused_or_right(MemoryFiles& files, const std::vector<std::byte>& bytes, int& refused,
                             const std::string& what) {
  files.put("x", bytes);
  try {
    const RecordsReader reader("x", files);
    ASSERT_EQ(reader.header().examples, 600u) << what;
    for (std::uint64_t i = 0; i < 600; ++i) ASSERT_TRUE(is_right(reader, i)) << what;
  } catch (const FileError&) {
    ++refused;
  }
}

TEST(Records, OfAFileCutAnywhereAreRefused) {
  MemoryFiles files;
  write(files, 600, 8);
  const std::vector<std::byte> whole = files.get("x");
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_refused_or_right(files, {whole.begin(), whole.begin() + static_cast<long>(size)},
                            refused, std::to_string(size));
  }
  EXPECT_EQ(refused, static_cast<int>(whole.size()));
  std::vector<std::byte> longer = whole;
  longer.push_back(std::byte{0});
  files.put("x", longer);
  EXPECT_THROW(RecordsReader("x", files), FileError);
}

TEST(Records, OfWhichAnyBitIsWrongAreRefused) {
  MemoryFiles files;
  write(files, 600, 8);
  std::vector<std::byte> bytes = files.get("x");
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto flip = static_cast<std::byte>(1 << (bit % 8));
    bytes[bit / 8] ^= flip;
    expect_refused_or_right(files, bytes, refused, std::to_string(bit));
    bytes[bit / 8] ^= flip;
  }
  EXPECT_EQ(refused, static_cast<int>(8 * bytes.size()));
}

/// Two blocks that changed places have the right checksums, but not in their places.
TEST(Records, InAnotherPlaceAreRefused) {
  MemoryFiles files;
  write(files, 2, 4096);
  std::vector<std::byte> bytes = files.get("x");
  const long block = 4096 + 8;
  std::swap_ranges(bytes.end() - 2 * block, bytes.end() - block, bytes.end() - block);
  files.put("x", bytes);
  const RecordsReader reader("x", files);
  EXPECT_THROW(reader.read(0), FileError);
  EXPECT_THROW(reader.read(0), FileError) << "what was refused once is not kept";
  EXPECT_THROW(reader.read(1), FileError);
}

/// A file with this header, and nothing after it.
std::vector<std::byte> with_header(std::string text) {
  std::string head = "SLOYDATA";
  append_little_endian<std::uint32_t>(head, 1);
  append_little_endian<std::uint32_t>(head, static_cast<std::uint32_t>(text.size()));
  append_little_endian(head, hash64(text));
  return bytes_of(head + text);
}

TEST(Records, ThatAHeaderInventsTakeNoMemory) {
  MemoryFiles files;
  for (
      const std::string header :
      {R"({"examples":1,"record_bytes":1099511627776,"block_records":1,"about":{}})",
       R"({"examples":4611686018427387904,"record_bytes":8,"block_records":1,"about":{}})",
       R"({"examples":4611686018427387904,"record_bytes":4,"block_records":9223372036854775807,"about":{}})",
       R"({"examples":0,"record_bytes":8,"block_records":1,"about":{}})",
       R"({"examples":1,"record_bytes":-8,"block_records":1,"about":{}})",
       R"({"examples":1,"record_bytes":8,"block_records":0,"about":{}})",
       R"({"examples":1,"record_bytes":8,"about":{}})", R"([1])", "{", ""}) {
    files.put("x", with_header(header));
    EXPECT_THROW(RecordsReader("x", files), FileError) << header;
  }
}

TEST(Records, SayWhatIsWrong) {
  MemoryFiles files;
  write(files, 3, 4096);
  std::vector<std::byte> bytes = files.get("x");
  bytes[bytes.size() - 100] ^= std::byte{1};
  files.put("x", bytes);
  const RecordsReader reader("x", files);
  EXPECT_TRUE(is_right(reader, 1));
  EXPECT_EQ(message_of([&] { reader.read(2); }),
            "records have another checksum than when they were written\n"
            "  file     x   at byte 8336\n"
            "  record   2\n"
            "  to fix   the file is damaged or incomplete: pack the data again");
  bytes.pop_back();
  files.put("x", bytes);
  EXPECT_EQ(message_of([&] { RecordsReader("x", files); }),
            "the file's size is not that of its records\n"
            "  file     x   12439 bytes\n"
            "  needed   3 records of 4096 bytes, and their checksums\n"
            "  to fix   the file is damaged or incomplete: pack the data again");
  files.put("x", bytes_of("id,name\n1,one\n"));
  EXPECT_EQ(message_of([&] { RecordsReader("x", files); }),
            "this is no file of packed data\n"
            "  file     x   at byte 0\n"
            "  to fix   name one that `sloy data pack` wrote");
}

TEST(Records, ThatTheDiskHasNoRoomForAreNotBegun) {
  MemoryFiles files;
  files.room = 1 << 20;
  bool is_asked = false;
  const RecordsHeader header{1000, 4096, {}};
  EXPECT_EQ(message_of([&] {
              write_records(
                  "x", header, [&](auto...) { is_asked = true; }, files);
            }),
            "the disk has no room for the file\n"
            "  file     x\n"
            "  needed   4104128 bytes\n"
            "  free     1048576 bytes\n"
            "  to fix   make room on the disk, or name a place on another");
  EXPECT_FALSE(is_asked);
  EXPECT_EQ(files.calls, 0);
  files.room = 4104128;
  write_records(
      "x", header, [](auto...) {}, files);
  EXPECT_EQ(files.get("x").size(), 4104128u);
}

TEST(Records, AreThereWholeOrNotAtAll) {
  for (int calls = 0;; ++calls) {
    MemoryFiles files;
    write(files, 2, 8);
    const std::vector<std::byte> before = files.get("x");
    files.fail_after = files.calls + calls;
    try {
      write(files, 600'000, 8);
      EXPECT_GT(calls, 4) << "a file of several writes";
      break;
    } catch (const FileError&) {
      if (files.get("x").size() != before.size()) {
        // The last call syncs the name of a file that is whole.
        EXPECT_EQ(files.get("x").size(), 600'000u * 8 + 1175 * 8 + 128);
      } else {
        EXPECT_EQ(files.get("x"), before);
      }
      EXPECT_EQ(files.names().size(), 1u) << "nothing else is left";
    }
  }
}

TEST(Records, ThatCannotBeMadeLeaveNothing) {
  MemoryFiles files;
  EXPECT_THROW(write_records(
                   "x", {9, 8, {}}, [](auto...) { throw DataError("no"); }, files),
               DataError);
  EXPECT_TRUE(files.names().empty());
}

}  // namespace
}  // namespace sloy
