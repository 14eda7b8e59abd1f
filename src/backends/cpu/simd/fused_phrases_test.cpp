// Pairs and phrases of fused programs, which do several instructions at once.
#include "backends/cpu/simd/fused_phrases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "backends/cpu/simd/fused_plan.h"
#include "backends/cpu/simd/fused_testing.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using namespace fused_testing;

/// Instructions that are joined in pairs where nothing else reads what is between them.
TEST(FusedPairs, EqualTheirInstructionsOneByOne) {
  constexpr Opcode opcodes[] = {Opcode::add,     Opcode::subtract, Opcode::multiply,
                                Opcode::rectify, Opcode::greater,  Opcode::where};
  on_each_target([&] {
    std::mt19937 generator(11);
    for (const Space& space : spaces) {
      for (const Opcode first :
           {Opcode::add, Opcode::subtract, Opcode::multiply, Opcode::greater}) {
        for (const Opcode second : opcodes) {
          for (const std::uint16_t place : {0, 1, 2}) {  // of the first one's result
            if (place >= info(second).operands) continue;
            FusedProgram program;
            for (int i = 0; i < 4; ++i) program.loads.push_back({static_cast<Indexing>(i)});
            std::uint16_t operands[] = {0, 1, 3};
            operands[place] = 4;
            program.instructions = {{.opcode = first, .a = 0, .b = 2},
                                    {second, operands[0], operands[1], operands[2]}};
            program.stores = {{Result::full, 5}, {Result::channel_sum, 5}};
            std::vector<Floats> inputs;
            std::vector<const void*> pointers;
            for (const auto& load : program.loads) {
              inputs.push_back(random_floats(size_of(space, load.indexing), generator));
            }
            for (const Floats& input : inputs) pointers.push_back(input.data());
            expect_same_bits(
                run(program, space, pointers)[0], evaluate_alone(program, space, inputs)[5],
                std::string(info(first).name) + ", then " + std::string(info(second).name));
          }
        }
      }
    }
  });
}

/// A program that computes a form of phrases, whose operands are indexed from `first` on; operands
/// of products and sums change places where `swapped`.
class FormReader {
 public:
  FormReader(std::string_view form, int first, bool swapped) : text_(form), swapped_(swapped) {
    for (int i = 0; i < most_operands; ++i) {
      program_.loads.push_back({static_cast<Indexing>((first + i) % 4)});
    }
  }
  FusedProgram read() {
    read_value();
    const std::uint16_t last = next() - 1;
    program_.stores = {{Result::full, last}, {Result::channel_sum, last}};
    return program_;
  }

 private:
  std::uint16_t next() const {
    return static_cast<std::uint16_t>(program_.loads.size() + program_.instructions.size());
  }
  std::uint16_t read_value() {
    const char symbol = text_.front();
    text_.remove_prefix(1);
    if (is_operand(symbol)) return static_cast<std::uint16_t>(symbol - 'a');
    const Opcode opcode = symbol == '+'   ? Opcode::add
                          : symbol == '-' ? Opcode::subtract
                          : symbol == '*' ? Opcode::multiply
                          : symbol == '/' ? Opcode::divide
                          : symbol == 's' ? Opcode::square
                                          : Opcode::sqrt;
    std::uint16_t a = read_value(), b = 0;
    if (info(opcode).operands == 2) b = read_value();
    if (swapped_ && (symbol == '+' || symbol == '*')) std::swap(a, b);
    program_.instructions.push_back({.opcode = opcode, .a = a, .b = b});
    return static_cast<std::uint16_t>(next() - 1);
  }

  std::string_view text_;
  bool swapped_;
  FusedProgram program_;
};

TEST(FusedPhrases, EqualTheirInstructionsOneByOne) {
  on_each_target([&] {
    std::mt19937 generator(12);
    for (const Space& space : spaces) {
      for (const PhraseForm& form : phrase_forms) {
        for (const int first : {0, 1, 2, 3}) {
          const FusedProgram program = FormReader(form.text, first, first % 2 == 1).read();
          std::vector<Floats> inputs;
          std::vector<const void*> pointers;
          for (const auto& load : program.loads) {
            inputs.push_back(random_floats(size_of(space, load.indexing), generator));
            for (float& number : inputs.back()) number = std::abs(number);  // roots of numbers
          }
          for (const Floats& input : inputs) pointers.push_back(input.data());
          expect_same_bits(run(program, space, pointers)[0],
                           evaluate_alone(program, space, inputs).back(), std::string(form.text));
        }
      }
    }
  });
}

