#include "base/bytes.h"

#include <fmt/format.h>

#include <algorithm>

namespace sloy {

bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(),
                    [](char c, std::byte byte) { return static_cast<std::byte>(c) == byte; });
}

std::span<const std::byte> ByteReader::take(std::size_t count, std::string_view what) {
  if (count > remaining()) throw ends_too_early(file_, offset(), count, remaining(), what);
  const auto taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

std::string_view ByteReader::text(std::size_t count, std::string_view what) {
  const auto taken = take(count, what);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

void ByteReader::fail(std::string sentence, std::string fix) const {
  throw FileError(std::move(sentence), {{"file", file_, fmt::format("at byte {}", offset())}},
                  std::move(fix));
}

FileError ends_too_early(const std::string& file, std::uint64_t offset, std::uint64_t needed,
                         std::uint64_t found, std::string_view what) {
  return FileError(fmt::format("the file ends within {}", what),
                   {{"file", file, fmt::format("at byte {}", offset)},
                    {"needed", fmt::format("{} bytes", needed)},
                    {"found", fmt::format("{} bytes", found)}},
                   "the file is damaged or incomplete: get it again");
}

}  // namespace sloy
