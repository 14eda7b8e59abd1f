/// Where packed data lie.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sloy::data {

inline constexpr std::string_view records_ending = ".sloydata";

/// The file of a part: "train", "validation" or "test".
inline std::filesystem::path records_of(const std::filesystem::path& directory,
                                        std::string_view part) {
  return directory / (std::string(part) + std::string(records_ending));
}

}  // namespace sloy::data
