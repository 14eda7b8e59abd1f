#include "backends/cpu/simd/fused_loops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/simd/fused_plan.h"
#include "backends/cpu/simd/fused_testing.h"
#include "harness/each_target.h"
#include "tensor/bfloat16.h"

namespace sloy::cpu {
namespace {

using fused_testing::expect_same_bits;
using fused_testing::Floats;
using fused_testing::size_of;

/// What computes the same, but has no loop: a product's operands change places.
FusedProgram without_loop(FusedProgram program) {
  for (auto& instruction : program.instructions) {
    if (instruction.opcode != Opcode::multiply) continue;
    std::swap(instruction.a, instruction.b);
    return program;
  }
  program.instructions.push_back({.opcode = Opcode::move});
  return program;
}

/// The spaces that a form's loop goes over: blocks of 16 channels, or, where it tells no channels
/// apart, any number of elements.
std::vector<Space> spaces_of(std::string_view form) {
  if (read_loop(form).has_channels()) {
    return {Space::plain(1, 16),
            Space::plain(301, 16),
            Space::blocked(3, 1, 16, 16),
            Space::blocked(2, 49, 32, 16),
            Space::blocked(3, 300, 48, 16),
            Space::blocked(1, 3000, 16, 16)};
  }
  return {Space::flat(1), Space::flat(17), Space::flat(100), Space::flat(20001)};
}

/// Operands of a program, as floats; those that will be bfloat16 lose nothing by it.
std::vector<Floats> operands_of(const FusedProgram& program, const Space& space, bool whole,
                                unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int> integers(-4, 4);
  std::vector<Floats> operands;
  for (const auto& load : program.loads) {
    Floats& operand = operands.emplace_back();
    for (std::int64_t i = 0; i < size_of(space, load.indexing); ++i) {
      const float number = whole ? static_cast<float>(integers(generator)) : normal(generator);
      const bool narrow = load.element == Element::bfloat16;
      operand.push_back(narrow ? to_float(to_bfloat16(number)) : number);
    }
  }
  return operands;
}

/// Memory of a row of numbers as the kernel has it, aligned to 64 bytes.
class Numbers {
 public:
  Numbers(const Floats& values, bool in_bfloat16)
      : count_(values.size()), in_bfloat16_(in_bfloat16), memory_(values.size() * 4 + 128) {
    std::size_t room = memory_.size();
    data_ = memory_.data();
    std::align(64, values.size() * 4, data_, room);
    for (std::size_t i = 0; i < count_; ++i) {
      if (in_bfloat16_)
        static_cast<bfloat16*>(data_)[i] = to_bfloat16(values[i]);
      else
        static_cast<float*>(data_)[i] = values[i];
    }
  }
  void* data() const { return data_; }
  Floats floats() const {
    Floats values(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      values[i] = in_bfloat16_ ? to_float(static_cast<const bfloat16*>(data_)[i])
                               : static_cast<const float*>(data_)[i];
    }
    return values;
  }

 private:
  std::size_t count_;
  bool in_bfloat16_;
  std::vector<std::byte> memory_;
  void* data_ = nullptr;
};

struct Options {
  int threads = 2;
  bool in_place = false;  ///< the first full result takes the place of the last full operand
};

/// The results, each followed by a few numbers that nobody may touch.
std::vector<Floats> run(const FusedProgram& program, const Space& space,
                        const std::vector<Floats>& operands, Options options = {}) {
  std::vector<Numbers> loads, stores;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  std::size_t last_full = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (program.loads[i].indexing == Indexing::full) last_full = i;
    Floats numbers = operands[i];
    numbers.resize(numbers.size() + 8, -77.0f);
    loads.emplace_back(numbers, program.loads[i].element == Element::bfloat16);
    inputs.push_back(loads.back().data());
  }
  for (const auto& store : program.stores) {
    const bool is_full = store.result == Result::full;
    const auto size = is_full ? space.size() : space.channels();
    if (is_full && options.in_place) {
      options.in_place = false;
      stores.push_back(std::move(loads[last_full]));
    } else {
      stores.emplace_back(Floats(static_cast<std::size_t>(size) + 8, -77.0f), store.bfloat16);
    }
    outputs.push_back(stores.back().data());
  }
  const FusedKernel kernel(program, space, options.threads);
  const Numbers scratch(Floats(kernel.scratch_bytes() / sizeof(float)), false);
  kernel.run(inputs.data(), outputs.data(), scratch.data());
  std::vector<Floats> results;
  for (const Numbers& store : stores) {
    results.push_back(store.floats());
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(to_float(to_bfloat16(results.back().back())), -77.0f);
      results.back().pop_back();
    }
  }
  return results;
}

double apply(Opcode opcode, double a, double b, double c) {
  switch (opcode) {
    case Opcode::add: return a + b;
    case Opcode::subtract: return a - b;
    case Opcode::multiply: return a * b;
    case Opcode::negative: return -a;
    case Opcode::rectify: return std::max(a, 0.0);
    case Opcode::greater: return a > b ? 1 : 0;
    default: return a != 0 ? b : c;
  }
}

