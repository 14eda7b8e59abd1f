#include "train/trained_outputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/nearest.h>

#include <algorithm>

#include "base/arguments.h"
#include "base/words.h"

namespace sloy {
namespace {

/// The index of a name among `names`, whose owners are `what`.
std::size_t index_of(std::string_view name, const std::vector<std::string>& names,
                     std::string_view argument, std::string_view what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw ConfigError(fmt::format("{} names '{}', which is no {}", argument, name, what),
                    {{"outputs", fmt::format("{}", fmt::join(names, ", "))}},
                    did_you_mean(name, known, "take the name of the layer that gives the output"));
}

/// For each entry the place of its output among `names`: by name, or else by position.
template <class T>
std::vector<std::size_t> places_of(const PerOutput<T>& values,
                                   const std::vector<std::string>& names, std::string_view argument,
                                   std::string_view what) {
  std::vector<std::size_t> places;
  const auto named = std::count_if(values.begin(), values.end(),
                                   [](const auto& entry) { return !entry.output.empty(); });
  if (named == 0 && values.size() != names.size()) {
    throw ConfigError(
        fmt::format("{} gives {} for {}", argument, values.size(), counted(names.size(), what)),
        {{"outputs", fmt::format("{}", fmt::join(names, ", "))}},
        fmt::format("give one for each, or name them: .{} = {{{{\"{}\", …}}}}", argument,
                    names.front()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (named == 0) {
      places.push_back(i);
      continue;
    }
    const std::size_t place = index_of(values[i].output, names, argument, what);
    if (std::find(places.begin(), places.end(), place) != places.end()) {
      throw ConfigError(fmt::format("{} names '{}' twice", argument, values[i].output));
    }
    places.push_back(place);
  }
  return places;
}

void add_metrics(const PerOutput<Metric>& metrics, std::string_view argument,
                 std::vector<TrainedOutput>& outputs,
                 std::vector<const Metric*> TrainedOutput::*list) {
  std::vector<std::string> names;
  for (const TrainedOutput& output : outputs) names.push_back(output.name);
  for (const auto& entry : metrics) {
    if (entry.output.empty() && outputs.size() > 1) {
      throw ConfigError(
          fmt::format("{} must say which output {} measures", argument, entry.value.type()),
          {{"outputs", fmt::format("{}", fmt::join(names, ", "))}},
          fmt::format("write .{} = {{{{\"{}\", {}{{}}}}}}", argument, names.front(),
                      entry.value.type()));
    }
    const std::size_t place =
        entry.output.empty() ? 0 : index_of(entry.output, names, argument, "output with a loss");
    (outputs[place].*list).push_back(&entry.value);
  }
}

}  // namespace

std::vector<std::string> output_names(const ModelGraph& graph) {
  std::vector<std::string> names;
  for (const ModelGraph::Ref ref : graph.outputs) {
    const std::string layer = call_name(graph, ref.call);
    std::string name = layer;
    for (int number = 1; std::count(names.begin(), names.end(), name) > 0; ++number) {
      name = fmt::format("{}_{}", layer, number);
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<TrainedOutput> trained_outputs(const CompileOptions& options, const ModelGraph& graph) {
  const std::vector<std::string> names = output_names(graph);
  const std::vector<std::size_t> places = places_of(options.loss, names, "loss", "output");
  std::vector<TrainedOutput> outputs;
  for (std::size_t i = 0; i < places.size(); ++i) {
    outputs.push_back({.output = places[i],
                       .name = names[places[i]],
                       .loss = &options.loss[i].value,
                       .loss_weight = 1,
                       .metrics = {},
                       .weighted_metrics = {}});
  }
  std::sort(outputs.begin(), outputs.end(),
            [](const TrainedOutput& a, const TrainedOutput& b) { return a.output < b.output; });

  if (!options.loss_weights.empty()) {
    std::vector<std::string> trained;
    for (const TrainedOutput& output : outputs) trained.push_back(output.name);
    const auto of = places_of(options.loss_weights, trained, "loss_weights", "output with a loss");
    for (std::size_t i = 0; i < of.size(); ++i) {
      const double weight = options.loss_weights[i].value;
      require_finite("a loss's weight", weight);
      outputs[of[i]].loss_weight = weight;
    }
  }
  add_metrics(options.metrics, "metrics", outputs, &TrainedOutput::metrics);
  add_metrics(options.weighted_metrics, "weighted_metrics", outputs,
              &TrainedOutput::weighted_metrics);
  return outputs;
}

}  // namespace sloy
