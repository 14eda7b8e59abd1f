/// What training a model keeps between fits: its programs.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <sloy/data.h>

#include "nn/model_impl.h"
#include "train/step_graph.h"

namespace sloy {

/// The program that trains, on the variables of the model's state.
struct Trainer {
  data::Spec spec;
  std::vector<double> class_weight;
  CompiledStep step;
};

/// Programs that evaluate, on the variables of the model's state.
struct Evaluator {
  std::shared_ptr<Variables> variables;
  data::Spec spec;
  std::map<StepKind, CompiledStep> steps;
};

/// The model's trainer for such data, made anew where data or settings are others than last time.
/// The model's state then has new variables with the values of the old ones. Throws what
/// build_step throws.
Trainer& trainer_for(Model::Impl& model, const data::Spec& spec, std::int64_t batch_size,
                     const std::vector<double>& class_weight);

/// A step that evaluates. REQUIRES: a loss was compiled.
CompiledStep& evaluation_step(Model::Impl& model, const data::Spec& spec, StepKind kind,
                              std::int64_t batch_size);

/// Throws ConfigError where `compile` was not called, or without a loss.
void require_loss(const Model::Impl& model, std::string_view purpose);
/// Likewise, and where the model was loaded: its file says how to measure it, not how to train it.
void require_training(const Model::Impl& model, std::string_view purpose);

}  // namespace sloy
