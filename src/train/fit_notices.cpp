#include "train/fit_notices.h"

#include <fmt/format.h>

#include <algorithm>

#include "train/trained_outputs.h"

namespace sloy {
namespace {

Notice larger_than_data(std::int64_t batch_size, std::int64_t examples) {
  return Notice(
      "the batch is larger than the data: a step takes all there are",
      {{"batch_size", std::to_string(batch_size)}, {"examples", std::to_string(examples)}},
      fmt::format("give a batch_size of at most {}", examples));
}

/// The path of a BatchNormalization that learns and has one value of each channel an example, as on
/// rows of numbers; empty where there is none.
std::string normalizes_rows(const ModelGraph& graph, const std::string& prefix) {
  for (const ModelGraph::Call& call : graph.calls) {
    const ModelGraph::Member& member = graph.member(call);
    if (call.is_input || !member.layer.trainable()) continue;
    const std::string path = prefix + member.name;
    if (const Model* nested = as_model(member.layer)) {
      const std::string found = normalizes_rows(Model::Impl::of(*nested).graph, path + "/");
      if (!found.empty()) return found;
    }
    const bool is_of_batch = member.layer.as<BatchNormalization>() != nullptr;
    if (is_of_batch && graph.type(call.inputs.front()).shape.rank() == 2) return path;
  }
  return {};
}

Notice of_one_value(const std::string& layer, std::int64_t batch_size, std::int64_t examples) {
  const bool is_each = batch_size == 1;
  return Notice(
      fmt::format("BatchNormalization sees one value of each channel in {}: less its own mean that "
                  "is 0, whatever it was",
                  is_each ? "every step" : "an epoch's last step"),
      {{"layer", layer},
       {"batch_size", std::to_string(batch_size)},
       {"examples", std::to_string(examples)}},
      is_each ? "give a batch_size of 2 or more, or use LayerNormalization"
              : "give a batch_size that leaves no single example over");
}

/// Of a metric that counts as right whatever is predicted.
Notice always_right(std::string_view name, int k, std::int64_t classes) {
  return Notice(
      fmt::format("{} takes the {} likeliest of {} classes: it is always 1", name, k, classes), {},
      fmt::format("give it a k below {}", classes));
}

}  // namespace

std::vector<Notice> notices_before(const Model::Impl& model, const FitOptions& options,
                                   std::int64_t examples) {
  std::vector<Notice> notices;
  if (options.batch_size > examples) {
    notices.push_back(larger_than_data(options.batch_size, examples));
  }
  const std::int64_t together = std::min(options.batch_size, examples);
  if (together == 1 || examples % together == 1) {
    const std::string layer = normalizes_rows(model.graph, {});
    if (!layer.empty()) notices.push_back(of_one_value(layer, together, examples));
  }
  const std::vector<double>& weights = options.class_weight;
  if (!weights.empty() && std::ranges::all_of(weights, [](double w) { return w == 0; })) {
    notices.emplace_back("class_weight is 0 for every class: nothing is learned from the targets",
                         std::vector<Note>{}, "give some class a weight above 0");
  }
  for (const TrainedOutput& output : trained_outputs(*model.compiled, model.graph)) {
    const Shape& shape = model.graph.type(model.graph.outputs[output.output]).shape;
    if (shape.rank() < 2) continue;  // no classes
    const std::int64_t classes = shape.size(-1);
    for (const auto* metrics : {&output.metrics, &output.weighted_metrics}) {
      for (const Metric* metric : *metrics) {
        const auto* top = metric->as<TopKCategoricalAccuracy>();
        if (!top || top->k < classes) continue;
        notices.push_back(always_right(metric->type(), top->k, classes));
      }
    }
  }
  return notices;
}

}  // namespace sloy
