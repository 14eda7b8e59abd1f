#include "profile_report.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>

#include "report.h"
#include "steps_text.h"

namespace sloy::cli {
namespace {

/// What takes less of the step has no row of its own.
constexpr double least_share = 0.004;

/// Calls taken together.
struct Group {
  double seconds = 0;
  double flops = 0;
  double bytes = 0;
  double least_seconds = 0;  ///< by the machine's limits
  int calls = 0;
  std::array<double, 3> phases{};  ///< seconds of each

  void add(const Profile::Call& call, const MachineSpeed& machine) {
    seconds += call.seconds;
    flops += call.step.flops;
    bytes += call.step.bytes;
    least_seconds += call.step.least_seconds(machine.gflops, machine.gigabytes_per_second);
    phases[static_cast<std::size_t>(call.step.phase)] += call.seconds;
    ++calls;
  }
  double share_of_limit() const { return seconds > 0 ? least_seconds / seconds : 0; }
};

using Row = std::vector<std::string>;

/// Times of one step in one unit, with as many digits as tell its parts apart.
class Unit {
 public:
  explicit Unit(double step_seconds)
      : scale_(step_seconds < 1e-3 ? 1e6 : 1e3), digits_(scale_ * step_seconds < 100 ? 3 : 2) {}
  const char* name() const { return scale_ == 1e6 ? "µs" : "ms"; }
  std::string operator()(double seconds) const {
    return seconds == 0 ? "-" : fmt::format("{:.{}f}", scale_ * seconds, digits_);
  }

 private:
  double scale_;
  int digits_;
};

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}
std::string rate(double amount, double seconds) {
  return fmt::format("{:.1f}", seconds > 0 ? amount / seconds / 1e9 : 0);
}

Row joined(Row row, const Row& more) {
  row.insert(row.end(), more.begin(), more.end());
  return row;
}

class Report {
 public:
  Report(const Profile& profile, const MachineSpeed& machine)
      : profile_(profile), machine_(machine), unit_(profile.step_seconds) {
    for (const Profile::Call& call : profile.calls) all_.add(call, machine);
  }

  std::string text() const {
    std::string text = fmt::format(
        "step {} {} in {} runs; its {} calls take {} {}, {:.1f} % of it\n"
        "limit: a call's arithmetic at {:.0f} GFLOP/s or its memory traffic at {:.1f} GB/s, "
        "over its time\n\n",
        unit_(profile_.step_seconds), unit_.name(), profile_.runs, profile_.calls.size(),
        unit_(all_.seconds), unit_.name(), 100 * profile_.explained(), machine_.gflops,
        machine_.gigabytes_per_second);
    text += table_text(by_phase()) + "\n" + table_text(by_op()) + "\n" + table_text(by_layer()) +
            "\n" + table_text(by_call());
    text +=
        "\nOver 100 %: Winograd does fewer operations than are counted, or operands lay in a "
        "cache.\n";
    return text;
  }

 private:
  template <class Key>
  std::vector<std::pair<std::string, Group>> grouped(Key key) const {
    std::vector<std::pair<std::string, Group>> groups;
    std::map<std::string, std::size_t> places;
    for (const Profile::Call& call : profile_.calls) {
      const auto [place, is_new] = places.try_emplace(key(call), groups.size());
      if (is_new) groups.emplace_back(place->first, Group{});
      groups[place->second].second.add(call, machine_);
    }
    return groups;
  }

