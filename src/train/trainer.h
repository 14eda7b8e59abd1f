/// What training a model keeps between fits: its programs.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include <sloy/data.h>

#include "nn/model_impl.h"
#include "train/step_graph.h"

namespace sloy {

/// The programs that train, on the variables of the model's state. Where gradients are accumulated
/// there are two, and the number of steps done says which comes next.
class TrainingSteps {
 public:
  /// `class_weight` as build_step's. Throws what that throws, and Optimizer::minimize.
  TrainingSteps(const Model::Impl& model, const std::shared_ptr<Variables>& variables,
                const data::Spec& spec, std::int64_t batch_size,
                std::span<const double> class_weight);

  /// What their outputs are.
  const StepFigures& figures() const { return update_.figures; }
  /// Compiles for batches of this size, where that is new. Gives the program that changes the
  /// weights.
  Executable& prepare(std::int64_t batch_size) const;
  /// The program for the step that comes after those the state has seen.
  Executable& next(const State& state, std::int64_t batch_size) const;
  /// The one that changes the weights.
  const Program& update() const { return update_.program; }
  /// Empty where every step changes the weights.
  const Program& accumulate() const { return accumulate_; }

 private:
  int accumulation_steps_;
  CompiledStep update_;
  Program accumulate_;
  VariableId steps_done_;
};

struct Trainer {
  data::Spec spec;
  std::vector<double> class_weight;
  std::vector<bool> learning;  ///< Model::Impl::learning when it was made
  TrainingSteps steps;
};

/// Programs that evaluate, on the variables of the model's state.
struct Evaluator {
  std::shared_ptr<Variables> variables;
  data::Spec spec;
  std::vector<bool> learning;  ///< likewise: frozen layers pay no penalty
  std::map<StepKind, CompiledStep> steps;
};

/// The model's trainer for such data, made anew where data or settings are others than last time.
/// The model's state then has new variables with the values of the old ones; where other layers
/// learn than last time, slots begin anew. Throws what
/// build_step throws.
Trainer& trainer_for(Model::Impl& model, const data::Spec& spec, std::int64_t batch_size,
                     const std::vector<double>& class_weight);

/// A step that evaluates. REQUIRES: a loss was compiled.
CompiledStep evaluation_step(Model::Impl& model, const data::Spec& spec, StepKind kind,
                             std::int64_t batch_size);

/// Throws ConfigError where `compile` was not called, or without a loss.
void require_loss(const Model::Impl& model, std::string_view purpose);
/// Likewise, and where the model was loaded: its file says how to measure it, not how to train it.
void require_training(const Model::Impl& model, std::string_view purpose);

}  // namespace sloy
