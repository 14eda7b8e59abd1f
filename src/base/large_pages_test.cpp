#include "base/large_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

namespace sloy {
namespace {

// Whether pages are granted is the system's affair; memory is as it was in any case.
TEST(LargePages, LeaveMemoryUsable) {
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{64}, std::size_t{2} << 20, (std::size_t{9} << 20) + 100}) {
    const std::unique_ptr<std::byte[]> memory(new std::byte[bytes + 1]);
    prefer_large_pages(memory.get(), bytes);
    std::memset(memory.get(), 7, bytes + 1);
    EXPECT_EQ(memory[0], std::byte{7});
    EXPECT_EQ(memory[bytes], std::byte{7});
  }
}

}  // namespace
}  // namespace sloy
