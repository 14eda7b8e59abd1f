/// The file system as the library sees it: a few calls behind an interface, so that tests can make
/// any of them fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sloy {

/// An open file. All calls throw FileError with the file's name and the system's reason.
class File {
 public:
  virtual ~File() = default;
  virtual std::uint64_t size() = 0;
  /// Reads from `offset` and returns how many bytes there were: fewer than asked for only at the
  /// end. Several threads may read at once.
  virtual std::size_t read(std::uint64_t offset, std::span<std::byte> out) = 0;
  /// Appends all bytes.
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// Returns once what was written is on the disk. After a failure the file's content is unknown
  /// and a second try means nothing: the file must be written anew.
  virtual void sync() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// For reading. Throws where it is missing or no regular file: a pipe or device has no size.
  virtual std::unique_ptr<File> open(const std::filesystem::path& path) = 0;
  /// For writing, from nothing.
  virtual std::unique_ptr<File> create(const std::filesystem::path& path) = 0;
  /// For writing into what is_stream. May wait for somebody to read from a pipe.
  virtual std::unique_ptr<File> open_stream(const std::filesystem::path& path) = 0;
  /// Whether it takes bytes without being a file of them: a pipe or a device.
  virtual bool is_stream(const std::filesystem::path& path) = 0;
  /// `path`, or where it leads to if it is a symbolic link; nothing need stand there yet.
  virtual std::filesystem::path followed(const std::filesystem::path& path) = 0;
  virtual bool exists(const std::filesystem::path& path) = 0;
  /// Names of what is in a directory, sorted.
  virtual std::vector<std::string> list(const std::filesystem::path& directory) = 0;
  /// Bytes that can still be written into a directory; more than any file has where the system
  /// doesn't say.
  virtual std::uint64_t available(const std::filesystem::path& directory) = 0;
  virtual void create_directories(const std::filesystem::path& directory) = 0;
  /// Replaces `to` where it exists.
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual void remove(const std::filesystem::path& path) = 0;
  /// Returns once created, renamed and removed names are on the disk.
  virtual void sync_directory(const std::filesystem::path& directory) = 0;
};

/// The machine's own.
FileSystem& real_files();

/// The whole file. Throws FileError where it has more than `most` bytes, before reading any.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t most,
                                 FileSystem& files = real_files());
/// The same of a file that is open; `name` is what errors call it.
std::vector<std::byte> read_file(File& file, const std::string& name, std::uint64_t most);

/// Throws FileError where `path` is a file to be and its disk has no room for `needed` bytes: to be
/// asked before what takes long.
void check_room(const std::filesystem::path& path, std::uint64_t needed,
                FileSystem& files = real_files());

/// Whether what is written outlives a power cut once the call returns, or for now only the process:
/// the system writes it to the disk when it likes.
enum class Durability : std::uint8_t { synced, cached };

/// Writes what `content` writes, so that after a crash at any moment `path` is either as it
/// was or complete: to a new file beside it, synced, renamed, the directory synced. A failure
/// leaves `path` as it was and removes the new file. What is only `cached` is so after the end of
/// the process at any moment; a power cut may leave anything under the name.
///
/// A symbolic link stays one: what it leads to is written. Into a pipe or a device the bytes
/// go as they are.
void write_atomically(const std::filesystem::path& path, const std::function<void(File&)>& content,
                      FileSystem& files = real_files(), Durability durability = Durability::synced);
/// The parts one after the other.
void write_atomically(const std::filesystem::path& path,
                      std::span<const std::span<const std::byte>> parts,
                      FileSystem& files = real_files());
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes,
                      FileSystem& files = real_files());

}  // namespace sloy
