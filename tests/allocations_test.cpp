/// What a step of a fit asks the heap for: nothing of ours, and of oneDNN's what it frees at once.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <cstdio>

#include "memory_calls.h"
#include "train/progress.h"

namespace sloy {
namespace {

using harness::MemoryCalls;

class Terminal final : public Console {
 public:
  ConsoleTraits traits() const override {
    return {.is_terminal = true, .has_color = true, .has_utf8 = true};
  }
  int width() const override { return 120; }
  void write(std::string_view text) override { written += text.size(); }
  std::size_t written = 0;
};

/// A second passes whenever it is looked at, so that the bar draws at every batch.
class RestlessClock final : public Clock {
 public:
  double seconds() const override { return now_ += 1; }
  double calendar_seconds() const override { return now_; }

 private:
  mutable double now_ = 0;
};

struct Counts {
  std::int64_t steps = 0;
  std::int64_t program = 0;
  std::int64_t others = 0;
  std::int64_t onednn = 0;
  std::int64_t largest = 0;
  std::int64_t kept = 0;
  std::string callers;
};

/// Counts from the beginning of each epoch but the first to its last step.
struct CountCalls {
  Counts* counts;

  void on_epoch_begin(Run& run) {
    if (run.epoch() > 0) harness::count_memory_calls();
  }
  void on_train_batch_end(Run& run, const Logs&) {
    if (run.epoch() == 0) return;
    ++counts->steps;
    counts->kept = std::max(counts->kept, harness::memory_calls().onednn_kept);
    if (run.step() < run.steps()) return;
    const MemoryCalls calls = harness::stop_counting_memory_calls();
    counts->program += calls.program;
    counts->others += calls.others;
    counts->onednn += calls.onednn;
    counts->largest = std::max(counts->largest, calls.onednn_largest_bytes);
    if (counts->callers.empty()) counts->callers = calls.first_callers;
  }
};

data::Dataset squares() {
  Tensor images(DType::float32, {100, 12, 12, 3});
  std::uint32_t random = 1;
  for (float& pixel : images.mutable_values<float>()) {
    random = random * 1664525 + 1013904223;
    pixel = static_cast<float>(random >> 8) * 0x1p-24f;
  }
  std::vector<std::int32_t> labels;
  for (std::int32_t i = 0; i < 100; ++i) labels.push_back(i % 10);
  return data::from_tensors(images, Tensor(Shape{100}, labels));
}

Counts count_in_fit(int threads, int workers) {
  Sequential model{Input{12, 12, 3},
                   Conv2D{.filters = 32, .kernel_size = 3, .padding = same},
                   BatchNormalization{},
                   ReLU{},
                   MaxPool2D{},
                   Conv2D{.filters = 32, .kernel_size = 3, .padding = same, .activation = relu},
                   GlobalAveragePooling2D{},
                   Dense{.units = 48, .activation = tanh},
                   Dropout{.rate = 0.5},
                   Dense{.units = 10}};
  // The second metric's name is too long for a string to hold without the heap.
  model.compile({.optimizer = Adam{},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}, SparseCategoricalCrossentropy{.from_logits = true}}});
  const int threads_before = about().threads;
  set_threads(threads);
  Counts counts;
  Terminal terminal;
  const RestlessClock clock;
  model.fit(squares(),
            {.epochs = 4,
             .batch_size = 16,
             .validation_split = 0.1,
             .callbacks = {CountCalls{&counts}, ProgressBar({.draws_bar = true}, terminal, clock)},
             .workers = workers,
             .verbose = Verbosity::silent});
  set_threads(threads_before);
  EXPECT_GT(terminal.written, 4U * 6U * 50U) << "the bar was not drawn at each step";
  return counts;
}

/// Numbers of threads and workers.
class MemoryCallsOfAFit : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(MemoryCallsOfAFit, AreOneDnnsAloneAndAllFreed) {
  const auto [threads, workers] = GetParam();
  const Counts counts = count_in_fit(threads, workers);
  EXPECT_EQ(counts.steps, 3 * 6);  // 90 examples: the last batch has 10
  EXPECT_EQ(counts.program, 0) << counts.callers;
  EXPECT_EQ(counts.others, 0) << counts.callers;
  EXPECT_GT(counts.onednn, 0) << "nobody counts";
  EXPECT_EQ(counts.kept, 0);
  EXPECT_LE(counts.largest, 4096);
  std::printf("figure: oneDNN asked for memory %.1f times a step, %lld bytes at most\n",
              static_cast<double>(counts.onednn) / static_cast<double>(counts.steps),
              static_cast<long long>(counts.largest));
}

INSTANTIATE_TEST_SUITE_P(ThreadsAndWorkers, MemoryCallsOfAFit,
                         testing::Combine(testing::Values(2, 4), testing::Values(0, 2)));

TEST(MemoryCalls, AreCountedByWhoseTheyAre) {
  harness::count_memory_calls();
  void* volatile block = std::malloc(10);
  std::free(block);
  auto* volatile number = new int(1);
  delete number;
  const MemoryCalls calls = harness::stop_counting_memory_calls();
  EXPECT_EQ(calls.program, 2);
  EXPECT_EQ(calls.onednn, 0);
  EXPECT_EQ(calls.others, 0);
}

}  // namespace
}  // namespace sloy
