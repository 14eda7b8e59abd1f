#include "train/progress.h"

#include <gtest/gtest.h>

#include "harness/allocations.h"
#include "train/fake_run.h"

namespace sloy {
namespace {

class FakeConsole final : public Console {
 public:
  ConsoleTraits has;
  int columns = 100;
  std::string text;
  std::int64_t writes = 0;

  ConsoleTraits traits() const override { return has; }
  int width() const override { return columns; }
  void write(std::string_view given) override {
    ++writes;
    if (keeps) text.append(given);
  }
  bool keeps = true;
};

struct Shown {
  FakeConsole console;
  ManualClock clock;
  FakeRun run;

  explicit Shown(ConsoleTraits traits = {.is_terminal = true}) {
    console.has = traits;
    run.names = {"loss", "accuracy"};
    run.now = 2;
    run.total = 5;
    run.steps_done = 25;
    run.examples_seen = 1600;
    run.elapsed = 2;  // 800 a second, 4800 to go
  }
  ProgressBar bar(bool draws_bar = true) {
    return ProgressBar({.draws_bar = draws_bar, .unit = "images"}, console, clock);
  }
  /// What a batch's end shows after `seconds`.
  std::string after(ProgressBar& bar, double seconds) {
    console.text.clear();
    clock.advance(seconds);
    bar.on_train_batch_end(run, logs_of(run, {0.30119, 0.8911}));
    return console.text;
  }
};

TEST(ProgressBar, ShowsEpochStepsRateTimeLeftAndFigures) {
  Shown shown;
  ProgressBar bar = shown.bar();
  bar.on_epoch_begin(shown.run);
  shown.console.columns = 92;
  EXPECT_EQ(shown.after(bar, 0.2),
            "\rEpoch 3/5 =====............... 25/100  800 images/s  ETA 0:06  loss 0.3012  "
            "accuracy 0.8911\x1b[K");
}

TEST(ProgressBar, FillsTheWindowButItsLastColumn) {
  Shown shown;
  ProgressBar bar = shown.bar();
  bar.on_epoch_begin(shown.run);
  const auto columns_at = [&](int width) {
    shown.console.columns = width;
    const std::string text = shown.after(bar, 0.2);
    return static_cast<int>(text.size()) - 1 - 3;  // less the carriage return and ESC [ K
  };
  EXPECT_EQ(columns_at(90), 89);
  EXPECT_EQ(columns_at(100), 99);
  EXPECT_EQ(columns_at(60), 59) << "without a bar, and figures cut off";
  EXPECT_EQ(columns_at(10), 9);
  EXPECT_EQ(columns_at(200), 101) << "a bar has at most 30 columns";
}

TEST(ProgressBar, TellsWhereATenthOfTheTimeIsSpentOnWaitingForData) {
  Shown shown(ConsoleTraits{});
  ProgressBar bar = shown.bar();
  const auto line_at = [&](double wait) {
    shown.run.waited = wait;
    shown.console.text.clear();
    bar.on_epoch_end(shown.run, logs_of(shown.run, {0.3, 0.9}));
    return shown.console.text;
  };
  EXPECT_EQ(
      line_at(0.4321),
      "Epoch 3/5  2.0 s  800 images/s  43 % waiting for data  loss 0.3000  accuracy 0.9000\n");
  EXPECT_EQ(line_at(0.09), "Epoch 3/5  2.0 s  800 images/s  loss 0.3000  accuracy 0.9000\n");
}

TEST(ProgressBar, DrawsAtMostTenTimesASecond) {
  Shown shown;
  ProgressBar bar = shown.bar();
  bar.on_epoch_begin(shown.run);
  EXPECT_EQ(shown.after(bar, 0.05), "") << "an epoch of a moment shows its line alone";
  EXPECT_NE(shown.after(bar, 0.06), "");
  EXPECT_EQ(shown.after(bar, 0.05), "");
  EXPECT_NE(shown.after(bar, 0.06), "");
}

TEST(ProgressBar, UsesColorsAndLinesWhereTheConsoleHasThem) {
  Shown shown({.is_terminal = true, .has_color = true, .has_utf8 = true});
  shown.console.columns = 80;
  ProgressBar bar = shown.bar();
  bar.on_epoch_begin(shown.run);
  EXPECT_EQ(shown.after(bar, 0.2),
            "\rEpoch 3/5 \x1b[32m━━\x1b[2m──────\x1b[0m 25/100  800 images/s  ETA 0:06  "
            "loss 0.3012  accuracy 0.8911\x1b[K");
}

TEST(ProgressBar, LeavesOneLineAnEpoch) {
  Shown shown;
  ProgressBar bar = shown.bar();
  bar.on_epoch_begin(shown.run);
  shown.after(bar, 0.2);
  shown.console.text.clear();
  shown.run.examples_seen = 6400;
  shown.run.elapsed = 8;
  bar.on_epoch_end(shown.run, logs_of(shown.run, {0.3, 0.9}));
  EXPECT_EQ(shown.console.text,
            "\rEpoch 3/5  8.0 s  800 images/s  loss 0.3000  accuracy 0.9000\x1b[K\n");
}

TEST(ProgressBar, WritesPlainLinesWhereNobodyLooks) {
  for (bool is_terminal : {false, true}) {
    Shown shown({.is_terminal = is_terminal, .has_utf8 = true});
    ProgressBar bar = shown.bar(!is_terminal);
    bar.on_epoch_begin(shown.run);
    EXPECT_EQ(shown.after(bar, 5), "");
    bar.on_epoch_end(shown.run, logs_of(shown.run, {0.3, 0.9}));
    bar.on_train_end(shown.run, {});
    EXPECT_EQ(shown.console.text, "Epoch 3/5  2.0 s  800 images/s  loss 0.3000  accuracy 0.9000\n");
  }
}

TEST(ProgressBar, EndsALineThatWasLeftOpen) {
  Shown shown;
  {
    ProgressBar bar = shown.bar();
    bar.on_epoch_begin(shown.run);
    shown.after(bar, 0.2);
    shown.console.text.clear();
  }
  EXPECT_EQ(shown.console.text, "\n") << "an error is then printed on a line of its own";

  Shown interrupted;
  ProgressBar bar = interrupted.bar();
  bar.on_epoch_begin(interrupted.run);
  interrupted.after(bar, 0.2);
  interrupted.console.text.clear();
  bar.on_train_end(interrupted.run, {});
  EXPECT_EQ(interrupted.console.text, "\n");
}

TEST(ProgressBar, WritesNoticesOnLinesOfTheirOwn) {
  Shown shown;
  ProgressBar bar = shown.bar();
  bar.on_notice(shown.run, Notice("the batch is larger than the data", {{"examples", "6"}}));
  EXPECT_EQ(shown.console.text, "note: the batch is larger than the data\n  examples   6\n");
}

TEST(ProgressBar, ShowsSmallAndLargeNumbersByTheirExponent) {
  Shown shown(ConsoleTraits{});
  ProgressBar bar = shown.bar();
  shown.run.names = {"a", "b", "c", "d"};
  bar.on_epoch_end(shown.run, logs_of(shown.run, {1.25e-5, 123456, 0, 99999}));
  EXPECT_EQ(shown.console.text,
            "Epoch 3/5  2.0 s  800 images/s  a 1.250e-05  b 1.235e+05  c 0.0000  d 99999.0000\n");
}

TEST(ProgressBar, ShowsLongTimesInHoursAndSlowRatesWithATenth) {
  Shown shown;
  shown.run.elapsed = 1600;
  shown.run.examples_in_all = 1600 + 3723;
  ProgressBar bar = shown.bar();
  bar.on_epoch_begin(shown.run);
  EXPECT_NE(shown.after(bar, 0.2).find(" 1.0 images/s  ETA 1:02:03 "), std::string::npos);
}

TEST(ProgressBar, AllocatesNothingAtABatch) {
  Shown shown({.is_terminal = true, .has_color = true, .has_utf8 = true});
  shown.console.keeps = false;
  shown.console.columns = 400;
  ProgressBar bar = shown.bar();
  const Logs logs = logs_of(shown.run, {0.3, 0.9});
  bar.on_epoch_begin(shown.run);
  const auto epoch = [&] {
    for (int batch = 0; batch < 100; ++batch) {
      shown.clock.advance(1);
      bar.on_train_batch_end(shown.run, logs);
    }
  };
  epoch();
  const std::int64_t before = harness::allocations();
  const std::int64_t writes = shown.console.writes;
  epoch();
  EXPECT_EQ(harness::allocations(), before);
  EXPECT_EQ(shown.console.writes, writes + 100);
}

}  // namespace
}  // namespace sloy
