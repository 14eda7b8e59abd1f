/// What a person sees of a fit: a bar on a terminal, and one line an epoch.
#pragma once

#include <fmt/format.h>
#include <sloy/model.h>

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/console.h"

namespace sloy {

/// A callback that draws, on a terminal at most ten times a second,
///
///     Epoch 3/5 ━━━━━━━━━━━────────── 211/469  4870 images/s  ETA 0:06  loss 0.3012  accuracy
///     0.8911
///
/// and leaves, on anything else too, one line for each epoch:
///
///     Epoch 3/5  12.3 s  4870 images/s  loss 0.2907  accuracy 0.8950  val_loss 0.3200
///
/// A notice is written above, as "note: …".
///
/// Allocates nothing at a batch once its line has had its longest length.
class ProgressBar {
 public:
  struct Options {
    bool draws_bar = true;  ///< on a console that can
    std::string unit = "examples";
  };
  /// REQUIRES: console and clock outlive it.
  ProgressBar(Options options, Console& console = error_console(),
              const Clock& clock = real_clock());
  ProgressBar(ProgressBar&&) = default;
  /// Ends a line that was left open, as by an exception.
  ~ProgressBar();

  void on_notice(Run& run, const Notice& notice);
  void on_epoch_begin(Run& run);
  void on_train_batch_end(Run& run, const Logs& logs);
  void on_epoch_end(Run& run, const Logs& logs);
  void on_train_end(Run& run, const Logs& logs);

 private:
  void begin_line(const Run& run);
  void add_bar(const Run& run, int columns);
  void add_rate(const Run& run);
  void add_figures(const Logs& logs);
  void close_line();

  Options options_;
  Console& console_;
  const Clock& clock_;
  ConsoleTraits traits_;
  double next_drawing_ = 0;
  bool is_open_ = false;
  fmt::memory_buffer line_;  ///< what is written next
  fmt::memory_buffer tail_;  ///< what follows the bar
};

/// What a fit shows on stderr; `unit` is what an example is called.
std::optional<Callback> progress_callback(Verbosity verbosity, std::string unit);

}  // namespace sloy