/// The results in double.
std::vector<std::vector<double>> evaluate(const FusedProgram& program, const Space& space,
                                          const std::vector<Floats>& operands) {
  std::vector<std::vector<double>> results;
  for (const auto& store : program.stores) {
    const bool is_full = store.result == Result::full;
    results.emplace_back(static_cast<std::size_t>(is_full ? space.size() : space.channels()));
  }
  for (std::int64_t e = 0; e < space.size(); ++e) {
    const std::int64_t panel = e / space.width / space.rows;
    const std::int64_t channel = panel % space.blocks * space.width + e % space.width;
    std::vector<double> values;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Indexing indexing = program.loads[i].indexing;
      const std::int64_t at = indexing == Indexing::full      ? e
                              : indexing == Indexing::channel ? channel
                                                              : 0;
      values.push_back(double(operands[i][static_cast<std::size_t>(at)]));
    }
    for (const auto& step : program.instructions) {
      values.push_back(apply(step.opcode, values[step.a], values[step.b], values[step.c]));
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      const double value = values[program.stores[i].value];
      if (program.stores[i].result == Result::full)
        results[i][static_cast<std::size_t>(e)] = value;
      else
        results[i][static_cast<std::size_t>(channel)] += value;
    }
  }
  return results;
}

/// Calls check(program, space, what) for every form in both types, over all of its spaces.
template <class Check>
void for_each_loop(const Check& check) {
  for (const std::string_view form : loop_forms) {
    for (const bool in_bfloat16 : {false, true}) {
      const FusedProgram program = program_of(read_loop(form), in_bfloat16);
      for (const Space& space : spaces_of(form)) {
        check(program, space,
              std::string(form) + (in_bfloat16 ? " in bfloat16, " : ", ") +
                  std::to_string(space.size()));
      }
    }
  }
}

TEST(FusedLoops, EveryFormIsFoundWhereItMayBe) {
  for_each_loop([](const FusedProgram& program, const Space& space, const std::string& what) {
    const auto loop = plan_fused(program, space, 2).loop;
    ASSERT_TRUE(loop) << what;
    EXPECT_TRUE(what.starts_with(loop_forms[loop->form])) << what;
    EXPECT_EQ(loop->bfloat16,
              program.loads[0].element == Element::bfloat16 || program.stores[0].bfloat16)
        << what;
    EXPECT_FALSE(plan_fused(without_loop(program), space, 2).loop) << what;
  });
}

TEST(FusedLoops, ThereIsNoneForOtherChannelsOrMixedTypes) {
  FusedProgram program = program_of(read_loop(loop_forms[0]), false);
  for (const std::int64_t width : {1, 8, 32}) {
    EXPECT_FALSE(plan_fused(program, Space::blocked(2, 9, 64, width), 2).loop) << width;
  }
  EXPECT_FALSE(plan_fused(program, Space::plain(9, 64), 2).loop);
  const Space space = Space::blocked(2, 9, 64, 16);
  program.stores[0].bfloat16 = true;
  EXPECT_FALSE(plan_fused(program, space, 2).loop) << "rounded at the end alone";
  program = program_of(read_loop(loop_forms[0]), false);
  program.loads[0].element = Element::int32;
  EXPECT_FALSE(plan_fused(program, space, 2).loop) << "of integers";
  program = program_of(read_loop(loop_forms[0]), false);
  program.loads[1].indexing = Indexing::row;
  EXPECT_FALSE(plan_fused(program, space, 2).loop) << "by row";
}

TEST(FusedLoops, AreExactOnSmallIntegers) {
  for_each_loop([](const FusedProgram& program, const Space& space, const std::string& what) {
    const std::vector<Floats> operands = operands_of(program, space, true, 1);
    const auto exact = evaluate(program, space, operands);
    on_each_target([&] {
      const std::vector<Floats> seen = run(program, space, operands);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        for (std::size_t k = 0; k < seen[i].size(); ++k) {
          const auto number = static_cast<float>(exact[i][k]);
          const bool narrow = program.stores[i].bfloat16;
          ASSERT_EQ(seen[i][k], narrow ? to_float(to_bfloat16(number)) : number)
              << what << ", result " << i << " at " << k;
        }
      }
    });
  });
}

TEST(FusedLoops, HaveTheBitsOfTheirInstructionsWhateverVectorsAndThreads) {
  for_each_loop([](const FusedProgram& program, const Space& space, const std::string& what) {
    const std::vector<Floats> operands = operands_of(program, space, false, 2);
    std::vector<Floats> expected;
    on_each_target([&] {
      if (expected.empty()) expected = run(without_loop(program), space, operands);
      for (const Options& options : {Options{1}, Options{3}, Options{2, true}}) {
        const std::vector<Floats> seen = run(program, space, operands, options);
        for (std::size_t i = 0; i < seen.size(); ++i) {
          expect_same_bits(seen[i], expected[i], what + ", result " + std::to_string(i));
        }
      }
    });
  });
}

TEST(FusedLoops, HaveTheSameBitsWhereResultsGoPastTheCaches) {
  for (const std::string_view form : {loop_forms[1], loop_forms[8]}) {
    for (const bool in_bfloat16 : {false, true}) {
      const FusedProgram program = program_of(read_loop(form), in_bfloat16);
      const Space space = Space::blocked(3, in_bfloat16 ? 50000 : 25000, 32, 16);
      ASSERT_TRUE(plan_fused(program, space, 2).stream_results);
      const std::vector<Floats> operands = operands_of(program, space, false, 3);
      const std::vector<Floats> expected = run(without_loop(program), space, operands);
      for (const bool in_place : {false, true}) {
        const std::vector<Floats> seen = run(program, space, operands, {2, in_place});
        for (std::size_t i = 0; i < seen.size(); ++i) {
          expect_same_bits(seen[i], expected[i], std::string(form));
        }
      }
    }
  }
}

}  // namespace
}  // namespace sloy::cpu
