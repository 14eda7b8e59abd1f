#include "backends/cpu/simd/fused.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "backends/cpu/simd/fused_plan.h"
#include "harness/each_target.h"
#include "tensor/random.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

constexpr int sizes[] = {1, 2, 3, 15, 16, 17, 33, 64, 100};

std::int64_t size_of(const Space& space, Indexing indexing) {
  switch (indexing) {
    case Indexing::full: return space.size();
    case Indexing::channel: return space.channels();
    case Indexing::row: return space.examples() * space.rows;
    case Indexing::scalar: return 1;
  }
  return 0;
}

std::int64_t size_of(const Space& space, Result result) {
  switch (result) {
    case Result::full: return space.size();
    case Result::row: return space.examples() * space.rows;
    case Result::channel_sum: return space.channels();
    case Result::total_sum: return 1;
  }
  return 0;
}

/// Where the element's number of an operand lies, by the definition.
std::int64_t place_of(const Space& space, Indexing indexing, std::int64_t element) {
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

std::vector<Floats> run(const FusedProgram& program, const Space& space,
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
Floats run_alone(Opcode opcode, const std::vector<const Floats*>& operands) {
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

void expect_same_bits(const Floats& seen, const Floats& expected, const std::string& what) {
  ASSERT_EQ(seen.size(), expected.size()) << what;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(seen[i]), std::bit_cast<std::uint32_t>(expected[i]))
        << what << " at " << i << ": " << seen[i] << ", not " << expected[i];
  }
}

Floats random_floats(std::int64_t size, std::mt19937& generator) {
  std::normal_distribution<float> normal;
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = normal(generator);
  return values;
}

Floats small_integers(std::int64_t size, std::mt19937& generator) {
  std::uniform_int_distribution<int> integers(-4, 4);
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(integers(generator));
  return values;
}

const Space spaces[] = {
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

std::vector<Floats> evaluate_alone(const FusedProgram& program, const Space& space,
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

/// Instructions that are joined in pairs where nothing else reads what is between them.
TEST(Fused, PairsEqualTheirInstructionsOneByOne) {
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

TEST(Fused, PhrasesEqualTheirInstructionsOneByOne) {
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
  const auto root = add(Opcode::add, add(Opcode::sqrt, add(Opcode::divide, v, 5)), 10);
  const auto step = add(Opcode::divide, add(Opcode::multiply, 4, m), root);
  const auto w = add(Opcode::subtract, 0, step);
  program.stores = {{Result::full, m}, {Result::full, v}, {Result::full, w}};
  return program;
}

TEST(Fused, AdamIsThreePhrases) {
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

TEST(Fused, AdamInPlaceIsTheFormula) {
  on_each_target([&] {
    std::mt19937 generator(13);
    for (const int size : {1, 17, 1000, 300001}) {
      Floats w = random_floats(size, generator), m = random_floats(size, generator);
      Floats v = random_floats(size, generator);
      for (float& number : v) number = std::abs(number);
      const Floats g = random_floats(size, generator), rate = {0.01f}, correction = {0.3f};
      const Floats w0 = w, m0 = m, v0 = v;
      const FusedKernel kernel(adam(false), Space::flat(size), 2);
      Floats scratch(kernel.scratch_bytes() / 4 + 16);
      const void* inputs[] = {w.data(), m.data(),    v.data(),
                              g.data(), rate.data(), correction.data()};
      void* outputs[] = {m.data(), v.data(), w.data()};
      kernel.run(inputs, outputs, scratch.data());
      for (std::size_t i = 0; i < w.size(); ++i) {
        const double m1 = 0.9 * m0[i] + 0.1 * g[i], v1 = 0.999 * v0[i] + 0.001 * g[i] * g[i];
        const double w1 = w0[i] - 0.01 * m1 / (std::sqrt(v1 / 0.3) + 1e-7);
        ASSERT_NEAR(m[i], m1, 1e-6) << i;
        ASSERT_NEAR(v[i], v1, 1e-6) << i;
        ASSERT_NEAR(w[i], w1, 1e-5 * (1 + std::abs(w1))) << i;
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
