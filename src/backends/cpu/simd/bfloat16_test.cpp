// Kernels that read or write bfloat16 give what they give on the same numbers as floats, rounded
// where they are stored.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/fused.h"
#include "backends/cpu/simd/moments.h"
#include "backends/cpu/simd/pool.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;
using Narrow = std::vector<bfloat16>;

Floats random_floats(std::int64_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = normal(generator);
  return values;
}

Narrow narrow(const Floats& values) {
  Narrow result;
  for (float value : values) result.push_back(to_bfloat16(value));
  return result;
}

Floats wide(const Narrow& values) {
  Floats result;
  for (bfloat16 value : values) result.push_back(to_float(value));
  return result;
}

/// Whose products need more digits than bfloat16 has, and whose sums are exact in any order.
Floats whole_numbers(std::int64_t size, unsigned seed) {
  std::mt19937 generator(seed);
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(static_cast<int>(generator() % 81) - 40);
  return values;
}

/// What lies in `count` elements of memory that was longer.
void expect_untouched(const Narrow& values, std::size_t count) {
  for (std::size_t i = count; i < values.size(); ++i) EXPECT_EQ(values[i].bits, 0x1234) << i;
}

constexpr std::int64_t sizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 70'001, 200'000};

TEST(Convert, RoundsAsOneNumberIsRounded) {
  on_each_target([] {
    for (std::int64_t size : sizes) {
      Floats from = random_floats(size, 1);
      const float special[] = {NAN,   INFINITY,  -INFINITY,
                               -0.0f, 0x1p-127f, -0x1p-140f,
                               257.f, 259.f,     std::numeric_limits<float>::max()};
      for (std::size_t i = 0; i < from.size(); i += 5) from[i] = special[i / 5 % 9];
      Narrow to(from.size() + 40, bfloat16{0x1234});
      convert(from.data(), to.data(), size);
      for (std::size_t i = 0; i < from.size(); ++i) {
        ASSERT_EQ(to[i].bits, to_bfloat16(from[i]).bits) << from[i] << " at " << i;
      }
      expect_untouched(to, from.size());

      Floats back(from.size() + 40, -77.0f);
      convert(to.data(), back.data(), size);
      for (std::size_t i = 0; i < from.size(); ++i) {
        const float expected = to_float(to[i]);
        ASSERT_EQ(std::memcmp(&back[i], &expected, sizeof(float)), 0) << expected << " at " << i;
      }
      for (std::size_t i = from.size(); i < back.size(); ++i) ASSERT_EQ(back[i], -77.0f);
    }
  });
}

