/// The one way from a file's bytes to numbers: every parser reads through it.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sloy/error.h>

namespace sloy {

/// The number whose little-endian bytes these are. REQUIRES: sizeof(T) bytes.
template <std::unsigned_integral T>
constexpr T little_endian(std::span<const std::byte> bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(bytes[i]) << (8 * i));
  }
  return value;
}

/// The number whose big-endian bytes these are. REQUIRES: sizeof(T) bytes.
template <std::unsigned_integral T>
constexpr T big_endian(std::span<const std::byte> bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(bytes[i]) << (8 * (sizeof(T) - 1 - i)));
  }
  return value;
}

/// Appends the number's bytes, the lowest first.
template <std::unsigned_integral T>
void append_little_endian(std::string& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

/// Whether the first of these bytes are such a text.
bool begins_with(std::span<const std::byte> bytes, std::string_view text);

/// Reads bytes in order and never past their end. `what` names the thing being read: "the number of
/// dimensions". Doesn't own the bytes.
class ByteReader {
 public:
  /// `offset` is where in the file the first of these bytes lies, for messages.
  ByteReader(std::span<const std::byte> bytes, std::string file, std::uint64_t offset = 0)
      : bytes_(bytes), file_(std::move(file)), start_(offset) {}

  std::size_t remaining() const { return bytes_.size() - position_; }
  /// Where in the file the next byte lies.
  std::uint64_t offset() const { return start_ + position_; }

  /// The next `count` bytes. Throws FileError where there are fewer, as all below.
  std::span<const std::byte> take(std::size_t count, std::string_view what);
  std::string_view text(std::size_t count, std::string_view what);
  std::uint8_t byte(std::string_view what) { return little<std::uint8_t>(what); }

  template <std::unsigned_integral T>
  T little(std::string_view what) {
    return little_endian<T>(take(sizeof(T), what));
  }
  template <std::unsigned_integral T>
  T big(std::string_view what) {
    return big_endian<T>(take(sizeof(T), what));
  }

  /// A FileError about what was just read, with the file and the place.
  [[noreturn]] void fail(std::string sentence, std::string fix = {}) const;

 private:
  std::span<const std::byte> bytes_;
  std::string file_;
  std::uint64_t start_;
  std::size_t position_ = 0;
};

/// The error of every reader whose file ends inside `what`.
FileError ends_too_early(const std::string& file, std::uint64_t offset, std::uint64_t needed,
                         std::uint64_t found, std::string_view what);

}  // namespace sloy
