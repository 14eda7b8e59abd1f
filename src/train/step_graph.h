/// The graph of one step: a model, its loss and its metrics over a batch of a data set.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sloy/data.h>

#include "data/loader.h"
#include "nn/model_impl.h"

namespace sloy {

/// What the outputs of a step are: losses, then the sums of metrics.
struct StepFigures {
  /// "loss"; of several outputs each one's, "digit_loss"; the metrics'. A name that is taken gets a
  /// number: "accuracy_1".
  std::vector<std::string> names;
  std::size_t losses = 1;
  struct Measure {
    Metric metric;
    std::size_t sums;  ///< how many the step gives
  };
  std::vector<Measure> measures;  ///< one for each name after the losses'

  /// Throws ConfigError where there is no such figure.
  std::optional<bool> larger_is_better(std::string_view name) const;
};

/// A compiled step, and what its outputs are.
struct CompiledStep {
  Program program;
  StepFigures figures;
};

struct StepGraph {
  std::unique_ptr<Graph> graph;
  /// With the penalties of regularizers.
  Value loss;
  /// Those of `figures`; then the confusion matrix where asked for.
  std::vector<Value> outputs;
  StepFigures figures;
};

enum class StepKind : std::uint8_t { training, evaluation, evaluation_with_confusion };

/// `class_weight` is for training; empty where classes count alike. Throws where data, model and
/// loss don't fit each other. REQUIRES: a loss was compiled.
StepGraph build_step(const Model::Impl& model, std::shared_ptr<Variables> variables,
                     const data::Spec& spec, StepKind kind,
                     std::span<const double> class_weight = {});

/// Sums the figures of many batches in double.
class Figures {
 public:
  /// `step` gives the sums' shapes.
  Figures(StepFigures figures, const Executable& step);
  void clear();
  /// A batch of `examples`, from the outputs of its step.
  void add(const Executable& step, NumericPrecision precision, std::int64_t examples);
  double last_loss() const { return last_loss_; }
  std::int64_t examples() const { return examples_; }
  const std::vector<std::string>& names() const { return figures_.names; }
  const StepFigures& figures() const { return figures_; }
  /// So far: means of the losses over examples, and the metrics of their sums.
  void write(std::string_view prefix, Logs& logs) const;
  /// Says of each figure that is 0 / 0 that it is.
  std::vector<Notice> notices(std::string_view prefix) const;

 private:
  using Sums = std::vector<std::vector<double>>;
  void read(const Executable& step, NumericPrecision precision);

  StepFigures figures_;
  std::vector<double> losses_;
  double last_loss_ = 0;
  std::int64_t examples_ = 0;
  std::vector<Sums> totals_;  ///< of each measure
  std::vector<Sums> batch_;
};

/// The bytes of a batch as a program reads them: features, targets, weights.
class BatchFeeds {
 public:
  BatchFeeds(const data::Spec& spec, NumericPrecision precision);
  /// Valid until the next call. A float64 program gets float32 data widened.
  std::span<const void* const> of(const data::Batch& given);

 private:
  struct Part {
    bool is_wide;
    std::vector<double> wide;
  };
  void add(const data::Types& types, bool is_wide);
  std::vector<Part> parts_;
  std::vector<const void*> pointers_;
};

}  // namespace sloy
