/// A fit for tests of callbacks: what they ask for is set, what they do is written down.
#pragma once

#include <sloy/model.h>

#include <map>
#include <string>
#include <vector>

namespace sloy {

class FakeRun final : public Run {
 public:
  std::vector<std::string> names{"loss", "accuracy", "val_loss", "val_accuracy"};
  Model* trained = nullptr;
  bool goes_on = false;
  int now = 0;
  int total = 10;
  std::int64_t steps_done = 0;
  std::int64_t steps_in_all = 100;
  std::int64_t examples_seen = 0;
  std::int64_t examples_in_all = 6400;
  double elapsed = 0;
  double waited = 0;
  double rate = 0.001;
  bool stopped = false;
  bool interrupted = false;
  /// What was kept under each name: the epoch it was kept in.
  std::map<std::string, int> kept;
  std::vector<int> restored;

  Model& model() const override { return *trained; }
  bool resumed() const override { return goes_on; }
  State& state() const override { return state_; }
  int epoch() const override { return now; }
  int epochs() const override { return total; }
  std::int64_t step() const override { return steps_done; }
  std::int64_t steps() const override { return steps_in_all; }
  std::int64_t example() const override { return examples_seen; }
  std::int64_t examples() const override { return examples_in_all; }
  double seconds() const override { return elapsed; }
  double examples_per_second() const override {
    return elapsed > 0 ? static_cast<double>(examples_seen) / elapsed : 0;
  }
  double data_wait() const override { return waited; }
  const std::vector<std::string>& log_names() const override { return names; }
  double learning_rate() const override { return rate; }
  void set_learning_rate(double given) override { rate = given; }
  void stop() override { stopped = true; }
  void interrupt() override { interrupted = true; }
  void keep_weights(const std::string& name) override { kept[name] = now; }
  void restore_weights(const std::string& name) override { restored.push_back(kept.at(name)); }

 private:
  mutable State state_;
};

/// The logs of an epoch with these values for the run's figures.
inline Logs logs_of(const FakeRun& run, const std::vector<double>& values) {
  Logs logs;
  for (std::size_t i = 0; i < values.size(); ++i) logs.set(run.names.at(i), values[i]);
  return logs;
}

}  // namespace sloy
