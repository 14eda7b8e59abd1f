#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/memory_files.h"
#include "harness/process.h"

namespace sloy {
namespace {

namespace fs = std::filesystem;
using harness::bytes_of;
using harness::MemoryFiles;

class Files : public testing::Test {
 protected:
  const harness::TemporaryDirectory temporary;
  const fs::path directory = temporary.path();
};

TEST_F(Files, WriteThenReadIsTheSame) {
  const fs::path path = directory / "file";
  write_atomically(path, bytes_of("first"));
  EXPECT_EQ(read_file(path, 100), bytes_of("first"));
  const auto a = bytes_of("sec"), b = bytes_of(""), c = bytes_of("ond");
  const std::span<const std::byte> parts[] = {a, b, c};
  write_atomically(path, parts);
  EXPECT_EQ(read_file(path, 100), bytes_of("second"));
  EXPECT_EQ(real_files().list(directory), std::vector<std::string>{"file"});
}

TEST_F(Files, KnowHowMuchRoomThereIs) {
  EXPECT_GT(real_files().available(directory), 0u);
  EXPECT_NO_THROW(check_room(directory / "file", 1));
  EXPECT_THROW(check_room(directory / "file", std::uint64_t{1} << 63), FileError);
  // What isn't there is told when it is written to.
  EXPECT_NO_THROW(check_room(directory / "nowhere/file", std::uint64_t{1} << 63));
}

TEST_F(Files, ReadsAnyPiece) {
  const fs::path path = directory / "file";
  write_atomically(path, bytes_of("0123456789"));
  const auto file = real_files().open(path);
  EXPECT_EQ(file->size(), 10u);
  std::vector<std::byte> piece(4);
  EXPECT_EQ(file->read(3, piece), 4u);
  EXPECT_EQ(piece, bytes_of("3456"));
  EXPECT_EQ(file->read(8, piece), 2u);
  EXPECT_EQ(file->read(99, piece), 0u);
}

TEST_F(Files, SaysWhatAndWhy) {
  try {
    real_files().open(directory / "missing");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.sentence(), "cannot open the file: No such file or directory");
    EXPECT_EQ(error.notes()[0].value, (directory / "missing").string());
  }
  EXPECT_THROW(real_files().list(directory / "missing"), FileError);
  EXPECT_THROW(real_files().remove(directory / "missing"), FileError);
  EXPECT_THROW(real_files().rename(directory / "missing", directory / "x"), FileError);
  EXPECT_THROW(write_atomically(directory / "missing" / "file", bytes_of("x")), FileError);
}

TEST_F(Files, AnErrorNamesTheFileThatWasToBeWritten) {
  try {
    write_atomically("/no/such/place/a.npy", bytes_of("x"));
    FAIL() << "nothing was thrown";
  } catch (const FileError& error) {
    EXPECT_STREQ(error.what(),
                 "cannot create the file: No such file or directory\n"
                 "  file     /no/such/place/a.npy\n"
                 "  to fix   check the name");
  }
}

TEST_F(Files, ReadsRegularFilesAlone) {
  EXPECT_THROW(real_files().open(directory), FileError);
  EXPECT_THROW(real_files().open("/dev/zero"), FileError);
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(real_files().open(directory / "pipe"), FileError);
  fs::create_symlink(directory / "nowhere", directory / "dangling");
  EXPECT_THROW(real_files().open(directory / "dangling"), FileError);
}

TEST_F(Files, ALinkStaysOneAndItsTargetIsWritten) {
  fs::create_directory(directory / "there");
  write_atomically(directory / "there/file", bytes_of("old"));
  fs::create_symlink("there/second", directory / "first");
  fs::create_symlink(directory / "there/file", directory / "there/second");
  write_atomically(directory / "first", bytes_of("new"));
  EXPECT_EQ(read_file(directory / "there/file", 100), bytes_of("new"));
  fs::create_symlink("there/later", directory / "dangling");
  write_atomically(directory / "dangling", bytes_of("made"));
  EXPECT_EQ(read_file(directory / "there/later", 100), bytes_of("made"));
  for (const char* link : {"first", "there/second", "dangling"}) {
    EXPECT_TRUE(fs::is_symlink(directory / link)) << link;
  }
  EXPECT_EQ(real_files().list(directory / "there"),
            (std::vector<std::string>{"file", "later", "second"}));
  fs::create_symlink("round", directory / "round");
  EXPECT_THROW(write_atomically(directory / "round", bytes_of("x")), FileError);
  EXPECT_TRUE(fs::is_symlink(directory / "round"));
}

TEST_F(Files, PipesAndDevicesAreWrittenInto) {
  const fs::path pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);  // so that nobody waits
  ASSERT_GE(reader, 0);
  const auto a = bytes_of("first, "), b = bytes_of("second");
  const std::span<const std::byte> parts[] = {a, b};
  write_atomically(pipe, parts);
  char text[100];
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(::read(reader, text, sizeof text))),
            "first, second");
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));

  fs::create_symlink("/dev/full", directory / "full");
  EXPECT_THROW(write_atomically(directory / "full", bytes_of("x")), DiskFullError);
  EXPECT_TRUE(fs::is_symlink(directory / "full"));
  EXPECT_EQ(real_files().list(directory), (std::vector<std::string>{"full", "pipe"}));
}

