#include "train/step_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/example_memory.h"
#include "program/executable.h"
#include "train/checks.h"
#include "train/trained_outputs.h"
#include "train/undefined_figures.h"
#include "train/weights.h"

namespace sloy {
namespace {

/// Bytes are labels to a loss that takes those, else pixels.
Value as_target(Value fed, const Loss& loss) {
  if (fed.dtype() != DType::uint8) return fed;
  return takes_labels(loss) ? cast(fed, DType::int32) : as_model_input(fed, DType::float32);
}

/// A not-a-number's sign says nothing: it is dropped before the figure is shown anywhere.
double without_sign_of_nan(double figure) { return std::isnan(figure) ? NAN : figure; }

double number(const void* data, std::size_t index, NumericPrecision precision) {
  return without_sign_of_nan(precision == NumericPrecision::float64
                                 ? static_cast<const double*>(data)[index]
                                 : static_cast<const float*>(data)[index]);
}

/// The graph's inputs for parts of these types: "target", or where there are several "target_1", ….
std::vector<Value> feed(Graph& graph, const std::string& name, const data::Types& types) {
  std::vector<Value> fed;
  for (const Type& type : types) {
    const std::string number = types.size() == 1 ? "" : fmt::format("_{}", fed.size() + 1);
    fed.push_back(graph.input(name + number, data::rows_of(type, batch)));
  }
  return fed;
}

/// The name, or with a number where it is taken.
std::string free_name(const std::vector<std::string>& taken, const std::string& name) {
  std::string free = name;
  for (int number = 1; std::ranges::count(taken, free) > 0; ++number) {
    free = fmt::format("{}_{}", name, number);
  }
  return free;
}

/// What a step's figures are, but for how many sums each metric gives.
StepFigures figures_of(const std::vector<TrainedOutput>& outputs) {
  StepFigures figures;
  const auto add = [&](const std::string& name) {
    figures.names.push_back(free_name(figures.names, name));
  };
  const bool several = outputs.size() > 1;
  add("loss");
  if (several) {
    for (const TrainedOutput& output : outputs) add(output.name + "_loss");
  }
  figures.losses = figures.names.size();
  for (const TrainedOutput& output : outputs) {
    const std::string prefix = several ? output.name + "_" : "";
    for (const Metric* metric : output.metrics) {
      add(prefix + metric->name());
      figures.measures.push_back({*metric, 0});
    }
    for (const Metric* metric : output.weighted_metrics) {
      const std::string name = prefix + metric->name();
      const bool is_taken = std::ranges::count(figures.names, name) > 0;
      add(is_taken ? fmt::format("{}weighted_{}", prefix, metric->name()) : name);
      figures.measures.push_back({*metric, 0});
    }
  }
  return figures;
}

/// Throws ConfigError where targets are numbers that stand for no class.
void require_classes(const Loss& loss, const Type& target) {
  const bool is_hinge = loss.as<Hinge>() || loss.as<SquaredHinge>() || loss.as<CategoricalHinge>();
  if (!is_float(target.dtype) || loss.prediction() != Prediction::any || is_hinge) return;
  throw ConfigError(
      fmt::format("class_weight is for classes, {} has numbers for targets", loss.type()), {},
      "leave it out, or give the data a weight for each example");
}

/// Writes losses and metrics of a batch into its graph.
class StepWriter {
 public:
  StepWriter(const data::Spec& spec, StepGraph& step, std::span<const double> class_weight)
      : spec_(spec), step_(step), class_weight_(class_weight) {}