/// w, m and v of Adam from g: the averages stored, ε outside the root.
FusedProgram adam(bool swapped) {
  FusedProgram program = {.loads = {{}, {}, {}, {}, {Indexing::scalar}, {Indexing::scalar}}};
  for (const float number : {0.9f, 0.1f, 0.999f, 0.001f, 1e-7f}) {
    program.instructions.push_back({.opcode = Opcode::constant, .immediate = number});
  }
  const auto add = [&](Opcode opcode, std::uint16_t a, std::uint16_t b = 0) {
    if (swapped && (opcode == Opcode::add || opcode == Opcode::multiply)) std::swap(a, b);
    program.instructions.push_back({.opcode = opcode, .a = a, .b = b});
    return static_cast<std::uint16_t>(program.loads.size() + program.instructions.size() - 1);
  };
  const auto m = add(Opcode::add, add(Opcode::multiply, 6, 1), add(Opcode::multiply, 7, 3));
  const auto square = add(Opcode::square, 3);
  const auto v = add(Opcode::add, add(Opcode::multiply, 8, 2), add(Opcode::multiply, 9, square));
  const auto root = add(Opcode::add, add(Opcode::multiply, add(Opcode::sqrt, v), 5), 10);
  const auto step = add(Opcode::divide, add(Opcode::multiply, 4, m), root);
  const auto w = add(Opcode::subtract, 0, step);
  program.stores = {{Result::full, m}, {Result::full, v}, {Result::full, w}};
  return program;
}

TEST(FusedPhrases, AdamIsThreePhrases) {
  for (const bool swapped : {false, true}) {
    const FusedPlan plan = plan_fused(adam(swapped), Space::flat(1 << 20), 1);
    std::vector<Phrase> phrases;
    for (const Step& step : plan.per_tile) phrases.push_back(step.phrase);
    EXPECT_EQ(phrases, (std::vector{Phrase::average, Phrase::average_of_square,
                                    Phrase::descent_by_root_plus}));
    // Every operand is fetched ahead, and none twice.
    std::vector<std::uint16_t> fetched;
    for (const Stream& stream : plan.streams) fetched.push_back(stream.input);
    for (const Step& step : plan.per_tile) {
      for (const std::uint16_t input : step.ahead) {
        if (input != Step::nothing_ahead) fetched.push_back(input);
      }
    }
    std::ranges::sort(fetched);
    EXPECT_EQ(fetched, (std::vector<std::uint16_t>{0, 1, 2, 3}));
  }
}

TEST(FusedPhrases, AdamInPlaceIsTheFormula) {
  on_each_target([&] {
    std::mt19937 generator(13);
    for (const int size : {1, 17, 1000, 300001}) {
      Floats w = random_floats(size, generator), m = random_floats(size, generator);
      Floats v = random_floats(size, generator);
      for (float& number : v) number = std::abs(number);
      const Floats g = random_floats(size, generator), rate = {0.01f}, inverse = {0.3f};
      const Floats w0 = w, m0 = m, v0 = v;
      const FusedKernel kernel(adam(false), Space::flat(size), 2);
      Floats scratch(kernel.scratch_bytes() / 4 + 16);
      const void* inputs[] = {w.data(), m.data(), v.data(), g.data(), rate.data(), inverse.data()};
      void* outputs[] = {m.data(), v.data(), w.data()};
      kernel.run(inputs, outputs, scratch.data());
      for (std::size_t i = 0; i < w.size(); ++i) {
        const double m1 = 0.9 * m0[i] + 0.1 * g[i], v1 = 0.999 * v0[i] + 0.001 * g[i] * g[i];
        const double w1 = w0[i] - 0.01 * m1 / (std::sqrt(v1) * 0.3 + 1e-7);
        ASSERT_NEAR(m[i], m1, 1e-6) << i;
        ASSERT_NEAR(v[i], v1, 1e-6) << i;
        ASSERT_NEAR(w[i], w1, 1e-5 * (1 + std::abs(w1))) << i;
      }
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
