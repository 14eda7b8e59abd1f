// Callbacks that decide by a list of figures, against Keras's; one-cycle against PyTorch's.

#include <gtest/gtest.h>

#include "harness/golden.h"
#include "train/fake_run.h"

namespace sloy {
namespace {

using harness::Golden;
using Numbers = std::vector<double>;

Numbers numbers_of(const Golden& golden, const Golden::Case& of, std::string_view tensor) {
  const Tensor read = golden.tensor(of, tensor);
  return {read.values<double>().begin(), read.values<double>().end()};
}

Callback callback_of(const Golden::Case& of) {
  return callback_from_config(of.attributes.at("callback"));
}

TEST(GoldenReduceLROnPlateau, RatesAreKeras) {
  const Golden golden("callbacks");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "ReduceLROnPlateau") continue;
    FakeRun run;
    run.rate = 0.5;
    Callback plateau = callback_of(of);
    plateau.on_train_begin(run);
    Numbers rates;
    for (double loss : numbers_of(golden, of, "losses")) {
      plateau.on_epoch_end(run, logs_of(run, {0, 0, loss, 0}));
      rates.push_back(run.rate);
      ++run.now;
    }
    EXPECT_EQ(rates, numbers_of(golden, of, "rates")) << of.name;
  }
}

TEST(GoldenEarlyStopping, StopsAndKeepsWhereKerasDoes) {
  const Golden golden("callbacks");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "EarlyStopping") continue;
    FakeRun run;
    Callback stopping = callback_of(of);
    stopping.on_train_begin(run);
    int epochs = 0;
    for (double loss : numbers_of(golden, of, "losses")) {
      run.now = epochs++;
      stopping.on_epoch_end(run, logs_of(run, {0, 0, loss, 0}));
      if (run.stopped) break;
    }
    stopping.on_train_end(run, {});
    EXPECT_EQ(run.stopped, of.attributes.at("stopped").as_bool()) << of.name;
    EXPECT_EQ(epochs, of.attributes.at("epochs").as_integer()) << of.name;
    ASSERT_EQ(run.restored.size(), 1u) << of.name;
    EXPECT_EQ(run.restored[0], of.attributes.at("kept").as_integer()) << of.name;
  }
}

TEST(GoldenOneCycle, RatesArePyTorchs) {
  const Golden golden("callbacks");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "OneCycle") continue;
    const Numbers expected = numbers_of(golden, of, "rates");
    FakeRun run;
    run.total = 5;
    run.steps_in_all = static_cast<std::int64_t>(expected.size()) / run.total;
    Callback cycle = callback_of(of);
    cycle.on_train_begin(run);
    Numbers rates;
    for (run.now = 0; run.now < run.total; ++run.now) {
      run.steps_done = 0;
      cycle.on_epoch_begin(run);
      while (run.steps_done < run.steps_in_all) {
        rates.push_back(run.rate);
        ++run.steps_done;
        cycle.on_train_batch_end(run, {});
      }
    }
    ASSERT_EQ(rates.size(), expected.size());
    for (std::size_t i = 0; i < rates.size(); ++i) {
      EXPECT_NEAR(rates[i], expected[i], 1e-12 * expected[i] + 1e-17) << of.name << " step " << i;
    }
  }
}

}  // namespace
}  // namespace sloy
