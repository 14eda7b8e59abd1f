/// Compares the memory a program's plan names with what the program takes.
///
///     plan_memory workload NAME BATCH
///     plan_memory random SEED BYTES     a random network, at a batch size that needs such memory
///     plan_memory base LAYERS           a network of its own, "dense" or "all" kinds of layers:
///                                       what a process needs beside plans
///
/// Makes one program, runs it twice and prints one line of JSON. It has to be a fresh process each
/// time, for peak memory is counted from a process's beginning.
#include <sloy/sloy.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "apps/cli/workloads.h"
#include "harness/random_graph.h"

namespace {

/// Sizes of the blocks asked for with an alignment of their own: states and arenas.
std::array<std::size_t, 64> aligned_blocks;
std::size_t num_aligned_blocks = 0;

}  // namespace

void* operator new(std::size_t bytes) {
  if (void* block = std::malloc(bytes)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  aligned_blocks[num_aligned_blocks++ % aligned_blocks.size()] = bytes;
  void* block = nullptr;
  if (posix_memalign(&block, static_cast<std::size_t>(alignment), bytes) == 0) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

namespace sloy {
namespace {

bool was_asked_for(std::size_t bytes) {
  const auto end = aligned_blocks.begin() +
                   static_cast<std::ptrdiff_t>(std::min(num_aligned_blocks, aligned_blocks.size()));
  return bytes == 0 || std::find(aligned_blocks.begin(), end, bytes) != end;
}

/// Zeros for every input, touched so that they are resident.
std::vector<Tensor> feeds_of(const Step& step) {
  std::vector<Tensor> feeds;
  for (const Type& type : step.input_types()) {
    feeds.emplace_back(type.dtype, type.shape);
    std::fill_n(feeds.back().mutable_data(), feeds.back().bytes(), std::byte{0});
  }
  return feeds;
}

void run_twice(const Step& step, State& state) {
  const std::vector<Tensor> feeds = feeds_of(step);
  std::vector<const void*> pointers;
  for (const Tensor& feed : feeds) pointers.push_back(feed.data());
  step.run(state, pointers);
  step.run(state, pointers);
}

void report(const std::string& name, const Plan& plan, const State& state) {
  Config line;
  line["name"] = name;
  line["arena"] = static_cast<std::int64_t>(plan.arena_bytes);
  line["state"] = static_cast<std::int64_t>(plan.state_bytes);
  line["constants"] = static_cast<std::int64_t>(plan.constant_bytes);
  line["inputs"] = static_cast<std::int64_t>(plan.input_bytes);
  line["total"] = static_cast<std::int64_t>(plan.total_bytes());
  line["resident"] = static_cast<std::int64_t>(peak_resident_bytes());
  line["arena_as_planned"] = was_asked_for(plan.arena_bytes);
  line["state_as_planned"] =
      plan.state_bytes == state.bytes().size() && was_asked_for(plan.state_bytes);
  std::printf("%s\n", to_json(line).c_str());
}

void run(const std::string& name, const Program& program, std::int64_t batch_size) {
  const Step step = program.step(batch_size);
  State state(program.variables(), {.seed = 1});
  run_twice(step, state);
  report(name, step.plan(), state);
}

void run_workload(const std::string& name, std::int64_t batch_size) {
  const cli::Workload& workload = cli::find_workload(name);
  Model model = workload.make();
  model.compile(workload.compile_options());
  run(name + " of " + std::to_string(batch_size),
      model.training_program(workload.spec(), batch_size), batch_size);
}

void run_random(std::uint64_t seed, std::size_t bytes) {
  const test::RandomGraph random = test::random_graph(seed, test::Arithmetic::smooth);
  std::int64_t batch_size = 32;
  ProgramOptions options{.outputs = random.outputs, .updates = random.updates};
  options.batch_size = batch_size;
  Program program = compile(options);
  // The arena grows in proportion to the batch; another program than the one that is measured
  // would leave its kernels in memory.
  batch_size = static_cast<std::int64_t>(static_cast<double>(bytes) * 32 /
                                         static_cast<double>(program.plan().total_bytes()));
  options.batch_size = std::max<std::int64_t>(batch_size, 32);
  program = compile(options);
  run("random " + std::to_string(seed) + " of " + std::to_string(options.batch_size), program,
      options.batch_size);
}

/// In sizes that no workload has. A small dense network runs on our kernels alone; with all kinds
/// of layers oneDNN is loaded and makes its own.
void run_base(const std::string& layers) {
  const Type image{DType::float32, {20, 20, 3}};
  const std::vector<Layer> few{Input{20, 20, 3}, Flatten{}, Dense{.units = 5}};
  const std::vector<Layer> all{Input{20, 20, 3},
                               Conv2D{.filters = 48, .kernel_size = 3, .padding = same},
                               BatchNormalization{},
                               ReLU{},
                               MaxPool2D{},
                               Conv2D{.filters = 48, .kernel_size = 5, .activation = relu},
                               Flatten{},
                               Dense{.units = 70, .activation = tanh},
                               Dense{.units = 5}};
  Sequential model(layers == "all" ? all : few);
  model.compile({.optimizer = Adam{},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});
  run("base " + layers, model.training_program({image, {DType::int32, {}}, 5, {}}, 24), 24);
}

int run(const std::vector<std::string>& arguments) {
  const std::string kind = arguments.empty() ? "" : arguments[0];
  if (kind == "base" && arguments.size() == 2) {
    run_base(arguments[1]);
  } else if (kind == "workload" && arguments.size() == 3) {
    run_workload(arguments[1], std::stoll(arguments[2]));
  } else if (kind == "random" && arguments.size() == 3) {
    run_random(std::stoull(arguments[1]), std::stoull(arguments[2]));
  } else {
    std::fprintf(stderr,
                 "usage: plan_memory base LAYERS | workload NAME BATCH | random SEED BYTES\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace sloy

int main(int argc, char** argv) { return sloy::run({argv + 1, argv + argc}); }
