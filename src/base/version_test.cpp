#include "base/version.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace sloy {
namespace {

TEST(BuildInfo, SaysWhatWasBuiltFromWhatByWhat) {
  const auto matches = [](std::string_view text, const char* pattern) {
    return std::regex_match(std::string(text), std::regex(pattern));
  };
  EXPECT_TRUE(matches(build_info().version, R"(\d+\.\d+\.\d+)")) << build_info().version;
  EXPECT_TRUE(matches(build_info().commit, "[0-9a-f]{12}(-dirty)?|unknown")) << build_info().commit;
#ifdef __clang__
  const std::string compiler = "Clang " + std::to_string(__clang_major__) + ".";
#else
  const std::string compiler = "GNU " + std::to_string(__GNUC__) + ".";
#endif
  EXPECT_EQ(build_info().compiler.substr(0, compiler.size()), compiler);
}

}  // namespace
}  // namespace sloy
