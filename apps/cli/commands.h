/// The commands. Each adds itself to the program and sets `run` when it is the one asked for.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sloy::cli {

/// What to do once all arguments are read; returns an exit code.
using Action = std::function<int()>;

void add_train(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_predict(CLI::App& app, Action& action);
void add_summary(CLI::App& app, Action& action);
void add_plan(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
/// `sloy data pack`.
void add_data_pack(CLI::App& data, Action& action);

}  // namespace sloy::cli
