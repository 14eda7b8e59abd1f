/// What memory a program is said to take, and what it takes.
///
///     plan_memory plan|run workload NAME BATCH
///     plan_memory plan|run random SEED BATCH     a random network
///     plan_memory plan|run fit NAME BATCH        two epochs of a workload with validation and
///                                                checkpoints, by Model::plan and Model::fit
///
/// Makes one program (or a fit) and prints one line of JSON. `plan` says, before any number of data
/// or weights exists, what a run will take, as `sloy plan` does; `run`, in a fresh process, runs
/// the program twice and says what it took, as peak memory is counted from a process's beginning.
#include <sloy/sloy.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "apps/cli/workloads.h"
#include "harness/process.h"
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

void say_plan(const std::string& name, const Plan& plan, std::size_t data_bytes = 0) {
  Config line;
  line["name"] = name;
  line["arena"] = static_cast<std::int64_t>(plan.arena_bytes);
  line["state"] = static_cast<std::int64_t>(plan.state_bytes);
  line["total"] = static_cast<std::int64_t>(plan.total_bytes());
  line["peak"] = static_cast<std::int64_t>(resident_bytes() + plan.total_bytes() + data_bytes);
  std::printf("%s\n", to_json(line).c_str());
}

void run_and_say(const std::string& name, const Program& program, const Step& step) {
  State state(program.variables(), {.seed = 1});
  run_twice(step, state);
  const Plan& plan = step.plan();
  Config line;
  line["name"] = name;
  line["peak"] = static_cast<std::int64_t>(peak_resident_bytes());
  line["arena_as_planned"] = was_asked_for(plan.arena_bytes);
  line["state_as_planned"] =
      plan.state_bytes == state.bytes().size() && was_asked_for(plan.state_bytes);
  std::printf("%s\n", to_json(line).c_str());
}

Program workload(const std::string& name, std::int64_t batch_size) {
  const cli::Workload& workload = cli::find_workload(name);
  Model model = workload.make();
  model.compile(workload.compile_options());
  return model.training_program(workload.spec(), batch_size);
}

Program random(std::uint64_t seed, std::int64_t batch_size) {
  const test::RandomGraph random = test::random_graph(seed, test::Arithmetic::smooth);
  return compile({.outputs = random.outputs, .updates = random.updates, .batch_size = batch_size});
}

/// Two epochs over enough data for a smaller last batch, in training and in validation.
void plan_or_fit(bool fits, const std::string& net, std::int64_t batch_size) {
  const std::string name = "fit of " + net + " by " + std::to_string(batch_size);
  const cli::Workload& workload = cli::find_workload(net);
  const std::int64_t examples = 3 * batch_size + 5;
  Model model = workload.make();
  model.compile(workload.compile_options());
  FitOptions options{.epochs = 2, .batch_size = batch_size, .validation_split = 0.25};
  const harness::TemporaryDirectory directory;
  options.checkpoints = directory / "checkpoints";
  if (!fits) {
    const data::Spec spec = workload.spec();
    const Plan plan = model.plan(spec, examples, options);
    say_plan(
        name, plan,
        (spec.features[0].bytes() + spec.targets[0].bytes()) * static_cast<std::size_t>(examples));
    return;
  }
  options.verbose = Verbosity::silent;
  std::vector<Tensor> data = cli::random_batch(workload, examples, 1);
  model.fit(data::from_tensors(std::move(data[0]), std::move(data[1])), options);
  Config line;
  line["name"] = name;
  line["peak"] = static_cast<std::int64_t>(peak_resident_bytes());
  std::printf("%s\n", to_json(line).c_str());
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 4) {
    std::fprintf(stderr,
                 "usage: plan_memory plan|run workload NAME BATCH\n"
                 "       plan_memory plan|run random SEED BATCH\n"
                 "       plan_memory plan|run fit NAME BATCH\n");
    return 2;
  }
  const std::string& what = arguments[2];
  const std::int64_t batch_size = std::stoll(arguments[3]);
  if (arguments[1] == "fit") {
    plan_or_fit(arguments[0] == "run", what, batch_size);
    return 0;
  }
  const Program program = arguments[1] == "workload" ? workload(what, batch_size)
                                                     : random(std::stoull(what), batch_size);
  const Step step = program.step(batch_size);
  const std::string name =
      (arguments[1] == "random" ? "random " : "") + what + " of " + std::to_string(batch_size);
  if (arguments[0] == "plan") {
    say_plan(name, step.plan());
  } else {
    run_and_say(name, program, step);
  }
  return 0;
}

}  // namespace
}  // namespace sloy

int main(int argc, char** argv) { return sloy::run({argv + 1, argv + argc}); }
