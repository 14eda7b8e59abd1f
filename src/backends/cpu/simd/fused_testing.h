/// What tests of fused programs share: spaces, runs, and programs computed one instruction at a
/// time.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/simd/fused.h"

namespace sloy::cpu::fused_testing {

using Floats = std::vector<float>;

inline std::int64_t size_of(const Space& space, Indexing indexing) {
  switch (indexing) {
    case Indexing::full: return space.size();
    case Indexing::channel: return space.channels();
    case Indexing::row: return space.examples() * space.rows;
    case Indexing::scalar: return 1;
  }
  return 0;
}

inline std::int64_t size_of(const Space& space, Result result) {
  switch (result) {
    case Result::full: return space.size();
    case Result::row: return space.examples() * space.rows;
    case Result::channel_sum: return space.channels();
    case Result::total_sum: return 1;
  }
  return 0;
}

/// Where the element's number of an operand lies, by the definition.
inline std::int64_t place_of(const Space& space, Indexing indexing, std::int64_t element) {
  const std::int64_t column = element % space.width;
  const std::int64_t row = element / space.width % space.rows;
  const std::int64_t panel = element / space.width / space.rows;
  switch (indexing) {
    case Indexing::full: return element;
    case Indexing::channel: return panel % space.blocks * space.width + column;
    case Indexing::row: return panel / space.blocks * space.rows + row;
    case Indexing::scalar: return 0;
  }
  return 0;
}

inline std::vector<Floats> run(const FusedProgram& program, const Space& space,
                               const std::vector<const void*>& inputs, int threads = 2) {
  const FusedKernel kernel(program, space, threads);
  std::vector<Floats> results;
  std::vector<void*> outputs;
  for (const auto& store : program.stores) {
    // A few more, which must stay as they are.
    results.emplace_back(size_of(space, store.result) + 8, -77.0f);
  }
  for (Floats& result : results) outputs.push_back(result.data());
  std::vector<std::byte> memory(kernel.scratch_bytes() + 64);
  void* scratch = memory.data();
  std::size_t room = memory.size();
  std::align(64, kernel.scratch_bytes(), scratch, room);
  kernel.run(inputs.data(), outputs.data(), scratch);
  for (Floats& result : results) {
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(result.back(), -77.0f);
      result.pop_back();
    }
  }
  return results;
}

/// One instruction on whole arrays: what fused programs must agree with bit for bit.
inline Floats run_alone(Opcode opcode, const std::vector<const Floats*>& operands) {
  FusedProgram program;
  std::vector<const void*> inputs;
  for (const Floats* operand : operands) {
    program.loads.push_back({});
    inputs.push_back(operand->data());
  }
  program.instructions = {{.opcode = opcode, .a = 0, .b = 1, .c = 2}};
  program.stores = {{Result::full, static_cast<std::uint16_t>(operands.size())}};
  const auto size = static_cast<std::int64_t>(operands[0]->size());
  return run(program, Space::flat(size), inputs, 1)[0];
}

inline void expect_same_bits(const Floats& seen, const Floats& expected, const std::string& what) {
  ASSERT_EQ(seen.size(), expected.size()) << what;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(seen[i]), std::bit_cast<std::uint32_t>(expected[i]))
        << what << " at " << i << ": " << seen[i] << ", not " << expected[i];
  }
}

inline Floats random_floats(std::int64_t size, std::mt19937& generator) {
  std::normal_distribution<float> normal;
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = normal(generator);
  return values;
}

inline Floats small_integers(std::int64_t size, std::mt19937& generator) {
  std::uniform_int_distribution<int> integers(-4, 4);
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(integers(generator));
  return values;
}

inline const Space spaces[] = {
    Space::flat(1),
    Space::flat(100),
    Space::flat(70001),
    Space::plain(1, 7),
    Space::plain(200, 1),
    Space::plain(301, 3),
    Space::plain(33, 10),
    Space::plain(129, 16),
    Space::plain(700, 64),
    Space::plain(64, 100),
    Space::plain(5, 513),
    Space::plain(70, 1001),
    Space::plain(3, 5000),
    Space::blocked(2, 49, 32, 16),
    Space::blocked(3, 1, 16, 16),
    Space::blocked(5, 300, 48, 16),
    Space::blocked(40, 9, 24, 8),
    Space::blocked(1, 3000, 16, 8),
    {.panels = 6, .rows = 35, .width = 12},
    {.panels = 3, .rows = 2000, .width = 33},
    {.panels = 2, .rows = 3, .width = 700},
};

inline std::vector<Floats> evaluate_alone(const FusedProgram& program, const Space& space,
                                          const std::vector<Floats>& inputs) {
  std::vector<Floats> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Floats& value = values.emplace_back();
    for (std::int64_t e = 0; e < space.size(); ++e) {
      value.push_back(inputs[i][place_of(space, program.loads[i].indexing, e)]);
    }
  }
  for (const auto& step : program.instructions) {
    const std::vector<const Floats*> all = {&values[step.a], &values[step.b], &values[step.c]};
    Floats value = run_alone(step.opcode, {all.begin(), all.begin() + info(step.opcode).operands});
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace sloy::cpu::fused_testing
