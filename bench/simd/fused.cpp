// Element-wise chains against memory bandwidth: bytes_per_second counts each operand and result
// once.

#include <benchmark/benchmark.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/cpu/simd/fused.h"
#include "backends/cpu/simd/fused_loops.h"

namespace sloy::cpu {
namespace {

/// Runs a program on operands of ones, results on memory of their own.
void run(benchmark::State& state, const FusedProgram& program, const Space& space, int threads) {
  const FusedKernel kernel(program, space, threads);
  const auto size = static_cast<std::size_t>(space.size());
  std::vector<std::vector<float>> operands, results;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  std::size_t bytes = 0;
  for (const auto& load : program.loads) {
    operands.emplace_back(size, 1.0f);
    const std::size_t width = load.element == Element::bfloat16 ? 2 : 4;
    if (load.indexing == Indexing::full) bytes += size * width;
  }
  for (const auto& store : program.stores) {
    results.emplace_back(size);
    if (store.result == Result::full) bytes += size * (store.bfloat16 ? 2 : 4);
  }
  const std::int32_t seed[] = {1, 2};
  for (const auto& operand : operands) inputs.push_back(operand.data());
  for (auto& result : results) outputs.push_back(result.data());
  for (int i = 0; i < 2; ++i) inputs.push_back(seed);
  std::vector<float> scratch(kernel.scratch_bytes() / sizeof(float) + 16);
  for (auto _ : state) {
    kernel.run(inputs.data(), outputs.data(), scratch.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

const FusedProgram copy = {.loads = {{}},
                           .instructions = {{.opcode = Opcode::move, .a = 0}},
                           .stores = {{Result::full, 1}}};

const FusedProgram add_relu = {
    .loads = {{}, {}},
    .instructions = {{.opcode = Opcode::add, .a = 0, .b = 1}, {.opcode = Opcode::rectify, .a = 2}},
    .stores = {{Result::full, 3}}};

/// y = relu(γ·(x − mean)/√(variance + ε) + β).
const FusedProgram batch_norm = {.loads = {{},
                                           {Indexing::channel},
                                           {Indexing::channel},
                                           {Indexing::channel},
                                           {Indexing::channel}},
                                 .instructions = {{.opcode = Opcode::constant, .immediate = 1e-3f},
                                                  {.opcode = Opcode::add, .a = 2, .b = 5},
                                                  {.opcode = Opcode::rsqrt, .a = 6},
                                                  {.opcode = Opcode::multiply, .a = 7, .b = 3},
                                                  {.opcode = Opcode::subtract, .a = 0, .b = 1},
                                                  {.opcode = Opcode::multiply, .a = 9, .b = 8},
                                                  {.opcode = Opcode::add, .a = 10, .b = 4},
                                                  {.opcode = Opcode::rectify, .a = 11}},
                                 .stores = {{Result::full, 12}}};

/// dβ and dγ of the above, from dy, y and x.
const FusedProgram batch_norm_sums = {
    .loads = {{}, {}, {}, {Indexing::channel}, {Indexing::channel}},
    .instructions = {{.opcode = Opcode::constant, .immediate = 0},
                     {.opcode = Opcode::greater, .a = 1, .b = 5},
                     {.opcode = Opcode::where, .a = 6, .b = 0, .c = 5},
                     {.opcode = Opcode::subtract, .a = 2, .b = 3},
                     {.opcode = Opcode::multiply, .a = 8, .b = 4},
                     {.opcode = Opcode::multiply, .a = 9, .b = 7}},
    .stores = {{Result::channel_sum, 7}, {Result::channel_sum, 10}}};

/// w, h and s of Adam in place.
const FusedProgram adam = {.loads = {{}, {}, {}, {}, {Indexing::scalar}},
                           .instructions = {{.opcode = Opcode::constant, .immediate = 0.9f},
                                            {.opcode = Opcode::constant, .immediate = 0.1f},
                                            {.opcode = Opcode::constant, .immediate = 0.999f},
                                            {.opcode = Opcode::constant, .immediate = 0.001f},
                                            {.opcode = Opcode::constant, .immediate = 1e-7f},
                                            {.opcode = Opcode::multiply, .a = 1, .b = 5},
                                            {.opcode = Opcode::multiply, .a = 3, .b = 6},
                                            {.opcode = Opcode::add, .a = 10, .b = 11},  // h
                                            {.opcode = Opcode::square, .a = 3},
                                            {.opcode = Opcode::multiply, .a = 13, .b = 8},
                                            {.opcode = Opcode::multiply, .a = 2, .b = 7},
                                            {.opcode = Opcode::add, .a = 14, .b = 15},  // s
                                            {.opcode = Opcode::sqrt, .a = 16},
                                            {.opcode = Opcode::add, .a = 17, .b = 9},
                                            {.opcode = Opcode::multiply, .a = 12, .b = 4},
                                            {.opcode = Opcode::divide, .a = 19, .b = 18},
                                            {.opcode = Opcode::subtract, .a = 0, .b = 20}},
                           .stores = {{Result::full, 12}, {Result::full, 16}, {Result::full, 21}}};

const FusedProgram dropout = {.loads = {{}},
                              .instructions = {{.opcode = Opcode::random_uniform},
                                               {.opcode = Opcode::constant, .immediate = 0.5f},
                                               {.opcode = Opcode::greater_equal, .a = 1, .b = 2},
                                               {.opcode = Opcode::multiply, .a = 0, .b = 3}},
                              .stores = {{Result::full, 4}},
                              .randoms = {{1, 2, 2, 3, 1}}};

const FusedProgram softmax = {.loads = {{}},
                              .instructions = {{.opcode = Opcode::row_max, .a = 0},
                                               {.opcode = Opcode::subtract, .a = 0, .b = 1},
                                               {.opcode = Opcode::exp, .a = 2},
                                               {.opcode = Opcode::row_sum, .a = 3},
                                               {.opcode = Opcode::divide, .a = 3, .b = 4}},
                              .stores = {{Result::full, 5}}};

template <Opcode opcode>
const FusedProgram unary = {.loads = {{}},
                            .instructions = {{.opcode = opcode, .a = 0, .b = 0}},
                            .stores = {{Result::full, 1}}};

/// Registers a program over a space under a name.
void add(const char* name, const FusedProgram& program, const Space& space, int threads = 1) {
  benchmark::RegisterBenchmark(name, [&program, space, threads](benchmark::State& state) {
    run(state, program, space, threads);
  })->UseRealTime();
}

/// Every program that has a loop, near and far.
void add_loops() {
  static std::vector<FusedProgram> programs;
  programs.reserve(2 * std::size(loop_forms));
  for (const std::string_view form : loop_forms) {
    for (const bool bfloat16 : {false, true}) {
      programs.push_back(program_of(read_loop(form), bfloat16));
      const std::string name = std::string(form) + (bfloat16 ? " bfloat16" : "");
      add((name + "/L2").c_str(), programs.back(), Space::blocked(4, 256, 16, 16));
      add((name + "/memory").c_str(), programs.back(), Space::blocked(128, 1024, 64, 16), 2);
    }
  }
}

void add_sizes(const std::string& name, const FusedProgram& program) {
  add((name + "/L1").c_str(), program, Space::flat(2048));
  add((name + "/L2").c_str(), program, Space::flat(32768));
  add((name + "/memory").c_str(), program, Space::flat(16 << 20));
  add((name + "/memory/2 threads").c_str(), program, Space::flat(16 << 20), 2);
}

}  // namespace
}  // namespace sloy::cpu

int main(int argc, char** argv) {
  using namespace sloy::cpu;
  add("tiny add_relu 32x8", add_relu, Space::plain(32, 8));
  add_sizes("copy", copy);
  add_sizes("add_relu", add_relu);
  add_sizes("adam", adam);
  for (const auto& [name, program] :
       {std::pair{"batch_norm", &batch_norm}, std::pair{"batch_norm_sums", &batch_norm_sums}}) {
    add((std::string(name) + " 64x56x56x64 blocked").c_str(), *program,
        Space::blocked(64, 56 * 56, 64, 16), 2);
    add((std::string(name) + " 128x4x4x512 blocked").c_str(), *program,
        Space::blocked(128, 16, 512, 16), 2);
    add((std::string(name) + " 64x56x56x64 plain").c_str(), *program,
        Space::plain(64 * 56 * 56, 64), 2);
    add((std::string(name) + " 4096x10 plain").c_str(), *program, Space::plain(4096, 10), 1);
    add((std::string(name) + " 4096x100 plain").c_str(), *program, Space::plain(4096, 100), 1);
  }
  add_loops();
  add("dropout 128x1600", dropout, Space::plain(128, 1600));
  add("dropout 128x1600 2 threads", dropout, Space::plain(128, 1600), 2);
  add("softmax 128x10", softmax, Space::plain(128, 10));
  add("softmax 32x1000", softmax, Space::plain(32, 1000));
  add("exp", unary<Opcode::exp>, Space::flat(4096));
  add("log", unary<Opcode::log>, Space::flat(4096));
  add("tanh", unary<Opcode::tanh>, Space::flat(4096));
  add("sigmoid", unary<Opcode::sigmoid>, Space::flat(4096));
  add("erf", unary<Opcode::erf>, Space::flat(4096));
  add("power", unary<Opcode::power>, Space::flat(4096));
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