  /// One output: its part of the loss, and the sums of its metrics.
  void write(const TrainedOutput& output, Value prediction, Value fed_target, Value weight) {
    const Loss& loss = *output.loss;
    const Value target = as_target(fed_target, loss);
    // The data say of their first target alone how many classes it has.
    const int num_classes = losses_.empty() ? spec_.num_classes : 0;
    check_target(loss, num_classes, target.type(), prediction);
    Value training_weight = weight;
    if (!class_weight_.empty()) {
      require_classes(loss, target.type());
      const Value of_class = class_weights(target, prediction, class_weight_);
      training_weight = combined_weight(loss.type(), weight, of_class);
    }
    losses_.push_back(loss(target, prediction, training_weight));
    const Value part =
        output.loss_weight == 1 ? losses_.back() : losses_.back() * output.loss_weight;
    step_.loss = step_.loss ? step_.loss + part : part;

    const Graph::Section section(*step_.graph, "metrics");
    // What the loss leaves out is not measured either.
    const Value counts = loss.mask(target);
    MetricInput given{
        .target = target, .prediction = prediction, .kind = loss.prediction(), .weight = counts};
    for (const Metric* metric : output.metrics) measure(*metric, given);
    given.weight = combined_weight(loss.type(), weight, counts);
    for (const Metric* metric : output.weighted_metrics) measure(*metric, given);
  }

  void finish(std::span<const Value> penalties) {
    for (Value penalty : penalties) step_.loss = step_.loss + penalty;
    step_.outputs.push_back(step_.loss);
    if (losses_.size() > 1) {
      step_.outputs.insert(step_.outputs.end(), losses_.begin(), losses_.end());
    }
    step_.outputs.insert(step_.outputs.end(), sums_.begin(), sums_.end());
  }

 private:
  /// Labels where a model gives back what it is fed have a cure of their own.
  void check_target(const Loss& loss, int num_classes, const Type& target, Value prediction) const {
    try {
      check_loss(loss, num_classes, target, prediction);
    } catch (const ShapeError&) {
      const bool gives_back = spec_.features.size() == 1 &&
                              prediction.shape().size(-1) != num_classes &&
                              data::rows_of(spec_.features[0], batch).shape == prediction.shape();
      if (!gives_back || is_float(target.dtype) || takes_labels(loss)) throw;
      throw ShapeError(
          fmt::format("{}: the model gives what it is fed, the targets are class labels",
                      loss.type()),
          {{"targets", to_string(target)}, {"predictions", to_string(prediction.type())}},
          "measure against the features: --set data.target=features, or "
          "Dataset::targeting_features()");
    }
  }

  void measure(const Metric& metric, const MetricInput& given) {
    const std::vector<Value> sums = metric.call(given);
    step_.figures.measures[measured_++].sums = sums.size();
    sums_.insert(sums_.end(), sums.begin(), sums.end());
  }

  const data::Spec& spec_;
  StepGraph& step_;
  std::span<const double> class_weight_;
  std::vector<Value> losses_;
  std::vector<Value> sums_;
  std::size_t measured_ = 0;
};

}  // namespace

StepGraph build_step(const Model::Impl& model, std::shared_ptr<Variables> variables,
                     const data::Spec& spec, StepKind kind, std::span<const double> class_weight) {
  const std::vector<TrainedOutput> outputs = trained_outputs(*model.compiled, model.built());
  check_model_and_data(model.built(), spec, outputs);
  if (!class_weight.empty() && outputs.size() > 1) {
    throw ConfigError("class_weight is for a model with one output that has a loss",
                      {{"outputs", fmt::format("{} with a loss", outputs.size())}},
                      "give the data weights instead, one for each target");
  }
  StepGraph step{.graph = std::make_unique<Graph>(std::move(variables)),
                 .loss = {},
                 .outputs = {},
                 .figures = figures_of(outputs)};
  Graph& graph = *step.graph;
  const std::vector<Value> features = feed(graph, "features", spec.features);
  const std::vector<Value> targets = feed(graph, "target", spec.targets);
  const std::vector<Value> weights = feed(graph, "weight", spec.weights);

  Build build(graph, kind == StepKind::training);
  const std::vector<Value> predictions = model.build(build, features);
  StepWriter writer(spec, step, class_weight);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Value weight = weights.empty()       ? Value()
                         : weights.size() == 1 ? weights.front()
                                               : weights[i];
    writer.write(outputs[i], predictions[outputs[i].output], targets[i], weight);
  }
  writer.finish(build.losses());
  if (kind == StepKind::evaluation_with_confusion) {
    const Graph::Section section(graph, "metrics");
    const Loss& loss = *outputs.front().loss;
    step.outputs.push_back(confusion_matrix(
        as_target(targets.front(), loss), predictions[outputs.front().output], loss.prediction()));
  }
  return step;
}

