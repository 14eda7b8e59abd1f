#include <sloy/profile.h>

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <sloy/config.h>

#include "base/clock.h"

namespace sloy {
namespace {

constexpr int fewest_rounds = 5;
constexpr int most_rounds = 1000;

/// Shorter steps are run several times for one look at the clock, as its own steps are coarse.
constexpr double shortest_round = 1e-3;

/// What one look at the clock takes: part of every interval between two.
double seconds_of_clock() {
  constexpr int looks = 1000;
  double best = 1;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const double begun = real_clock().seconds();
    double now = begun;
    for (int look = 0; look < looks; ++look) now = real_clock().seconds();
    best = std::min(best, (now - begun) / looks);
  }
  return best;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Seconds of one run in the middle half of the rounds, by length: what else the machine did shows
/// in the longest of them, and in all their parts alike. Parts add up as they do in each round.
std::vector<double> usual(std::vector<std::vector<double>> rounds) {
  std::stable_sort(rounds.begin(), rounds.end(),
                   [](const auto& a, const auto& b) { return sum(a) < sum(b); });
  const std::size_t first = rounds.size() / 4, last = rounds.size() - first;
  std::vector<double> mean(rounds[0].size());
  for (std::size_t r = first; r < last; ++r) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += rounds[r][i] / static_cast<double>(last - first);
    }
  }
  return mean;
}

std::string phase_name(Phase phase) {
  switch (phase) {
    case Phase::forward: return "forward";
    case Phase::backward: return "gradient";
    case Phase::update: break;
  }
  return "update";
}

/// One event of the trace format:
/// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
Config event(std::string name, std::string_view category, double begun, double seconds) {
  Config event;
  event["name"] = std::move(name);
  event["cat"] = std::string(category);
  event["ph"] = "X";
  event["ts"] = 1e6 * begun;
  event["dur"] = 1e6 * seconds;
  event["pid"] = 1;
  event["tid"] = 1;
  return event;
}

}  // namespace

double Profile::explained() const {
  double all = 0;
  for (const Call& call : calls) all += call.seconds;
  return step_seconds > 0 ? all / step_seconds : 0;
}

Profile profile(const Step& step, State& state, std::span<const void* const> feeds,
                ProfileOptions options) {
  if (!(options.seconds > 0)) {
    throw ConfigError(fmt::format("seconds must be above 0, not {}", options.seconds));
  }
  const std::vector<Plan::Step>& steps = step.plan().steps;
  const double clock = seconds_of_clock();
  const auto time_runs = [&](int count) {
    const double begun = real_clock().seconds();
    for (int i = 0; i < count; ++i) step.run(state, feeds);
    return std::max(real_clock().seconds() - begun - clock, 0.0) / count;
  };
  time_runs(1);  // memory is touched for the first time
  const int together = std::max(1, static_cast<int>(shortest_round / (time_runs(1) + 1e-7)));

  std::vector<std::vector<double>> whole, parts;
  const double begun = real_clock().seconds();
  for (int round = 0; round < most_rounds; ++round) {
    if (round >= fewest_rounds && real_clock().seconds() - begun > options.seconds) break;
    whole.push_back({time_runs(together)});
    std::vector<double>& seconds = parts.emplace_back(steps.size());
    for (int i = 0; i < together; ++i) step.run(state, feeds, seconds);
    for (double& s : seconds) s = std::max(s / together - clock, 0.0);
  }

  Profile profile;
  profile.runs = together * static_cast<int>(whole.size());
  profile.step_seconds = usual(std::move(whole))[0];
  const std::vector<double> seconds = usual(std::move(parts));
  for (std::size_t i = 0; i < steps.size(); ++i) profile.calls.push_back({steps[i], seconds[i]});
  return profile;
}

std::string chrome_trace(const Profile& profile, std::string_view name) {
  Config::List events;
  const auto name_of = [&](const char* what, std::string_view text) {
    Config naming;
    naming["name"] = what;
    naming["ph"] = "M";
    naming["pid"] = 1;
    naming["tid"] = 1;
    naming["args"]["name"] = std::string(text);
    events.push_back(std::move(naming));
  };
  name_of("process_name", name);
  name_of("thread_name", "step");
  double length = 0;
  for (const Profile::Call& call : profile.calls) length += call.seconds;
  events.push_back(event("step", "step", 0, length));
  double begun = 0;
  for (const Profile::Call& call : profile.calls) {
    const Plan::Step& step = call.step;
    Config one = event(step.path.empty() ? step.op : fmt::format("{} {}", step.path, step.op),
                       phase_name(step.phase), begun, call.seconds);
    Config& args = one["args"];
    args["layer"] = step.path;
    args["op"] = step.op;
    args["kernel"] = step.kernel;
    args["implementation"] = step.implementation;
    args["bytes"] = step.bytes;
    args["flop"] = step.flops;
    Config::List operands;
    for (const std::string& operand : step.operands) operands.emplace_back(operand);
    args["operands"] = std::move(operands);
    events.push_back(std::move(one));
    begun += call.seconds;
  }
  Config trace;
  trace["displayTimeUnit"] = "ms";
  trace["traceEvents"] = std::move(events);
  return to_json(trace) + "\n";
}

}  // namespace sloy
