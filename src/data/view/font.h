/// A font of few pixels, for names beside pictures.
#pragma once

#include <string>
#include <string_view>

namespace sloy::data {

inline constexpr int letter_width = 5;   ///< without the column between two letters
inline constexpr int letter_height = 9;  ///< the lowest two are of letters as g and p alone
inline constexpr int letter_base = 7;    ///< where those begin

/// Whether a pixel of a letter of ASCII is drawn. Every other letter is a box.
bool is_ink(char letter, int x, int y);

/// A text as letters that is_ink knows, each of them one byte: of UTF-8 what isn't ASCII becomes a
/// box.
std::string drawable(std::string_view text);

}  // namespace sloy::data
