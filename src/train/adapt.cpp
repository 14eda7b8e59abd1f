#include <fmt/format.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>

#include "data/covariance.h"
#include "data/loader.h"
#include "data/target_statistics.h"
#include "nn/model_impl.h"
#include "tensor/eigen.h"
#include "train/adapt.h"
#include "train/checks.h"
#include "train/not_finite.h"
#include "train/trained_outputs.h"
#include "train/training_set_statistics.h"

namespace sloy {
namespace {

/// What a layer measures beside a mean, by the names of its statistics; nothing where it was given
/// its numbers, or has none.
struct Measures {
  std::string_view type;
  std::string_view second;
};
std::optional<Measures> measures(const Layer& layer) {
  const Normalization* normalization = layer.as<Normalization>();
  if (normalization && normalization->mean.empty()) return Measures{"Normalization", "variance"};
  if (layer.as<Whitening>()) return Measures{"Whitening", "matrix"};
  return {};
}

/// Whether a layer's numbers are still those it began with.
bool is_unmeasured(const Tensor& mean) {
  const Tensor numbers = mean.cast(DType::float64);
  return std::ranges::any_of(numbers.values<double>(), [](double m) { return std::isnan(m); });
}

/// A part of the examples that a layer measures.
struct Measured {
  ExampleKind kind;
  std::size_t part;

