#include "base/parallel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
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

TEST(ParallelFor, RethrowsTheExceptionOfTheFirstRun) {
  const auto fail = [](std::int64_t first, std::int64_t) {
    if (first > 0) throw std::runtime_error("later run");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that the others throw before
    throw std::runtime_error("first run");
  };
  for (const std::int64_t grain : {1, 1000}) {
    try {
      parallel_for(100, grain, fail);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), std::string("first run"));
    }
  }
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
