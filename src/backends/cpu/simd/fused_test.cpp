#include "backends/cpu/simd/fused.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "backends/cpu/simd/fused_testing.h"
#include "harness/each_target.h"
#include "tensor/random.h"

namespace sloy::cpu {
namespace {

using namespace fused_testing;

constexpr int sizes[] = {1, 2, 3, 15, 16, 17, 33, 64, 100};

/// A random program over operands of every indexing, all of whose values leave it.
FusedProgram random_program(std::mt19937& generator) {
  const auto draw = [&](std::size_t n) {
    return static_cast<std::uint16_t>(generator() % static_cast<std::uint32_t>(n));
  };
  FusedProgram program;
  for (int i = 0; i < 4; ++i) {
    program.loads.push_back({static_cast<Indexing>(i)});
    if (draw(2) == 0) program.loads.push_back({static_cast<Indexing>(draw(4))});
  }
  // The integer instructions and those that round, but none that tells NaN from NaN.
  constexpr Opcode opcodes[] = {
      Opcode::move,    Opcode::negative, Opcode::absolute,   Opcode::sign,    Opcode::square,
      Opcode::add,     Opcode::subtract, Opcode::multiply,   Opcode::maximum, Opcode::minimum,
      Opcode::rectify, Opcode::greater,  Opcode::less_equal, Opcode::equal,   Opcode::where,
      Opcode::divide,  Opcode::tanh,     Opcode::sigmoid,    Opcode::expm1,   Opcode::floor};
  for (int i = 0; i < 12; ++i) {
    const std::size_t values = program.loads.size() + program.instructions.size();
    program.instructions.push_back({.opcode = opcodes[draw(std::size(opcodes))],
                                    .a = draw(values),
                                    .b = draw(values),
                                    .c = draw(values)});
  }
  const std::size_t values = program.loads.size() + program.instructions.size();
  for (std::uint16_t i = 0; i < values; ++i) program.stores.push_back({Result::full, i});
  return program;
}

TEST(Fused, EqualsItsInstructionsOneByOne) {
  on_each_target([] {
    std::mt19937 generator(7);
    for (const Space& space : spaces) {
      for (int trial = 0; trial < 3; ++trial) {
        const FusedProgram program = random_program(generator);
        std::vector<Floats> inputs;
        std::vector<const void*> pointers;
        for (const auto& load : program.loads) {
          inputs.push_back(random_floats(size_of(space, load.indexing), generator));
        }
        for (const Floats& input : inputs) pointers.push_back(input.data());
        const std::vector<Floats> seen = run(program, space, pointers);
        const std::vector<Floats> expected = evaluate_alone(program, space, inputs);
        for (std::size_t i = 0; i < seen.size(); ++i) {
          const std::size_t first = program.loads.size();
          const std::string what =
              i < first ? "load " + std::to_string(i)
                        : std::string(info(program.instructions[i - first].opcode).name);
          expect_same_bits(
              seen[i], expected[i],
              what + " over " + std::to_string(space.rows) + " x " + std::to_string(space.width));
        }
      }
    }
  });
}

TEST(Fused, ComputesEveryInstructionOnEverySize) {
  struct Case {
    Opcode opcode;
    double (*expect)(double a, double b, double c);
  };
  const Case cases[] = {
      {Opcode::move, [](double a, double, double) { return a; }},
      {Opcode::negative, [](double a, double, double) { return -a; }},
      {Opcode::absolute, [](double a, double, double) { return std::abs(a); }},
      {Opcode::sign, [](double a, double, double) { return double((a > 0) - (a < 0)); }},
      {Opcode::floor, [](double a, double, double) { return std::floor(a); }},
      {Opcode::square, [](double a, double, double) { return a * a; }},
      {Opcode::rectify, [](double a, double, double) { return std::max(a, 0.0); }},
      {Opcode::add, [](double a, double b, double) { return a + b; }},
      {Opcode::subtract, [](double a, double b, double) { return a - b; }},
      {Opcode::multiply, [](double a, double b, double) { return a * b; }},
      {Opcode::divide, [](double a, double b, double) { return a / b; }},
      {Opcode::maximum, [](double a, double b, double) { return std::max(a, b); }},
      {Opcode::minimum, [](double a, double b, double) { return std::min(a, b); }},
      {Opcode::equal, [](double a, double b, double) { return double(a == b); }},
      {Opcode::not_equal, [](double a, double b, double) { return double(a != b); }},
      {Opcode::greater, [](double a, double b, double) { return double(a > b); }},
      {Opcode::greater_equal, [](double a, double b, double) { return double(a >= b); }},
      {Opcode::less, [](double a, double b, double) { return double(a < b); }},
      {Opcode::less_equal, [](double a, double b, double) { return double(a <= b); }},
      {Opcode::where, [](double a, double b, double c) { return a != 0 ? b : c; }},
      {Opcode::sqrt, [](double a, double, double) { return std::sqrt(a); }},
      {Opcode::reciprocal, [](double a, double, double) { return 1 / a; }},
  };
  on_each_target([&] {
    std::mt19937 generator(1);
    for (const Case& entry : cases) {
      for (int size : sizes) {
        const Floats a = small_integers(size, generator);
        const Floats b = small_integers(size, generator);
        const Floats c = small_integers(size, generator);
        const std::vector<const Floats*> all = {&a, &b, &c};
        const Floats seen =
            run_alone(entry.opcode, {all.begin(), all.begin() + info(entry.opcode).operands});
        for (int i = 0; i < size; ++i) {
          const auto expected = static_cast<float>(entry.expect(a[i], b[i], c[i]));
          if (std::isnan(expected)) {
            ASSERT_TRUE(std::isnan(seen[i])) << info(entry.opcode).name;
          } else {
            ASSERT_EQ(seen[i], expected)
                << info(entry.opcode).name << '(' << a[i] << ", " << b[i] << ", " << c[i] << ')';
          }
        }
      }
    }
  });
}

/// x·γ + β, summed in every way.
FusedProgram sums_program() {
  return {.loads = {{Indexing::full}, {Indexing::channel}, {Indexing::scalar}},
          .instructions = {{.opcode = Opcode::multiply, .a = 0, .b = 1},
                           {.opcode = Opcode::add, .a = 3, .b = 2}},
          .stores = {{Result::channel_sum, 4}, {Result::total_sum, 4}, {Result::channel_sum, 1}}};
}

TEST(Fused, SumsAreExactOnSmallIntegers) {
  on_each_target([] {
    std::mt19937 generator(2);
    for (const Space& space : spaces) {
      const Floats x = small_integers(space.size(), generator);
      const Floats gamma = small_integers(space.channels(), generator);
      const Floats beta = {3};
      std::vector<double> by_channel(space.channels()), gammas(space.channels());
      double total = 0;
      for (std::int64_t e = 0; e < space.size(); ++e) {
        const std::int64_t channel = place_of(space, Indexing::channel, e);
        const double y = double(x[e]) * double(gamma[channel]) + 3;
        by_channel[channel] += y;
        gammas[channel] += double(gamma[channel]);
        total += y;
      }
      const auto seen = run(sums_program(), space, {x.data(), gamma.data(), beta.data()});
      const auto floats = [](const std::vector<double>& values) {
        return Floats(values.begin(), values.end());
      };
      expect_same_bits(seen[0], floats(by_channel), "by channel");
      expect_same_bits(seen[1], {static_cast<float>(total)}, "total");
      expect_same_bits(seen[2], floats(gammas), "of an operand by channel");
    }
  });
}

TEST(Fused, SumsDoNotDependOnVectorsOrThreads) {
  for (const Space& space : spaces) {
    std::mt19937 generator(3);
    const Floats x = random_floats(space.size(), generator);
    const Floats gamma = random_floats(space.channels(), generator);
    const Floats beta = {0.3f};
    std::vector<Floats> first;
    on_each_target([&] {
      for (int threads : {1, 2, 3, 7}) {
        const auto seen =
            run(sums_program(), space, {x.data(), gamma.data(), beta.data()}, threads);
        if (first.empty()) first = seen;
        for (std::size_t i = 0; i < seen.size(); ++i) {
          expect_same_bits(seen[i], first[i], "sum " + std::to_string(i));
        }
      }
    });
  }
}

/// softmax, and its row sums and maxima.
FusedProgram softmax_program() {
  return {.loads = {{Indexing::full}},
          .instructions = {{.opcode = Opcode::row_max, .a = 0},
                           {.opcode = Opcode::subtract, .a = 0, .b = 1},
                           {.opcode = Opcode::exp, .a = 2},
                           {.opcode = Opcode::row_sum, .a = 3},
                           {.opcode = Opcode::divide, .a = 3, .b = 4}},
          .stores = {{Result::full, 5}, {Result::row, 1}, {Result::row, 4}}};
}

TEST(Fused, ReducesAlongRows) {
  on_each_target([] {
    std::mt19937 generator(4);
    for (int rows : {1, 3, 64, 300}) {
      for (int width : {1, 2, 3, 10, 15, 16, 17, 33, 64, 100, 1000, 3001}) {
        const Space space = Space::plain(rows, width);
        const Floats x = random_floats(space.size(), generator);
        const auto seen = run(softmax_program(), space, {x.data()});
        for (int row = 0; row < rows; ++row) {
          const float* scores = x.data() + row * width;
          const float max = *std::max_element(scores, scores + width);
          double sum = 0;
          for (int i = 0; i < width; ++i) sum += std::exp(double(scores[i]) - double(max));
          ASSERT_EQ(seen[1][row], max) << rows << " x " << width;
          ASSERT_NEAR(seen[2][row], sum, 1e-6 * sum + 1e-6);
          for (int i = 0; i < width; ++i) {
            const double expected = std::exp(double(scores[i]) - double(max)) / sum;
            ASSERT_NEAR(seen[0][row * width + i], expected, 2e-6 * expected);
          }
        }
      }
    }
  });
}

TEST(Fused, RowSumsDoNotDependOnVectors) {
  std::mt19937 generator(4);
  const Space space = Space::plain(50, 77);
  const FusedProgram program = {.loads = {{}, {Indexing::row}},
                                .instructions = {{.opcode = Opcode::row_sum, .a = 0},
                                                 {.opcode = Opcode::multiply, .a = 2, .b = 1}},
                                .stores = {{Result::row, 3}}};
  const Floats x = random_floats(space.size(), generator);
  const Floats scale = random_floats(space.rows, generator);
  Floats first;
  on_each_target([&] {
    const Floats seen = run(program, space, {x.data(), scale.data()})[0];
    if (first.empty()) first = seen;
    expect_same_bits(seen, first, "row sums");
  });
}

TEST(Fused, MayWriteOverItsOperands) {
  // Momentum: h ← 0.9·h + g, w ← w − η·h, both in place; and a value that is read after the
  // operand's memory has been written over.
  const FusedProgram program = {
      .loads = {{}, {}, {}, {Indexing::scalar}},
      .instructions = {{.opcode = Opcode::constant, .immediate = 0.9f},
                       {.opcode = Opcode::multiply, .a = 4, .b = 1},
                       {.opcode = Opcode::add, .a = 5, .b = 2},  // h
                       {.opcode = Opcode::multiply, .a = 3, .b = 6},
                       {.opcode = Opcode::subtract, .a = 0, .b = 7},  // w
                       {.opcode = Opcode::subtract, .a = 0, .b = 1}},
      .stores = {{Result::full, 6}, {Result::full, 8}, {Result::full, 9}}};
  on_each_target([&] {
    std::mt19937 generator(5);
    for (int size : {1, 15, 100, 5000}) {
      Floats w = random_floats(size, generator);
      Floats h = random_floats(size, generator);
      const Floats g = random_floats(size, generator);
      const Floats rate = {0.1f};
      const auto expected =
          run(program, Space::flat(size), {w.data(), h.data(), g.data(), rate.data()});
      const FusedKernel kernel(program, Space::flat(size), 1);
      Floats difference(w.size()), scratch(kernel.scratch_bytes() / 4);
      const void* inputs[] = {w.data(), h.data(), g.data(), rate.data()};
      void* outputs[] = {h.data(), w.data(), difference.data()};
      kernel.run(inputs, outputs, scratch.data());
      expect_same_bits(h, expected[0], "h");
      expect_same_bits(w, expected[1], "w");
      expect_same_bits(difference, expected[2], "difference");
    }
  });
}

TEST(Fused, ConvertsIntegers) {
  const FusedProgram program = {.loads = {{Indexing::full, Element::uint8},
                                          {Indexing::row, Element::int32},
                                          {Indexing::scalar, Element::int32},
                                          {Indexing::channel, Element::uint8}},
                                .instructions = {{.opcode = Opcode::multiply, .a = 0, .b = 2},
                                                 {.opcode = Opcode::add, .a = 4, .b = 1},
                                                 {.opcode = Opcode::add, .a = 5, .b = 3}},
                                .stores = {{Result::full, 6}}};
  on_each_target([&] {
    for (const Space& space : spaces) {
      std::vector<std::uint8_t> x(space.size()), channel(space.channels());
      std::vector<std::int32_t> row(space.examples() * space.rows);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint8_t>(i * 7);
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<std::int32_t>(i) - 50;
      for (std::size_t i = 0; i < channel.size(); ++i) channel[i] = static_cast<std::uint8_t>(i);
      const std::int32_t factor = -3;
      const Floats seen = run(program, space, {x.data(), row.data(), &factor, channel.data()})[0];
      for (std::int64_t e = 0; e < space.size(); ++e) {
        const std::int64_t expected = x[e] * -3 + row[place_of(space, Indexing::row, e)] +
                                      channel[place_of(space, Indexing::channel, e)];
        ASSERT_EQ(seen[e], static_cast<float>(expected));
      }
    }
  });
}

TEST(Fused, DrawsTheNumbersOfTheReference) {
  struct Case {
    Space space;
    std::int64_t rows_per_example;
    bool blocked;
  };
  const Case cases[] = {
      {Space::plain(6, 1600), 1, false},         {Space::plain(3 * 49, 32), 49, false},
      {Space::plain(5 * 7, 3), 7, false},        {Space::plain(40, 10), 1, false},
      {Space::plain(64, 1), 16, false},          {Space::plain(2, 5001), 1, false},
      {Space::blocked(3, 49, 32, 16), 49, true}, {Space::blocked(3, 25, 24, 8), 25, true},
      {Space::blocked(2, 7, 16, 16), 7, true},
  };
  const std::uint32_t seed[] = {12345, 678};
  const std::uint32_t step = 9;
  const RandomKey key = random_key(12345 | std::uint64_t{678} << 32, Purpose::op, 77);
  on_each_target([&] {
    for (const auto& [space, rows_per_example, blocked] : cases) {
      const FusedProgram program = {
          .instructions = {{.opcode = Opcode::random_uniform}},
          .stores = {{Result::full, 0}},
          .randoms = {{0, 1, static_cast<std::uint32_t>(Purpose::op), 77, rows_per_example}}};
      const Floats seen = run(program, space, {seed, &step})[0];
      const std::int64_t examples = space.examples() * space.rows / rows_per_example;
      const std::int64_t channels = space.channels();
      for (std::int64_t example = 0; example < examples; ++example) {
        Floats expected(rows_per_example * channels);
        fill_uniform(key, {step, static_cast<std::uint64_t>(example)}, 0, expected);
        for (std::int64_t i = 0; i < rows_per_example; ++i) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t panel = example * space.blocks + c / space.width;
            const std::int64_t element =
                blocked ? (panel * space.rows + i) * space.width + c % space.width
                        : (example * rows_per_example + i) * channels + c;
            ASSERT_EQ(seen[element], expected[i * channels + c]) << example << ' ' << i << ' ' << c;
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