  const Type& type_in(const data::Spec& spec) const {
    return (kind == ExampleKind::features ? spec.features : spec.targets)[part];
  }
  /// What a model's number is in the data's: pixels are value / 255.
  double unit_in(const data::Spec& spec) const {
    return type_in(spec).dtype == DType::uint8 ? 255.0 : 1.0;
  }
};

/// Which of the model's inputs a call gives; nothing where it is none of them.
std::optional<std::size_t> input_number(const ModelGraph& graph, int call) {
  for (std::size_t input = 0; input < graph.inputs.size(); ++input) {
    if (graph.inputs[input].call == call) return input;
  }
  return {};
}

/// Which of the targets a call's result learns; nothing where it is no output, or one without a
/// loss.
std::optional<std::size_t> target_number(const Model::Impl& model, const ModelGraph::Call& call) {
  const auto is_output = [&](std::size_t output) {
    return &model.graph.calls[static_cast<std::size_t>(model.graph.outputs[output].call)] == &call;
  };
  if (model.compiled && !model.compiled->loss.empty()) {
    const std::vector<TrainedOutput> trained = trained_outputs(*model.compiled, model.graph);
    for (std::size_t target = 0; target < trained.size(); ++target) {
      if (is_output(trained[target].output)) return target;
    }
    return {};
  }
  for (std::size_t output = 0; output < model.graph.outputs.size(); ++output) {
    if (is_output(output)) return output;
  }
  return {};
}

/// Throws where numbers that were measured are not finite, naming the example that made them so.
void check_finite(std::span<const double> mean, std::span<const double> second,
                  const data::Dataset& train, const Measured& of, const std::string& layer,
                  std::string_view what) {
  const auto all_finite = [](std::span<const double> numbers) {
    return std::ranges::all_of(numbers, [](double number) { return std::isfinite(number); });
  };
  if (all_finite(mean) && all_finite(second)) return;
  std::optional<NumericError> error = not_finite_in(train, of.kind, of.part);
  if (!error) error.emplace(fmt::format("the data have no finite mean and {}", what));
  error->add({"layer", layer, fmt::format("measures their mean and {}", what)});
  throw std::move(*error);
}

/// The targets that an inverted Normalization gives back. Throws where there are none to measure.
Measured measured_targets(const Model::Impl& model, const ModelGraph::Call& call,
                          const data::Spec& spec) {
  const std::string& name = model.graph.member(call).name;
  const std::optional<std::size_t> target = target_number(model, call);
  if (!target) {
    throw ConfigError(
        "an inverted Normalization without mean and variance is the last layer before an output "
        "that has a loss: it measures that one's targets",
        {{"layer", name}}, "move it there, or give it mean and variance");
  }
  if (*target >= spec.targets.size()) {
    throw DataError("an inverted Normalization measures targets that the data don't have",
                    {{"layer", name}, {"targets", to_string(spec.targets)}});
  }
  const Type& type = spec.targets[*target];
  if (type.dtype == DType::int32 || (*target == 0 && spec.num_classes > 0)) {
    throw DataError(
        "an inverted Normalization gives numbers of any size, the targets are class labels",
        {{"layer", name}, {"targets", to_string(type)}},
        "leave it out, or feed numbers to predict as float32");
  }
  const std::int64_t size = model.graph.type(call.inputs.front()).shape.size(-1);
  if ((type.shape.rank() == 0 ? 1 : type.shape.size(-1)) != size) {
    throw ShapeError("an inverted Normalization and the targets that it measures differ in size",
                     {{"layer", name, fmt::format("gives {} along its last axis", size)},
                      {"targets", to_string(type)}});
  }
  return {ExampleKind::targets, *target};
}

void measure_moments(Model& model, const ModelGraph::Member& member, const data::Dataset& train,
                     const Measured& of) {
  const data::Statistics found = of.kind == ExampleKind::features
                                     ? data::statistics(train, of.part)
                                     : data::target_statistics(train, of.part);
  check_finite(found.mean, found.standard_deviation, train, of, member.name, "variance");
  const double unit = of.unit_in(train.spec());
  std::vector<double> mean;
  std::vector<double> variance;
  for (double value : found.mean) mean.push_back(value / unit);
  // What was one number in all the data isn't scaled: by its deviation of 0, another number would
  // become a huge one.
  for (double value : found.standard_deviation) {
    variance.push_back(value == 0 ? 1.0 : value / unit * value / unit);
  }
  const Shape size{static_cast<std::int64_t>(mean.size())};
  model.set_weight(member.name + "/mean", Tensor(size, mean));
  model.set_weight(member.name + "/variance", Tensor(size, variance));
}

void measure_normalization(Model& model, const Model::Impl& impl, const ModelGraph::Call& call,
                           const data::Dataset& train) {
  const ModelGraph::Member& member = impl.graph.member(call);
  if (member.layer.as<Normalization>()->invert) {
    return measure_moments(model, member, train, measured_targets(impl, call, train.spec()));
  }
  const std::optional<std::size_t> input = input_number(impl.graph, call.inputs.front().call);
  if (!input) {
    throw ConfigError("a Normalization without mean and variance stands right after the input",
                      {{"layer", member.name}}, "move it there, or give it mean and variance");
  }
  measure_moments(model, member, train, {ExampleKind::features, *input});
}

/// The input that a Whitening is fed, itself or all its numbers in a row.
std::optional<std::size_t> whitened_input(const ModelGraph& graph, const ModelGraph::Call& call) {
  const int fed = call.inputs.front().call;
  if (const std::optional<std::size_t> input = input_number(graph, fed)) return input;
  const ModelGraph::Call& before = graph.calls[static_cast<std::size_t>(fed)];
  if (!graph.member(before).layer.as<Flatten>()) return {};
  return input_number(graph, before.inputs.front().call);
}

/// The matrix of WhiteningMethod.
std::vector<double> whitening_matrix(const Whitening& layer, std::span<const double> covariance,
                                     std::size_t n) {
  const Eigenvectors found = symmetric_eigen(covariance, n);
  std::vector<double> scaled = found.vectors;  // (D + ε)^−½·Eᵀ
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    // A variance of 0 may have come out a little below.
    scaled[i] /= std::sqrt(std::max(found.values[i / n], 0.0) + layer.epsilon);
  }
  std::vector<double> matrix(n * n);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t vector = 0; vector < n; ++vector) {
      const double along = found.vectors[vector * n + row];
      if (layer.method == WhiteningMethod::pca) {
        matrix[row * n + vector] = scaled[vector * n + row];
        continue;
      }
      for (std::size_t column = 0; column < n; ++column) {
        matrix[row * n + column] += along * scaled[vector * n + column];
      }
    }
  }
  return matrix;
}

