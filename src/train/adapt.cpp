#include <fmt/format.h>
#include <sloy/model.h>

#include <algorithm>

#include "nn/model_impl.h"
#include "train/adapt.h"
#include "train/checks.h"

namespace sloy {
namespace {

/// Whether a Normalization's numbers are still those it began with.
bool is_untouched(const Tensor& mean, const Tensor& variance) {
  const auto all = [](const Tensor& tensor, double value) {
    const Tensor numbers = tensor.cast(DType::float64);
    const auto values = numbers.values<double>();
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == value; });
  };
  return all(mean, 0.0) && all(variance, 1.0);
}

bool needs_measuring(const ModelGraph::Member& member) {
  const Normalization* layer = member.layer.as<Normalization>();
  return layer && layer->mean.empty();
}

void measure(Model& model, const ModelGraph& graph, const data::Dataset& train,
             bool only_untouched) {
  std::optional<data::Statistics> statistics;
  for (const ModelGraph::Call& call : graph.calls) {
    const ModelGraph::Member& member = graph.member(call);
    if (call.is_input || !needs_measuring(member)) continue;
    if (!graph.calls[static_cast<std::size_t>(call.inputs.front().call)].is_input) {
      throw ConfigError("a Normalization without mean and variance stands right after the input",
                        {{"layer", member.name}}, "move it there, or give it mean and variance");
    }
    const std::string mean_name = member.name + "/mean";
    const std::string variance_name = member.name + "/variance";
    if (only_untouched && !is_untouched(model.weight(mean_name), model.weight(variance_name))) {
      continue;
    }
    if (!statistics) statistics = data::statistics(train);
    const double unit = train.spec().features.dtype == DType::uint8 ? 255.0 : 1.0;
    std::vector<double> mean;
    std::vector<double> variance;
    for (double value : statistics->mean) mean.push_back(value / unit);
    for (double value : statistics->standard_deviation) {
      variance.push_back(value / unit * value / unit);
    }
    const Shape size{static_cast<std::int64_t>(mean.size())};
    model.set_weight(mean_name, Tensor(size, mean));
    model.set_weight(variance_name, Tensor(size, variance));
  }
}

}  // namespace

void adapt_untouched(Model& model, const ModelGraph& graph, const data::Dataset& train) {
  measure(model, graph, train, true);
}

void Model::adapt(const data::Dataset& train) {
  impl_->build_for(train.spec().features);
  check_model_and_data(impl_->built(), train.spec());
  measure(*this, impl_->built(), train, false);
}

}  // namespace sloy
