#include "backends/cpu/simd/random_normal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

/// Against the definition in double. Each of the formula's factors is good to two units in the last
/// place, whatever the size of the number.
TEST(RandomNormal, IsTheDefinitionToAFewUnitsInTheLastPlace) {
  const RandomKey key = random_key(5, Purpose::op, 9);
  on_each_target([&] {
    for (const auto& [examples, size] : {std::pair{1, 1}, {3, 7}, {2, 128}, {2, 129}, {40, 5000}}) {
      std::vector<float> numbers(static_cast<std::size_t>(examples) * size);
      random_normal(key, 77, examples, size, numbers.data());
      std::vector<double> exact(static_cast<std::size_t>(size));
      for (int n = 0; n < examples; ++n) {
        fill_normal(key, {.step = 77, .example = static_cast<std::uint64_t>(n)}, 0, exact);
        for (int i = 0; i < size; ++i) {
          const double expected = exact[static_cast<std::size_t>(i)];
          const double found = numbers[static_cast<std::size_t>(n * size + i)];
          ASSERT_LE(std::abs(found - expected), 4 * std::ldexp(1.0, std::ilogb(expected) - 23))
              << n << ' ' << i;
        }
      }
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
