#include "base/huge_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sloy {
namespace {

/// Whether the system has noted the advice for the memory at an address.
bool is_advised(const void* at) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t first = 0, last = 0;
    char dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> first >> dash >> last && dash == '-') {
      here = first <= address && address < last;
    } else if (here && line.starts_with("VmFlags:")) {
      return line.find(" hg") != std::string::npos;
    }
  }
  return false;
}

TEST(HugePages, AreAskedForInsideALargeBlock) {
  std::vector<char> block(std::size_t{9} << 20, 'x');
  const bool agreed = prefer_huge_pages(block.data(), block.size());
  EXPECT_EQ(is_advised(block.data() + block.size() / 2), agreed);
  EXPECT_EQ(std::ranges::count(block, 'x'), static_cast<std::ptrdiff_t>(block.size()));
}

TEST(HugePages, LeaveSmallBlocksAlone) {
  std::vector<char> block(std::size_t{3} << 20);
  EXPECT_FALSE(prefer_huge_pages(block.data(), block.size()));
  EXPECT_FALSE(prefer_huge_pages(nullptr, 0));
}

}  // namespace
}  // namespace sloy
