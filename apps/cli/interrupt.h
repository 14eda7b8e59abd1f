/// Ctrl-C: the first ends the run after the step, a second one at once.
#pragma once

namespace sloy::cli {

/// From here on SIGINT and SIGTERM are noted; a second one ends the process.
void watch_signals();
/// The signal that came, or 0.
int signal_received();

}  // namespace sloy::cli