TEST_F(Files, RefusesAFileLargerThanItMayBe) {
  write_atomically(directory / "file", bytes_of("12345"));
  EXPECT_EQ(read_file(directory / "file", 5).size(), 5u);
  EXPECT_THROW(read_file(directory / "file", 4), FileError);
}

const std::vector<std::byte> before = bytes_of("the old content");
const std::vector<std::byte> after = bytes_of("the new content, which is longer");

TEST(WriteAtomically, AFailureOfAnyCallLeavesTheOldFileAndNothingElse) {
  int refused = 0;
  for (int call = 0;; ++call) {
    MemoryFiles files;
    files.put("dir/file", before);
    files.fail_after = call;
    try {
      write_atomically("dir/file", after, files);
      break;
    } catch (const FileError&) {
      ++refused;
    }
    EXPECT_EQ(files.names(), std::vector<std::string>{"dir/file"});
    // The last call syncs the directory: by then the new file has its name.
    EXPECT_EQ(files.get("dir/file"), refused < 5 ? before : after) << "call " << call;
  }
  EXPECT_EQ(refused, 5);
}

TEST(WriteAtomically, ACrashAtAnyCallLeavesTheOldOrTheNewFile) {
  for (int call = 0; call < 6; ++call) {
    MemoryFiles files;
    files.put("dir/file", before);
    files.fail_after = call;
    files.everything_fails = true;
    bool written = true;
    try {
      write_atomically("dir/file", after, files);
    } catch (const FileError&) {
      written = false;
    }
    EXPECT_EQ(written, call == 5);
    EXPECT_TRUE(files.get("dir/file") == before || files.get("dir/file") == after);
    EXPECT_EQ(files.durable("dir/file"), written ? after : before) << "call " << call;
  }
}

TEST(WriteAtomically, AFileIsCompleteBeforeItHasItsName) {
  // The directory may reach the disk at any moment by itself: what stands under the name then must
  // have been synced.
  for (int call = 0; call < 6; ++call) {
    MemoryFiles files;
    files.put("dir/file", before);
    files.fail_after = call;
    files.everything_fails = true;
    try {
      write_atomically("dir/file", after, files);
    } catch (const FileError&) {
    }
    files.fail_after = 1 << 30;
    files.sync_directory("dir");
    EXPECT_TRUE(files.durable("dir/file") == before || files.durable("dir/file") == after);
  }
}

}  // namespace
}  // namespace sloy
