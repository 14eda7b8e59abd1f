#include "train/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/clock.h"

namespace sloy {
namespace {

std::string figures(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) text += fmt::format("  {} {:.4f}", name, value);
  return text;
}

std::string rate(double examples_per_second) {
  return fmt::format("{:.0f} examples/s", examples_per_second);
}

struct EpochLines {
  void on_epoch_end(Run& run, const Logs& logs) {
    fmt::print(stderr, "{}\n", epoch_line(run, logs));
  }
};

/// Drawn at most ten times a second: a terminal is slower than a small step.
struct Bar {
  double drawn = 0;

  void on_epoch_begin(Run&) { drawn = 0; }
  void on_train_batch_end(Run& run, const Logs& logs) {
    constexpr double interval = 0.1;
    const double now = real_clock().seconds();
    if (now - drawn < interval) return;
    drawn = now;
    show(bar_line(run, logs));
  }
  void on_epoch_end(Run& run, const Logs& logs) {
    show(epoch_line(run, logs));
    fmt::print(stderr, "\n");
  }

 private:
  static void show(const std::string& line) {
    // To the line's start, and what is left of a longer line erased.
    fmt::print(stderr, "\r{}\x1b[K", line);
    std::fflush(stderr);
  }
};

}  // namespace

std::string epoch_line(const Run& run, const Logs& logs) {
  return fmt::format("Epoch {}/{}{}  {:.1f} s  {}", run.epoch() + 1, run.epochs(), figures(logs),
                     run.seconds(), rate(run.examples_per_second()));
}

std::string bar_line(const Run& run, const Logs& logs) {
  constexpr std::int64_t width = 20;
  const auto filled = static_cast<std::size_t>(width * run.step() / run.steps());
  std::string bar(filled, '=');
  if (filled < static_cast<std::size_t>(width)) bar += '>';
  bar.resize(static_cast<std::size_t>(width), ' ');
  const double per_second = run.examples_per_second();
  std::string left;
  if (per_second > 0) {
    const auto seconds =
        static_cast<std::int64_t>(static_cast<double>(run.examples() - run.example()) / per_second);
    left = fmt::format("  {}:{:02d} left", seconds / 60, seconds % 60);
  }
  return fmt::format("Epoch {}/{} [{}]  {}/{}  {}{}{}", run.epoch() + 1, run.epochs(), bar,
                     run.step(), run.steps(), rate(per_second), left, figures(logs));
}

std::optional<Callback> progress_callback(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::silent: return {};
    case Verbosity::bar: return Bar{};
    case Verbosity::line: return EpochLines{};
    case Verbosity::automatic: break;
  }
  if (isatty(STDERR_FILENO) == 1) return Bar{};
  return EpochLines{};
}

}  // namespace sloy
