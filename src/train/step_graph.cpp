#include "train/step_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "program/executable.h"
#include "train/checks.h"

namespace sloy {
namespace {

Type batched(const Type& type) {
  Shape shape{batch};
  for (const Dim& dim : type.shape) shape.push_back(dim);
  return {type.dtype, shape};
}

/// Bytes are labels to a loss that takes those, else pixels.
Value as_target(Value fed, const Loss& loss) {
  if (fed.dtype() != DType::uint8) return fed;
  return takes_labels(loss) ? cast(fed, DType::int32) : as_model_input(fed, DType::float32);
}

/// A not-a-number's sign says nothing: it is dropped before the figure is shown anywhere.
double without_sign_of_nan(double figure) { return std::isnan(figure) ? NAN : figure; }

double number(const Executable& step, std::size_t output, Precision precision) {
  const void* data = step.output(output);
  return without_sign_of_nan(precision == Precision::float64 ? *static_cast<const double*>(data)
                                                             : *static_cast<const float*>(data));
}

}  // namespace

StepGraph build_step(const Model::Impl& model, std::shared_ptr<Variables> variables,
                     const data::Spec& spec, StepKind kind) {
  const CompileOptions& options = *model.compiled;
  check_model_and_data(model.built(), spec);
  StepGraph step{.graph = std::make_unique<Graph>(std::move(variables)), .loss = {}, .outputs = {}};
  Graph& graph = *step.graph;
  const Value features = graph.input("features", batched(spec.features));
  const Value fed_target = graph.input("target", batched(spec.target));

  Build build(graph, kind == StepKind::training);
  const Value prediction = model.build(build, std::array{features}).front();
  const Value target = as_target(fed_target, *options.loss);
  check_loss(*options.loss, spec, target.type(), prediction);

  step.loss = (*options.loss)(target, prediction);
  for (Value penalty : build.losses()) step.loss = step.loss + penalty;
  step.outputs.push_back(step.loss);

  const Graph::Section section(graph, "metrics");
  for (const Metric& metric : options.metrics) {
    const MetricParts parts = metric.call(target, prediction, options.loss->prediction());
    step.outputs.push_back(parts.total);
    step.outputs.push_back(parts.count);
  }
  if (kind == StepKind::evaluation_with_confusion) {
    step.outputs.push_back(confusion_matrix(target, prediction, options.loss->prediction()));
  }
  return step;
}

std::vector<std::string> figure_names(const CompileOptions& options) {
  std::vector<std::string> names{"loss"};
  for (const Metric& metric : options.metrics) {
    std::string name = metric.name();
    for (int number = 1; std::ranges::count(names, name) > 0; ++number) {
      name = fmt::format("{}_{}", metric.name(), number);
    }
    names.push_back(std::move(name));
  }
  return names;
}

void Figures::clear() {
  loss_ = last_loss_ = 0;
  examples_ = 0;
  std::fill(totals_.begin(), totals_.end(), 0.0);
  std::fill(counts_.begin(), counts_.end(), 0.0);
}

void Figures::add(const Executable& step, Precision precision, std::int64_t examples) {
  last_loss_ = number(step, 0, precision);
  loss_ += last_loss_ * static_cast<double>(examples);
  examples_ += examples;
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    totals_[i] += number(step, 1 + 2 * i, precision);
    counts_[i] += number(step, 2 + 2 * i, precision);
  }
}

void Figures::write(const std::vector<std::string>& names, std::string_view prefix,
                    Logs& logs) const {
  const auto quotient = [](double total, double count) {
    return count == 0 ? 0 : without_sign_of_nan(total / count);
  };
  const auto set = [&](const std::string& name, double value) {
    if (prefix.empty()) return logs.set(name, value);
    logs.set(fmt::format("{}{}", prefix, name), value);
  };
  set(names[0], quotient(loss_, static_cast<double>(examples_)));
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    set(names[i + 1], quotient(totals_[i], counts_[i]));
  }
}

BatchFeeds::BatchFeeds(const data::Spec& spec, Precision precision)
    : features_(spec.features), target_(spec.target), is_wide_(precision == Precision::float64) {}

const void* BatchFeeds::widened(const Type& type, std::span<const std::byte> bytes,
                                std::vector<double>& wide) const {
  if (!is_wide_ || type.dtype != DType::float32) return bytes.data();
  const auto* narrow = reinterpret_cast<const float*>(bytes.data());
  wide.assign(narrow, narrow + bytes.size() / sizeof(float));
  return wide.data();
}

std::span<const void* const> BatchFeeds::of(const data::Batch& given) {
  pointers_ = {widened(features_, given.features, wide_features_),
               widened(target_, given.target, wide_target_)};
  return pointers_;
}

}  // namespace sloy