std::optional<bool> StepFigures::larger_is_better(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  const auto place = static_cast<std::size_t>(found - names.begin());
  if (place < losses) return false;
  return measures[place - losses].metric.larger_is_better();
}

Figures::Figures(StepFigures figures, const Executable& step)
    : figures_(std::move(figures)), losses_(figures_.losses) {
  std::size_t output = figures_.losses;
  for (const StepFigures::Measure& measure : figures_.measures) {
    Sums sums;
    for (std::size_t i = 0; i < measure.sums; ++i) {
      sums.emplace_back(static_cast<std::size_t>(step.output_type(output++).shape.size()));
    }
    totals_.push_back(std::move(sums));
  }
  batch_ = totals_;
}

void Figures::clear() {
  last_loss_ = 0;
  examples_ = 0;
  std::fill(losses_.begin(), losses_.end(), 0.0);
  for (Sums& sums : totals_) {
    for (std::vector<double>& sum : sums) std::fill(sum.begin(), sum.end(), 0.0);
  }
}

void Figures::read(const Executable& step, NumericPrecision precision) {
  std::size_t output = figures_.losses;
  for (Sums& sums : batch_) {
    for (std::vector<double>& sum : sums) {
      const void* data = step.output(output++);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = number(data, i, precision);
    }
  }
}

void Figures::add(const Executable& step, NumericPrecision precision, std::int64_t examples) {
  last_loss_ = number(step.output(0), 0, precision);
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    losses_[i] += number(step.output(i), 0, precision) * static_cast<double>(examples);
  }
  examples_ += examples;
  read(step, precision);
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    figures_.measures[i].metric.merge(totals_[i], batch_[i]);
  }
}

void Figures::write(std::string_view prefix, Logs& logs) const {
  const auto set = [&](const std::string& name, double value) {
    if (prefix.empty()) return logs.set(name, value);
    logs.set(fmt::format("{}{}", prefix, name), value);
  };
  const auto examples = static_cast<double>(examples_);
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    set(figures_.names[i], MetricResult::quotient(losses_[i], examples).value);
  }
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    const MetricResult result = figures_.measures[i].metric.result(totals_[i]);
    set(figures_.names[figures_.losses + i], without_sign_of_nan(result.value));
  }
}

std::vector<Notice> Figures::notices(std::string_view prefix) const {
  std::vector<Notice> notices;
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    if (figures_.measures[i].metric.result(totals_[i]).is_defined) continue;
    const std::string figure = fmt::format("{}{}", prefix, figures_.names[figures_.losses + i]);
    notices.push_back(undefined_figure(figure, figures_.measures[i].metric, examples_));
  }
  return notices;
}

BatchFeeds::BatchFeeds(const data::Spec& spec, NumericPrecision precision) {
  const bool is_wide = precision == NumericPrecision::float64;
  add(spec.features, is_wide);
  add(spec.targets, is_wide);
  add(spec.weights, is_wide);
  pointers_.resize(parts_.size());
}

void BatchFeeds::add(const data::Types& types, bool is_wide) {
  for (const Type& type : types) {
    parts_.push_back({.is_wide = is_wide && type.dtype == DType::float32, .wide = {}});
  }
}

std::span<const void* const> BatchFeeds::of(const data::Batch& given) {
  std::size_t next = 0;
  for (const auto& kind : {given.features, given.targets, given.weights}) {
    for (std::span<const std::byte> bytes : kind) {
      Part& part = parts_[next];
      pointers_[next++] = bytes.data();
      if (!part.is_wide) continue;
      const auto* narrow = reinterpret_cast<const float*>(bytes.data());
      part.wide.assign(narrow, narrow + bytes.size() / sizeof(float));
      pointers_[next - 1] = part.wide.data();
    }
  }
  return pointers_;
}

}  // namespace sloy
