#include <fmt/format.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "data/loader.h"
#include "nn/model_impl.h"
#include "train/adapt.h"
#include "train/checks.h"
#include "train/not_finite.h"
#include "train/training_set_statistics.h"

namespace sloy {
namespace {

/// Whether a Normalization's numbers are still those it began with.
bool is_unmeasured(const Tensor& mean) {
  const Tensor numbers = mean.cast(DType::float64);
  return std::ranges::any_of(numbers.values<double>(), [](double m) { return std::isnan(m); });
}

bool needs_measuring(const ModelGraph::Member& member) {
  const Normalization* layer = member.layer.as<Normalization>();
  return layer && layer->mean.empty();
}

/// Which of the model's inputs a call that is fed is.
std::size_t input_number(const ModelGraph& graph, int call) {
  const auto found = std::find_if(graph.inputs.begin(), graph.inputs.end(),
                                  [&](ModelGraph::Ref input) { return input.call == call; });
  return static_cast<std::size_t>(found - graph.inputs.begin());
}

/// Throws where statistics of the features are not finite, naming the number that made them so.
void check_finite(const data::Statistics& statistics, const data::Dataset& train, std::size_t part,
                  const std::string& layer) {
  const auto all_finite = [](const std::vector<double>& numbers) {
    return std::ranges::all_of(numbers, [](double number) { return std::isfinite(number); });
  };
  if (all_finite(statistics.mean) && all_finite(statistics.standard_deviation)) return;
  std::optional<NumericError> error = not_finite_in(train, part);
  if (!error) error.emplace("the features have no finite mean and variance");
  error->add({"layer", layer, "measures their mean and variance"});
  throw std::move(*error);
}

void measure(Model& model, const ModelGraph& graph, const data::Dataset& train,
             bool only_unmeasured) {
  std::map<int, data::Statistics> measured;  // by the call that is fed
  for (const ModelGraph::Call& call : graph.calls) {
    const ModelGraph::Member& member = graph.member(call);
    if (call.is_input || !needs_measuring(member)) continue;
    const int fed = call.inputs.front().call;
    if (!graph.calls[static_cast<std::size_t>(fed)].is_input) {
      throw ConfigError("a Normalization without mean and variance stands right after the input",
                        {{"layer", member.name}}, "move it there, or give it mean and variance");
    }
    const std::string mean_name = member.name + "/mean";
    const std::string variance_name = member.name + "/variance";
    if (only_unmeasured && !is_unmeasured(model.weight(mean_name))) continue;
    const std::size_t part = input_number(graph, fed);
    if (measured.find(fed) == measured.end()) measured[fed] = data::statistics(train, part);
    const data::Statistics& statistics = measured[fed];
    check_finite(statistics, train, part, member.name);
    const double unit = train.spec().features[part].dtype == DType::uint8 ? 255.0 : 1.0;
    std::vector<double> mean;
    std::vector<double> variance;
    for (double value : statistics.mean) mean.push_back(value / unit);
    // What was one number in all the data isn't scaled: by its deviation of 0, another number would
    // become a huge one.
    for (double value : statistics.standard_deviation) {
      variance.push_back(value == 0 ? 1.0 : value / unit * value / unit);
    }
    const Shape size{static_cast<std::int64_t>(mean.size())};
    model.set_weight(mean_name, Tensor(size, mean));
    model.set_weight(variance_name, Tensor(size, variance));
  }
}

/// The same for the Normalization layers of a model within another, whose path is `prefix`.
void require_measured(const ModelGraph& graph, const State& state, const std::string& prefix,
                      std::string_view purpose) {
  for (const ModelGraph::Member& member : graph.members) {
    const std::string path = prefix + member.name;
    if (const Model* nested = as_model(member.layer)) {
      require_measured(Model::Impl::of(*nested).graph, state, path + "/", purpose);
    }
    if (!needs_measuring(member)) continue;
    if (!is_unmeasured(state.get(state.variables()->find(path + "/mean")))) continue;
    throw ConfigError(
        fmt::format("{} needs the mean and variance of a Normalization, which were never measured",
                    purpose),
        {{"layer", path}},
        prefix.empty() ? "call fit or adapt first, which measure them, or give them to the layer"
                       : "call adapt of the model within before it becomes part of this one");
  }
}

}  // namespace

void require_measured(Model::Impl& model, std::string_view purpose) {
  require_measured(model.built(), model.weights(), {}, purpose);
}

void adapt_unmeasured(Model& model, const ModelGraph& graph, const data::Dataset& train) {
  measure(model, graph, train, true);
}

void Model::adapt(const data::Dataset& train) {
  impl_->build_for(first_features(train.spec()));
  check_features(impl_->built(), train.spec().features);
  measure(*this, impl_->built(), train, false);
  constexpr std::int64_t batch_size = 256;  // as fast as larger ones, and little memory
  measure_training_set(*impl_, train, batch_size, data::workers_for(train, {}));
}

}  // namespace sloy