const Space spaces[] = {Space::flat(1),
                        Space::flat(100),
                        Space::flat(70'001),
                        Space::plain(33, 7),
                        Space::plain(500, 64),
                        Space::plain(20, 1000),
                        Space::plain(1000, 20),
                        Space::blocked(2, 9, 32, 16),
                        Space::blocked(3, 100, 64, 8)};

/// Σ over rows of r = (x + channel) · y, r itself and x + channel, r being bfloat16 and so x.
struct Chain {
  explicit Chain(bool in_bfloat16) {
    const Element element = in_bfloat16 ? Element::bfloat16 : Element::float32;
    program.loads = {{Indexing::full, element}, {Indexing::channel}, {Indexing::full}};
    program.instructions = {{.opcode = Opcode::add, .a = 0, .b = 1},
                            {.opcode = Opcode::multiply, .a = 3, .b = 2}};
    program.stores = {{Result::channel_sum, 4}, {Result::full, 4, in_bfloat16}, {Result::full, 3}};
  }

  void run(const Space& space, const void* x, const Floats& channel, const Floats& y, float* sums,
           void* r, float* sum) const {
    const FusedKernel kernel(program, space, 2);
    std::vector<std::byte> memory(kernel.scratch_bytes() + 64);
    void* scratch = memory.data();
    std::size_t room = memory.size();
    std::align(64, kernel.scratch_bytes(), scratch, room);
    const void* inputs[] = {x, channel.data(), y.data()};
    void* outputs[] = {sums, r, sum};
    kernel.run(inputs, outputs, scratch);
  }

  FusedProgram program;
};

TEST(FusedBfloat16, ComputesInFloatAndRoundsWhatItStores) {
  on_each_target([] {
    for (const Space& space : spaces) {
      const auto size = static_cast<std::size_t>(space.size());
      const Narrow x = narrow(whole_numbers(space.size(), 2));
      const Floats y = whole_numbers(space.size(), 3);
      const Floats channel = whole_numbers(space.channels(), 4);
      Floats expected_sums(channel.size()), expected_r(size), expected_sum(size);
      Chain(false).run(space, wide(x).data(), channel, y, expected_sums.data(), expected_r.data(),
                       expected_sum.data());
      Floats sums(channel.size()), sum(size);
      Narrow r(size + 40, bfloat16{0x1234});
      Chain(true).run(space, x.data(), channel, y, sums.data(), r.data(), sum.data());
      ASSERT_EQ(sums, expected_sums) << space.size();
      ASSERT_EQ(sum, expected_sum) << space.size();
      const Narrow rounded = narrow(expected_r);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(r[i].bits, rounded[i].bits) << i;
      expect_untouched(r, size);

      // In the place of the operand that is as wide.
      Narrow in_place = x;
      Chain(true).run(space, in_place.data(), channel, y, sums.data(), in_place.data(), sum.data());
      ASSERT_EQ(in_place, rounded) << space.size();
      ASSERT_EQ(sum, expected_sum) << space.size();
    }
  });
}

TEST(MomentsBfloat16, AreThoseOfTheSameFloats) {
  const MomentsShape shapes[] = {
      {.space = Space::plain(100, 15)},
      {.space = Space::plain(5000, 64)},
      {.space = Space::plain(77, 300)},
      {.space = Space::blocked(4, 50, 32, 16)},
      {.space = Space::blocked(4, 50, 32, 8)},
      {.space = {.panels = 3, .rows = 40, .width = 17}, .over = MomentsOver::rows}};
  on_each_target([&] {
    for (const MomentsShape& shape : shapes) {
      const Narrow x = narrow(random_floats(shape.space.size(), 5));
      std::vector<double> scratch(moments_scratch_bytes(shape) / sizeof(double));
      const auto results = static_cast<std::size_t>(shape.results());
      Floats mean(results), variance(results), expected_mean(results), expected_variance(results);
      moments(shape, wide(x).data(), expected_mean.data(), expected_variance.data(),
              scratch.data());
      moments(shape, x.data(), mean.data(), variance.data(), scratch.data());
      EXPECT_EQ(mean, expected_mean);
      EXPECT_EQ(variance, expected_variance);
    }
  });
}

TEST(MaxPoolBfloat16, MovesTheNumbersThatFloatsWouldMove) {
  const Windows windows_of_two_kinds[] = {
      {.height = {.input = 9, .output = 4, .taps = 2, .stride = 2},
       .width = {.input = 8, .output = 4, .taps = 2, .stride = 2}},
      {.height = {.input = 7, .output = 7, .taps = 3, .low = 1},
       .width = {.input = 5, .output = 5, .taps = 3, .low = 1}}};
  on_each_target([&] {
    for (const Windows& windows : windows_of_two_kinds) {
      for (std::int64_t channels : {1, 3, 16, 20, 33, 64}) {
        const PoolShape shape{2, channels, windows};
        const std::int64_t inputs = 2 * channels * windows.input_size();
        const std::int64_t outputs = 2 * channels * windows.output_size();
        Narrow x = narrow(random_floats(inputs, 6));
        x[static_cast<std::size_t>(inputs) / 2] = to_bfloat16(NAN);
        const auto count = static_cast<std::size_t>(outputs);
        Floats expected(count);
        std::vector<std::int32_t> expected_indices(count), indices(count);
        max_pool(shape, wide(x).data(), expected.data(), expected_indices.data());
        Narrow y(count + 40, bfloat16{0x1234});
        max_pool(shape, x.data(), y.data(), indices.data());
        EXPECT_EQ(indices, expected_indices);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(y[i].bits, to_bfloat16(expected[i]).bits) << i;
        }
        expect_untouched(y, count);

        if (!windows.tile()) continue;
        const Narrow dy = narrow(random_floats(outputs, 7));
        Floats expected_dx(static_cast<std::size_t>(inputs));
        max_pool_gradient(shape, wide(dy).data(), indices.data(), expected_dx.data());
        Narrow dx(static_cast<std::size_t>(inputs), bfloat16{0x1234});
        max_pool_gradient(shape, dy.data(), indices.data(), dx.data());
        EXPECT_EQ(wide(dx), expected_dx);
      }
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
