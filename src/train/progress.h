/// What a fit prints while it runs.
#pragma once

#include <optional>

#include <sloy/model.h>

namespace sloy {

/// On stderr: a bar that is drawn anew, one line an epoch, or nothing.
std::optional<Callback> progress_callback(Verbosity verbosity);

/// "Epoch 3/5  loss 0.3012  accuracy 0.8911  val_loss 0.3200  12.3 s  4870 examples/s"
std::string epoch_line(const Run& run, const Logs& logs);
/// "Epoch 3/5 [=========>          ]  211/469  4870 examples/s  0:06 left  loss 0.3012"
std::string bar_line(const Run& run, const Logs& logs);

}  // namespace sloy