  static void sort(std::vector<std::pair<std::string, Group>>& groups) {
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      return a.second.seconds > b.second.seconds;
    });
  }

  std::vector<Row> by_phase() const {
    std::vector<Row> rows{joined({"kind", "calls"}, heading())};
    auto groups =
        grouped([](const Profile::Call& call) { return std::string(phase_name(call.step.phase)); });
    for (const Phase phase : {Phase::forward, Phase::backward, Phase::update}) {
      for (const auto& [name, group] : groups) {
        if (name == phase_name(phase)) rows.push_back(row_of(name, group));
      }
    }
    rows.push_back(row_of("all", all_));
    return rows;
  }

  std::vector<Row> by_op() const {
    std::vector<Row> rows{joined({"op", "calls"}, heading())};
    auto groups = grouped([](const Profile::Call& call) {
      return call.step.op == "fused" ? std::string("chains of element-wise ops")
                                     : short_op(call.step);
    });
    sort(groups);
    for (const auto& [name, group] : groups) {
      if (group.seconds >= least_share * all_.seconds) rows.push_back(row_of(name, group));
    }
    return rows;
  }

  std::vector<Row> by_layer() const {
    std::vector<Row> rows{joined({"layer", "forward", "backward", "update"}, heading())};
    rows[0][4] = std::string("all, ") + unit_.name();
    auto groups = grouped([](const Profile::Call& call) { return call.step.path; });
    sort(groups);
    for (const auto& [name, group] : groups) {
      if (group.seconds < least_share * all_.seconds) continue;
      Row row{name.empty() ? "-" : shortened(name, 32)};
      for (double seconds : group.phases) row.push_back(unit_(seconds));
      rows.push_back(joined(std::move(row), figures_of(group)));
    }
    return rows;
  }

  std::vector<Row> by_call() const {
    std::vector<const Profile::Call*> calls;
    for (const Profile::Call& call : profile_.calls) calls.push_back(&call);
    std::stable_sort(calls.begin(), calls.end(),
                     [](const auto* a, const auto* b) { return a->seconds > b->seconds; });
    std::vector<Row> rows{joined({"layer", "call", "kernel"}, heading())};
    Group others;
    for (const Profile::Call* call : calls) {
      Group alone;
      alone.add(*call, machine_);
      if (alone.seconds < least_share * all_.seconds) {
        others.add(*call, machine_);
        continue;
      }
      const Plan::Step& step = call->step;
      rows.push_back(joined({step.path.empty() ? "-" : shortened(step.path, 22), short_op(step),
                             shortened(step.kernel, 15)},
                            figures_of(alone)));
    }
    if (others.calls > 0) {
      rows.push_back(joined({fmt::format("{} others", others.calls), "", ""}, figures_of(others)));
    }
    return rows;
  }

  Row row_of(const std::string& name, const Group& group) const {
    return joined({name, std::to_string(group.calls)}, figures_of(group));
  }

  Row heading() const { return {unit_.name(), "share", "GFLOP/s", "GB/s", "limit"}; }

  Row figures_of(const Group& group) const {
    return {unit_(group.seconds), percent(group.seconds / all_.seconds),
            rate(group.flops, group.seconds), rate(group.bytes, group.seconds),
            fmt::format("{:.0f} %", 100 * group.share_of_limit())};
  }

  const Profile& profile_;
  const MachineSpeed& machine_;
  const Unit unit_;
  Group all_;
};

}  // namespace

std::string profile_text(const Profile& profile, const MachineSpeed& machine) {
  return Report(profile, machine).text();
}

std::vector<Config> profile_events(const Profile& profile, const MachineSpeed& machine,
                                   std::string_view workload) {
  std::vector<Config> events;
  double all = 0;
  for (const Profile::Call& call : profile.calls) {
    Group alone;
    alone.add(call, machine);
    Config event;
    event["event"] = "call";
    event["workload"] = std::string(workload);
    event["layer"] = call.step.path;
    event["op"] = call.step.op;
    event["phase"] = std::string(phase_name(call.step.phase));
    event["kernel"] = call.step.kernel;
    event["implementation"] = call.step.implementation;
    event["ms"] = 1e3 * call.seconds;
    event["flops"] = call.step.flops;
    event["bytes"] = call.step.bytes;
    event["gflops"] = call.seconds > 0 ? call.step.flops / call.seconds / 1e9 : 0;
    event["gigabytes_per_second"] = call.seconds > 0 ? call.step.bytes / call.seconds / 1e9 : 0;
    event["share_of_limit"] = alone.share_of_limit();
    events.push_back(std::move(event));
    all += call.seconds;
  }
  Config event;
  event["event"] = "profile";
  event["workload"] = std::string(workload);
  event["step_ms"] = 1e3 * profile.step_seconds;
  event["calls_ms"] = 1e3 * all;
  event["explained"] = profile.explained();
  event["runs"] = profile.runs;
  event["peak_gflops"] = machine.gflops;
  event["memory_gigabytes_per_second"] = machine.gigabytes_per_second;
  events.push_back(std::move(event));
  return events;
}

}  // namespace sloy::cli
