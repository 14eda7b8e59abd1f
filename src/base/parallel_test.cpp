#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace sloy {
namespace {

TEST(ParallelFor, VisitsEverythingOnce) {
  for (std::int64_t count : {0, 1, 7, 64, 1000, 1001}) {
    for (std::int64_t grain : {0, 1, 10, 5000}) {
      std::vector<int> visits(count);
      parallel_for(count, grain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) ++visits[i];
      });
      EXPECT_EQ(visits, std::vector<int>(count, 1)) << count << " by " << grain;
    }
  }
}

TEST(ParallelFor, RethrowsAnException) {
  const auto fail = [](std::int64_t first, std::int64_t) {
    if (first > 0) throw std::runtime_error("piece");
    throw std::runtime_error("first");
  };
  EXPECT_THROW(parallel_for(100, 1, fail), std::runtime_error);
  EXPECT_THROW(parallel_for(100, 1000, fail), std::runtime_error);
}

TEST(ParallelFor, StaysOnOneThreadInside) {
  std::vector<int> visits(100);
  parallel_for(4, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      parallel_for(25, 1, [&](std::int64_t a, std::int64_t b) {
        EXPECT_EQ(b - a, 25);
        for (std::int64_t j = a; j < b; ++j) ++visits[i * 25 + j];
      });
    }
  });
  EXPECT_EQ(visits, std::vector<int>(100, 1));
}

}  // namespace
}  // namespace sloy
