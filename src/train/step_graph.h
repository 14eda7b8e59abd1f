/// The graph of one step: a model, its loss and its metrics over a batch of a data set.
#pragma once

#include <memory>
#include <vector>

#include <sloy/data.h>

#include "data/loader.h"
#include "nn/model_impl.h"

namespace sloy {

struct StepGraph {
  std::unique_ptr<Graph> graph;
  /// With the penalties of regularizers.
  Value loss;
  /// loss; total and count of each metric; the confusion matrix where asked for.
  std::vector<Value> outputs;
};

enum class StepKind : std::uint8_t { training, evaluation, evaluation_with_confusion };

/// Throws where data, model and loss don't fit each other. REQUIRES: a loss was compiled.
StepGraph build_step(const Model::Impl& model, std::shared_ptr<Variables> variables,
                     const data::Spec& spec, StepKind kind);

/// The names of the figures a step gives: "loss", then the metrics'. A name that is taken gets a
/// number: "accuracy_1".
std::vector<std::string> figure_names(const CompileOptions& options);

/// Sums the figures of many batches in double.
class Figures {
 public:
  explicit Figures(std::size_t metrics) : totals_(metrics), counts_(metrics) {}
  void clear();
  /// A batch of `examples`, from the outputs of its step.
  void add(const Executable& step, Precision precision, std::int64_t examples);
  double last_loss() const { return last_loss_; }
  std::int64_t examples() const { return examples_; }
  /// Means so far: of the loss over examples, of the metrics by their counts. 0/0 is 0.
  void write(const std::vector<std::string>& names, std::string_view prefix, Logs& logs) const;

 private:
  double loss_ = 0;
  double last_loss_ = 0;
  std::int64_t examples_ = 0;
  std::vector<double> totals_;
  std::vector<double> counts_;
};

/// The bytes of a batch as a program reads them.
class BatchFeeds {
 public:
  BatchFeeds(const data::Spec& spec, Precision precision);
  /// Valid until the next call. A float64 program gets float32 data widened.
  std::span<const void* const> of(const data::Batch& given);

 private:
  const void* widened(const Type& type, std::span<const std::byte> bytes,
                      std::vector<double>& wide) const;
  Type features_;
  Type target_;
  bool is_wide_;
  std::vector<double> wide_features_;
  std::vector<double> wide_target_;
  std::array<const void*, 2> pointers_{};
};

}  // namespace sloy
