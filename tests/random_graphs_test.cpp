/// Thousands of random graphs, compiled with every pass and with one or all switched off, against
/// the interpreter.
#include <gtest/gtest.h>
#include <sloy/op.h>
#include <sloy/program.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "backends/cpu/machine.h"
#include "graph/interpreter.h"
#include "harness/random_graph.h"
#include "ops/reorder.h"
#include "passes/bind.h"
#include "passes/dropped_relu.h"
#include "passes/epilogue.h"
#include "passes/fuse.h"
#include "passes/pooled_relu.h"
#include "passes/simplify.h"
#include "passes/upsampled_convolution.h"
#include "program/executable.h"

namespace sloy {
namespace {

using test::Arithmetic;
using test::RandomGraph;

/// How many graphs; SLOY_RANDOM_GRAPHS asks for more.
int graphs_per_kind() {
  const char* asked = std::getenv("SLOY_RANDOM_GRAPHS");
  return asked ? std::atoi(asked) : 800;
}

struct Counts {
  std::map<std::string, long> nodes;
  std::map<std::string, long> changed;
  long graphs = 0;
  long inexact = 0;   ///< whose numbers grew too large for exact arithmetic
  long winograd = 0;  ///< convolutions and their gradients
};

using Numbers = std::map<VariableId, Tensor>;

/// Two steps of the interpreter: what the program must give.
struct Expected {
  std::vector<std::vector<Tensor>> outputs;
  Numbers variables;
};

Expected interpret_steps(const RandomGraph& random, NumericPrecision precision) {
  std::int64_t batch_size = random.feeds[0].shape().size(0);
  auto graph = bind_batch(*random.graph, random.outputs, random.updates, batch_size);
  Expected expected;
  Variables& variables = graph->variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    const Variable& variable = variables[id];
    expected.variables[id] =
        variable.initial ? variable.initial(0) : Tensor(variable.type.dtype, variable.type.shape);
  }
  for (int step = 0; step < 2; ++step) {
    auto read = [&](VariableId id) { return expected.variables[id]; };
    Interpretation result = interpret(*graph, random.feeds, read, precision);
    expected.outputs.push_back(result.outputs);
    for (auto& [id, value] : result.updates) expected.variables[id] = value;
  }
  return expected;
}

bool same_numbers(const Tensor& a, const Tensor& b) {
  return a.cast(DType::float64) == b.cast(DType::float64);
}

bool same_numbers(const Expected& a, const Expected& b) {
  for (std::size_t step = 0; step < a.outputs.size(); ++step) {
    for (std::size_t i = 0; i < a.outputs[step].size(); ++i) {
      if (!same_numbers(a.outputs[step][i], b.outputs[step][i])) return false;
    }
  }
  for (const auto& [id, value] : a.variables) {
    if (!same_numbers(value, b.variables.at(id))) return false;
  }
  return true;
}

/// Exact arithmetic: equal, a zero's sign aside. Smooth: within rounding, relative to the tensor's
/// largest number (sums cancel) and growing with the depth of the networks here.
void expect_numbers(const Tensor& actual, const Tensor& expected, Arithmetic arithmetic,
                    const std::string& what) {
  ASSERT_EQ(actual.shape(), expected.shape()) << what;
  Tensor a = actual.cast(DType::float64);
  Tensor e = expected.cast(DType::float64);
  double largest = 0;
  for (double x : e.values<double>()) largest = std::max(largest, std::abs(x));
  double allowed = arithmetic == Arithmetic::exact ? 0 : 1e-4 * largest + 1e-6;
  for (std::size_t i = 0; i < static_cast<std::size_t>(a.size()); ++i) {
    double difference = std::abs(a.values<double>()[i] - e.values<double>()[i]);
    ASSERT_LE(difference, allowed) << what << ", element " << i << ": " << a.values<double>()[i]
                                   << " for " << e.values<double>()[i];
  }
}

/// Float holds every integer up to 2²⁴: sums beyond it are exact in one order and not in another. A
/// quarter of it leaves room for parts of a sum that are larger than the whole.
bool fits_float(const Expected& expected, double largest = 0x1p22) {
  auto fits = [largest](const Tensor& tensor) {
    const Tensor wide = tensor.cast(DType::float64);
    return std::ranges::all_of(wide.values<double>(),
                               [largest](double x) { return std::abs(x) <= largest; });
  };
  for (const auto& outputs : expected.outputs) {
    if (!std::ranges::all_of(outputs, fits)) return false;
  }
  return std::ranges::all_of(expected.variables,
                             [&](const auto& kept) { return fits(kept.second); });
}

std::string text_of(const RandomGraph& random) {
  for (Value output : random.outputs) random.graph->output("", output);
  for (const Graph::Update& update : random.updates) {
    random.graph->set_update(update.variable, update.value);
  }
  return to_text(*random.graph);
}

void run_program(const RandomGraph& random, const std::string& text, const Expected& expected,
                 Arithmetic arithmetic, std::vector<std::string> without, Counts* counts) {
  std::string name = "without";
  for (const std::string& pass : without) name += " " + pass;
  auto graph = parse_graph(text);  // each variant chooses layouts afresh, for variables of its own
  ProgramOptions options;
  for (std::size_t i = 0; i < random.outputs.size(); ++i) {
    options.outputs.push_back(graph->outputs()[i].value);
  }
  options.updates = graph->updates();
  options.batch_size = random.feeds[0].shape().size(0);
  options.without = std::move(without);
  // Winograd is not exact. What its offer states, 2e-5 of the result, is within smooth's bound.
  if (arithmetic == Arithmetic::exact) options.convolution = ConvolutionAlgorithm::direct;
  Program program = compile(options);
  State state(program.variables());
  for (VariableId id = 0; id < random.graph->variables().size(); ++id) {
    const Variable& variable = random.graph->variables()[id];
    if (variable.initial) state.set(id, variable.initial(0));
  }
  for (std::size_t step = 0; step < 2; ++step) {
    Results results = program.run(state, random.feeds);
    for (std::size_t i = 0; i < results.size(); ++i) {
      expect_numbers(results[i], expected.outputs[step][i], arithmetic,
                     name + ", output " + std::to_string(i));
    }
  }
  for (const auto& [id, value] : expected.variables) {
    expect_numbers(state.get(id), value, arithmetic,
                   name + ", " + random.graph->variables()[id].name);
  }
  if (!counts) return;
  const Graph& run = program.executable(options.batch_size).graph();
  for (const Node& node : run.nodes()) {
    for (const Result& result : node.results) counts->changed["layout"] += result.layout != nullptr;
  }
  for (const Graph::Update& update : run.updates()) {
    counts->changed["place_updates"] += run.node(update.value).op != &reorder_op;
  }
  counts->changed["in_place"] += program.plan().in_place;
  for (const Plan::Step& step : program.plan().steps) {
    counts->winograd += step.kernel == "winograd";
  }
}

void count_passes(const RandomGraph& random, Counts& counts) {
  std::int64_t batch_size = random.feeds[0].shape().size(0);
  auto bound = bind_batch(*random.graph, random.outputs, random.updates, batch_size);
  for (const Node& node : bound->nodes()) ++counts.nodes[std::string(node.op->name())];
  auto moved = move_relu_behind_pools(*bound);
  auto masked = read_masks_off_dropout(*moved);
  counts.changed["dropped_relu"] += to_text(*simplify(*masked)) != to_text(*simplify(*moved));
  auto folded = fold_upsampling(*masked);
  auto simple = simplify(*folded);
  counts.changed["pooled_relu"] += to_text(*simplify(*moved)) != to_text(*simplify(*bound));
  counts.changed["upsampled_convolution"] += to_text(*simple) != to_text(*simplify(*masked));
  auto absorbed = absorb_epilogues(*simple);
  auto fused = fuse(*absorbed);
  counts.changed["simplify"] += static_cast<long>(bound->nodes().size() - simple->nodes().size());
  counts.changed["epilogue"] +=
      static_cast<long>(simple->nodes().size() - absorbed->nodes().size());
  counts.changed["fuse"] += static_cast<long>(absorbed->nodes().size() - fused->nodes().size());
}

void compare(Arithmetic arithmetic) {
  Counts counts;
  std::vector<std::vector<std::string>> variants;
  for (std::string_view pass : pass_names()) variants.push_back({std::string(pass)});
  variants.emplace_back(pass_names().begin(), pass_names().end());
  for (int seed = 0; seed < graphs_per_kind(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random = test::random_graph(static_cast<std::uint64_t>(seed), arithmetic);
    Expected expected = interpret_steps(random, NumericPrecision::float64);
    bool exact = arithmetic == Arithmetic::exact;
    if (exact && !(fits_float(expected) &&
                   same_numbers(expected, interpret_steps(random, NumericPrecision::float32)))) {
      ++counts.inexact;
      continue;
    }
    ++counts.graphs;
    count_passes(random, counts);
    const std::string text = text_of(random);
    run_program(random, text, expected, arithmetic, {}, &counts);
    if (testing::Test::HasFatalFailure()) return;
    // Two of the variants, by turns, so that each has hundreds of graphs.
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t turn = static_cast<std::size_t>(seed) * 2 + i;
      run_program(random, text, expected, arithmetic, variants[turn % variants.size()], nullptr);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  std::printf("%ld graphs, %ld left out as inexact; nodes:", counts.graphs, counts.inexact);
  for (const auto& [name, count] : counts.nodes) std::printf(" %s %ld", name.c_str(), count);
  std::printf("\nchanged by");
  for (const auto& [name, count] : counts.changed) std::printf(" %s %ld", name.c_str(), count);
  std::printf("; Winograd %ld\n", counts.winograd);
  const bool has_winograd = cpu::this_machine().instructions != cpu::InstructionSet::baseline;
  EXPECT_EQ(counts.winograd > 0, has_winograd && arithmetic == Arithmetic::smooth);
  EXPECT_GT(counts.graphs, graphs_per_kind() / 2);
  for (std::string_view pass : pass_names()) {
    if (pass == "pooled_relu" && arithmetic == Arithmetic::smooth) continue;  // has no ReLU
    if (pass == "product_updates") continue;  // of gradients of 4 MB and more
    EXPECT_GT(counts.changed[std::string(pass)], 0) << pass << " changed nothing";
  }
}

/// What two steps of mixed_bfloat16 leave, on one backend.
struct Mixed {
  std::vector<Tensor> numbers;  ///< outputs of both steps, then variables
  long stored = 0;              ///< values that are bfloat16
};

Mixed run_mixed(const RandomGraph& random, const std::string& text, BackendKind backend) {
  auto graph = parse_graph(text);
  ProgramOptions options{.updates = graph->updates(),
                         .batch_size = random.feeds[0].shape().size(0),
                         .backend = backend,
                         .precision = NumericPrecision::mixed_bfloat16,
                         .convolution = ConvolutionAlgorithm::direct};
  for (std::size_t i = 0; i < random.outputs.size(); ++i) {
    options.outputs.push_back(graph->outputs()[i].value);
  }
  const Program program = compile(options);
  State state(program.variables());
  for (VariableId id = 0; id < random.graph->variables().size(); ++id) {
    const Variable& variable = random.graph->variables()[id];
    if (variable.initial) state.set(id, variable.initial(0));
  }
  Mixed mixed;
  for (int step = 0; step < 2; ++step) {
    for (const Tensor& result : program.run(state, random.feeds)) mixed.numbers.push_back(result);
  }
  for (VariableId id = 0; id < random.graph->variables().size(); ++id) {
    mixed.numbers.push_back(state.get(id));
  }
  for (const Node& node : program.executable(options.batch_size).graph().nodes()) {
    for (const Result& result : node.results) {
      mixed.stored += result.layout && result.layout->bfloat16;
    }
  }
  return mixed;
}

/// Both round at the same places, and what lies between is exact: kernels that read and write
/// bfloat16, and conversions where there are none, against the definition.
TEST(RandomGraphs, MixedPrecisionGivesEqualBitsOnBothBackends) {
  long graphs = 0, stored = 0, rounded = 0;
  for (int seed = 0; seed < graphs_per_kind(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random = test::random_graph(static_cast<std::uint64_t>(seed), Arithmetic::exact);
    // Numbers that bfloat16 can hold become sums that it can't.
    for (Tensor& feed : random.feeds) {
      if (feed.dtype() != DType::float32) continue;
      for (float& x : feed.mutable_values<float>()) x *= 37;
    }
    const Expected in_float = interpret_steps(random, NumericPrecision::float32);
    const Expected in_double = interpret_steps(random, NumericPrecision::float64);
    // Far from the limit, as what is added up may be larger than the sum.
    if (!fits_float(in_double, 0x1p20) || !same_numbers(in_double, in_float)) continue;
    const std::string text = text_of(random);
    const Mixed expected = run_mixed(random, text, BackendKind::reference);
    const Mixed actual = run_mixed(random, text, BackendKind::cpu);
    ASSERT_EQ(actual.numbers.size(), expected.numbers.size());
    for (std::size_t i = 0; i < actual.numbers.size(); ++i) {
      expect_numbers(actual.numbers[i], expected.numbers[i], Arithmetic::exact,
                     "number " + std::to_string(i));
    }
    if (testing::Test::HasFatalFailure()) return;
    ++graphs;
    stored += actual.stored;
    const std::vector<Tensor>& first = in_float.outputs.front();
    rounded += !std::equal(first.begin(), first.end(), actual.numbers.begin(),
                           [](const Tensor& x, const Tensor& y) { return same_numbers(x, y); });
  }
  std::printf("%ld graphs, %ld values stored as bfloat16; %ld give other numbers than float32\n",
              graphs, stored, rounded);
  EXPECT_GT(graphs, graphs_per_kind() / 4);
  EXPECT_GT(stored, graphs);
  if (graphs >= 500) {
    EXPECT_GT(rounded, 0) << "about one in two hundred is rounded";
  }
}

/// Three steps' outputs and variables, as bytes.
std::vector<std::vector<std::byte>> run_bound(const RandomGraph& random, const std::string& text,
                                              bool recompute_everything, long& again) {
  const auto graph = parse_graph(text);
  std::vector<Value> outputs;
  for (std::size_t i = 0; i < random.outputs.size(); ++i) {
    outputs.push_back(graph->outputs()[i].value);
  }
  const std::int64_t batch_size = random.feeds[0].shape().size(0);
  Executable executable(bind_batch(*graph, outputs, graph->updates(), batch_size),
                        {.recompute_everything = recompute_everything});
  for (const Plan::Step& step : executable.plan().steps) again += step.again;
  State state(graph->shared_variables());
  for (VariableId id = 0; id < random.graph->variables().size(); ++id) {
    const Variable& variable = random.graph->variables()[id];
    if (variable.initial) state.set(id, variable.initial(0));
  }
  std::vector<const void*> feeds;
  for (const Tensor& feed : random.feeds) feeds.push_back(feed.data());
  std::vector<std::vector<std::byte>> seen;
  for (int step = 0; step < 3; ++step) {
    executable.run(state, feeds);
    for (std::size_t i = 0; i < executable.outputs(); ++i) {
      const auto* bytes = static_cast<const std::byte*>(executable.output(i));
      seen.emplace_back(bytes, bytes + executable.output_type(i).bytes());
    }
    seen.emplace_back(state.bytes().begin(), state.bytes().end());
  }
  return seen;
}

/// The same kernels run on the same numbers, so not a bit may differ, Winograd's included.
TEST(RandomGraphs, RecomputingAllThatCanBeGivesEqualBits) {
  long again = 0, none = 0;
  for (int seed = 0; seed < graphs_per_kind(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomGraph random =
        test::random_graph(static_cast<std::uint64_t>(seed), Arithmetic::smooth);
    const std::string text = text_of(random);
    const auto expected = run_bound(random, text, false, none);
    const auto actual = run_bound(random, text, true, again);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const auto differs = std::ranges::mismatch(actual[i], expected[i]).in1;
      ASSERT_EQ(differs - actual[i].begin(), std::ssize(expected[i])) << "result " << i << text;
    }
  }
  EXPECT_EQ(none, 0);
  EXPECT_GT(again, graphs_per_kind()) << "hardly anything was computed again";
}

TEST(RandomGraphs, ExactArithmeticGivesEqualBitsWhateverThePasses) { compare(Arithmetic::exact); }
TEST(RandomGraphs, SmoothArithmeticAgreesWhateverThePasses) { compare(Arithmetic::smooth); }

}  // namespace
}  // namespace sloy
