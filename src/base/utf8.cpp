#include "base/utf8.h"

#include <algorithm>

namespace sloy {
namespace {

/// What may follow a letter's first byte: how many bytes, and the range of the first of them. The
/// others are 0x80 to 0xBF.
struct Tail {
  std::size_t bytes;
  unsigned char least;
  unsigned char most;
};

/// Nothing where no letter begins so.
std::optional<Tail> tail_of(unsigned char first) {
  constexpr unsigned char least = 0x80, most = 0xBF;
  if (first < 0x80) return Tail{0, least, most};
  if (first < 0xC2 || first > 0xF4) return {};
  if (first < 0xE0) return Tail{1, least, most};
  if (first == 0xE0) return Tail{2, 0xA0, most};   // else one byte less would do
  if (first == 0xED) return Tail{2, least, 0x9F};  // halves of pairs of UTF-16
  if (first < 0xF0) return Tail{2, least, most};
  if (first == 0xF0) return Tail{3, 0x90, most};
  if (first == 0xF4) return Tail{3, least, 0x8F};  // the last letter is U+10FFFF
  return Tail{3, least, most};
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  const auto is_ascii = [](char letter) { return static_cast<unsigned char>(letter) < 0x80; };
  auto at = static_cast<std::size_t>(std::ranges::find_if_not(text, is_ascii) - text.begin());
  while (at < text.size()) {
    const std::optional<Tail> tail = tail_of(static_cast<unsigned char>(text[at]));
    if (!tail || text.size() - at <= tail->bytes) return at;
    for (std::size_t i = 1; i <= tail->bytes; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      const bool is_second = i == 1;
      if (byte < (is_second ? tail->least : 0x80) || byte > (is_second ? tail->most : 0xBF)) {
        return at;
      }
    }
    at += 1 + tail->bytes;
  }
  return {};
}

}  // namespace sloy
