#include <fmt/format.h>
#include <sloy/model.h>

#include <cmath>

#include "base/arguments.h"
#include "data/loader.h"
#include "program/executable.h"
#include "train/adapt.h"
#include "train/checks.h"
#include "train/evaluate.h"
#include "train/not_finite.h"
#include "train/trainer.h"

namespace sloy {

Evaluating::Evaluating(Model::Impl& model, const data::Dataset& dataset, std::int64_t batch_size,
                       int workers, bool confusion)
    : model_(model),
      precision_(model.compiled->precision),
      batch_size_(std::min(batch_size, dataset.size())),
      step_(evaluation_step(model, dataset.spec(),
                            confusion ? StepKind::evaluation_with_confusion : StepKind::evaluation,
                            batch_size_)),
      loader_(
          dataset,
          {.batch_size = batch_size_, .shuffle = false, .seed = model.seed, .workers = workers}),
      feeds_(dataset.spec(), precision_),
      check_(model, dataset.spec(), confusion),
      figures_(step_.figures, step_.program.executable(batch_size_)) {
  if (dataset.size() % batch_size_ != 0) step_.program.executable(dataset.size() % batch_size_);
  if (confusion) {
    const Executable& step = step_.program.executable(batch_size_);
    const std::int64_t classes = step.output_type(step.outputs() - 1).shape.size(0);
    confusion_ = Tensor(DType::float64, {classes, classes});
  }
}

const Figures& Evaluating::run() {
  figures_.clear();
  loader_.start(0);
  while (const data::Batch* given = loader_.next()) {
    check_(*given);
    Executable& step = step_.program.executable(given->count);
    step.run(model_.state, feeds_.of(*given));
    figures_.add(step, precision_, given->count);
    if (confusion_) add_confusion(step);
  }
  return figures_;
}

void Evaluating::add_confusion(const Executable& step) {
  const void* counts = step.output(step.outputs() - 1);
  std::span<double> sums = confusion_->mutable_values<double>();
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] += precision_ == NumericPrecision::float64 ? static_cast<const double*>(counts)[i]
                                                       : static_cast<const float*>(counts)[i];
  }
}

namespace {

/// Of figures that say nothing: predictions that are no numbers are still counted as some class.
Notice meaningless(double loss, const State& state) {
  const std::string weight =
      not_finite_in(state, [](const Variable& v) { return v.role == Role::parameter; });
  std::vector<Note> notes;
  if (!weight.empty()) notes.push_back({"weight", weight, "holds numbers that are not finite"});
  return Notice(
      fmt::format("the loss is {}: what else is measured says nothing about the model", loss),
      std::move(notes),
      weight.empty() ? "look for numbers that are not finite or very large in the data"
                     : "train the model anew: a training that diverged leaves such weights");
}

}  // namespace

Evaluation Model::evaluate(const data::Dataset& dataset, const EvaluateOptions& options) {
  require_loss(*impl_, "evaluate");
  if (dataset.empty()) {
    throw DataError("the data set to evaluate has no examples", {}, "give one or more");
  }
  require_positive("batch_size", options.batch_size);
  impl_->build_for(first_features(dataset.spec()));
  require_measured(*impl_, "evaluate");
  if (options.confusion_matrix && impl_->compiled->loss.size() > 1) {
    throw ConfigError("a confusion matrix is of a model with one output that has a loss", {},
                      "compile it with a loss for that output alone");
  }
  Evaluating evaluating(*impl_, dataset, options.batch_size, 0, options.confusion_matrix);
  const Figures& figures = evaluating.run();
  Evaluation evaluation;
  figures.write("", evaluation.logs);
  evaluation.notices = figures.notices("");
  evaluation.loss = evaluation.logs["loss"];
  if (!std::isfinite(evaluation.loss)) {
    evaluation.notices.push_back(meaningless(evaluation.loss, impl_->state));
  }
  evaluation.examples = figures.examples();
  evaluation.confusion_matrix = evaluating.confusion();
  return evaluation;
}

}  // namespace sloy
