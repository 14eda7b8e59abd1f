#include "files/zip.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include <algorithm>
#include <string>

#include "base/limits.h"
#include "files/npy.h"
#include "harness/memory_files.h"
#include "harness/messages.h"
#include "harness/process.h"
#include "harness/zip.h"

namespace sloy {
namespace {

using harness::bytes_of;
using harness::message_of;

/// Archives that minizip's own writer makes, as bytes.
class Zip : public testing::Test {
 protected:
  std::vector<std::byte> archive(const std::vector<harness::ZipContent>& contents,
                                 int level = 6) const {
    harness::write_zip(directory_ / "a.zip", contents, level);
    return read_file(directory_ / "a.zip", limits.file_bytes);
  }

  ZipArchive open(std::vector<std::byte> bytes) {
    files_.put("a.zip", std::move(bytes));
    return ZipArchive("a.zip", files_.open("a.zip"));
  }

  static std::string read(File& file, std::uint64_t offset, std::size_t count) {
    std::string text(count, '\0');
    text.resize(file.read(offset, std::as_writable_bytes(std::span(text))));
    return text;
  }

  harness::TemporaryDirectory directory_;
  harness::MemoryFiles files_;
};

TEST_F(Zip, GivesItsFilesPackedOrNot) {
  const std::string lines(100'000, 'x');
  for (int level : {0, 9}) {
    ZipArchive zip = open(archive({{"a.txt", "hello"}, {"b/c.txt", lines}, {"empty", ""}}, level));
    EXPECT_EQ(zip.names(), (std::vector<std::string>{"a.txt", "b/c.txt", "empty"}));
    EXPECT_TRUE(zip.has("b/c.txt"));
    EXPECT_FALSE(zip.has("c.txt"));
    EXPECT_EQ(read(*zip.open("a.txt"), 0, 100), "hello");
    EXPECT_EQ(zip.open("b/c.txt")->size(), lines.size());
    EXPECT_EQ(read(*zip.open("b/c.txt"), 0, lines.size()), lines);
    EXPECT_EQ(read(*zip.open("empty"), 0, 10), "");
  }
}

TEST_F(Zip, MayBeReadFromAnyPlace) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + " ";
  ZipArchive zip = open(archive({{"numbers", text}}));
  const auto file = zip.open("numbers");
  for (std::uint64_t offset : {100'000, 5, 200'000, 0, 288'880}) {
    EXPECT_EQ(read(*file, offset, 20), text.substr(offset, 20)) << offset;
  }
  EXPECT_EQ(read(*file, text.size() - 3, 20), text.substr(text.size() - 3));
  EXPECT_EQ(read(*file, text.size(), 20), "");
  EXPECT_EQ(read(*file, 0, 5), text.substr(0, 5)) << "after its end";
}

TEST_F(Zip, HoldsArrays) {
  const Tensor numbers({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  write_npy(directory_ / "x.npy", numbers);
  const auto bytes = read_file(directory_ / "x.npy", limits.file_bytes);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  ZipArchive zip = open(archive({{"x.npy", text}}));
  InputStream stream("x in a.zip", zip.open("x.npy"));
  EXPECT_EQ(read_npy(stream), numbers);
}

TEST_F(Zip, DamagedAnywhereIsReadOrRefused) {
  const auto whole = archive({{"a.txt", "hello, hello, hello"}, {"b.txt", "b"}});
  const auto read_all = [&](std::vector<std::byte> bytes) {
    ZipArchive zip = open(std::move(bytes));
    std::string all;
    for (const std::string& name : zip.names()) all += read(*zip.open(name), 0, 1000);
    return all;
  };
  EXPECT_EQ(read_all(whole), "hello, hello, hellob");
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] ^= std::byte{0x41};
    try {
      read_all(damaged);
    } catch (const FileError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(whole.size()) / 3);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(read_all({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}),
                 FileError)
        << size;
  }
}

TEST_F(Zip, AWrongChecksumIsRefused) {
  auto bytes = archive({{"a.txt", "hello"}}, 0);
  const std::string_view hello = "hello";
  const auto found =
      std::search(bytes.begin(), bytes.end(), hello.begin(), hello.end(),
                  [](std::byte b, char c) { return b == static_cast<std::byte>(c); });
  *found ^= std::byte{1};
  EXPECT_EQ(message_of([&] {
              ZipArchive zip = open(bytes);
              read(*zip.open("a.txt"), 0, 10);
            }),
            "the zip file is damaged: its checksum is wrong\n"
            "  file     a.txt in a.zip\n"
            "  to fix   get the file again");
}

TEST_F(Zip, OfZerosBeyondTheLimitIsRefused) {
  const std::string zeros(limits.inflated_bytes + 1, '\0');
  EXPECT_EQ(message_of([&] {
              ZipArchive zip = open(archive({{"bomb", zeros}}, 9));
              zip.open("bomb");
            }).substr(0, 62),
            "the compressed file declares more than 200 times its size\n  fi");
}

TEST_F(Zip, ThatIsNoneIsRefused) {
  EXPECT_EQ(message_of([&] { open(bytes_of("no zip file at all")); }),
            "this is no zip file, or not all of one\n"
            "  file     a.zip\n"
            "  to fix   get the file again, or name another");
  EXPECT_THROW(open(archive({{"twice", "a"}, {"twice", "b"}})), FileError);
}

}  // namespace
}  // namespace sloy