void measure_whitening(Model& model, const Model::Impl& impl, const ModelGraph::Call& call,
                       const data::Dataset& train) {
  const ModelGraph::Member& member = impl.graph.member(call);
  const std::optional<std::size_t> input = whitened_input(impl.graph, call);
  if (!input) {
    throw ConfigError("a Whitening stands right after the input, or after a Flatten that does",
                      {{"layer", member.name}}, "move it there");
  }
  const Measured of{ExampleKind::features, *input};
  const std::int64_t size = impl.graph.type(call.inputs.front()).shape.size(-1);
  data::Covariance found = data::covariance(train, of.part, static_cast<std::size_t>(size));
  check_finite(found.mean, found.matrix, train, of, member.name, "covariance");
  const double unit = of.unit_in(train.spec());
  for (double& mean : found.mean) mean /= unit;
  for (double& product : found.matrix) product /= unit * unit;
  const std::vector<double> matrix =
      whitening_matrix(*member.layer.as<Whitening>(), found.matrix, static_cast<std::size_t>(size));
  model.set_weight(member.name + "/mean", Tensor({size}, found.mean));
  model.set_weight(member.name + "/matrix", Tensor({size, size}, matrix));
}

void measure(Model& model, const Model::Impl& impl, const data::Dataset& train,
             bool only_unmeasured) {
  for (const ModelGraph::Call& call : impl.graph.calls) {
    const ModelGraph::Member& member = impl.graph.member(call);
    if (call.is_input || !measures(member.layer)) continue;
    if (only_unmeasured && !is_unmeasured(model.weight(member.name + "/mean"))) continue;
    if (member.layer.as<Whitening>()) {
      measure_whitening(model, impl, call, train);
    } else {
      measure_normalization(model, impl, call, train);
    }
  }
}

/// Throws on a layer that wasn't measured, of a model within another too, whose path is `prefix`.
void require_measured(const ModelGraph& graph, const State& state, const std::string& prefix,
                      std::string_view purpose) {
  for (const ModelGraph::Member& member : graph.members) {
    const std::string path = prefix + member.name;
    if (const Model* nested = as_model(member.layer)) {
      require_measured(Model::Impl::of(*nested).graph, state, path + "/", purpose);
    }
    const std::optional<Measures> wanted = measures(member.layer);
    if (!wanted) continue;
    if (!is_unmeasured(state.get(state.variables()->find(path + "/mean")))) continue;
    const bool can_be_given = member.layer.as<Normalization>() != nullptr;
    throw ConfigError(fmt::format("{} needs the mean and {} of a {}, which were never measured",
                                  purpose, wanted->second, wanted->type),
                      {{"layer", path}},
                      !prefix.empty()
                          ? "call adapt of the model within before it becomes part of this one"
                          : fmt::format("call fit or adapt first, which measure them{}",
                                        can_be_given ? ", or give them to the layer" : ""));
  }
}

}  // namespace

void require_measured(Model::Impl& model, std::string_view purpose) {
  require_measured(model.built(), model.weights(), {}, purpose);
}

void adapt_unmeasured(Model& model, const Model::Impl& impl, const data::Dataset& train) {
  measure(model, impl, train, true);
}

void Model::adapt(const data::Dataset& train) {
  impl_->build_for(first_features(train.spec()));
  check_features(impl_->built(), train.spec().features);
  measure(*this, *impl_, train, false);
  constexpr std::int64_t batch_size = 256;  // as fast as larger ones, and little memory
  measure_training_set(*impl_, train, batch_size, data::workers_for(train, {}));
}

}  // namespace sloy
