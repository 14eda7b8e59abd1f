#include "train/trainer.h"

#include <fmt/format.h>

#include "base/arguments.h"
#include "data/held_out.h"
#include "data/loader.h"
#include "tensor/precision.h"
#include "train/checks.h"
#include "train/measures.h"

namespace sloy {
namespace {

bool same_types(const data::Spec& a, const data::Spec& b) {
  return a.features == b.features && a.targets == b.targets && a.weights == b.weights &&
         a.num_classes == b.num_classes;
}

/// Of a step that measures: a training step may be of mixed precision.
ProgramOptions program_options(const Model::Impl& model, StepGraph& step, std::int64_t batch_size) {
  ProgramOptions options;
  options.outputs = step.outputs;
  options.batch_size = batch_size;
  options.backend = model.compiled->backend;
  options.precision = state_precision(model.compiled->precision);
  options.convolution = model.compiled->convolution;
  options.tuning = model.compiled->tuning;
  options.memory_limit = model.compiled->memory_limit;
  return options;
}

bool any_variable(const Variable&) { return true; }

}  // namespace

TrainingSteps::TrainingSteps(const Model::Impl& model, const std::shared_ptr<Variables>& variables,
                             const data::Spec& spec, std::int64_t batch_size,
                             std::span<const double> class_weight) {
  const Optimizer& optimizer = model.compiled->optimizer;
  const auto compile_step = [&](auto write_updates) {
    StepGraph step = build_step(model, variables, spec, StepKind::training, class_weight);
    ProgramOptions options = program_options(model, step, batch_size);
    options.precision = model.compiled->precision;
    options.updates = write_updates(step.loss);
    return CompiledStep{sloy::compile(std::move(options)), std::move(step.figures)};
  };
  accumulation_steps_ = optimizer.options().gradient_accumulation_steps;
  // The one that changes the weights first: it decides how they lie in memory.
  update_ = compile_step([&](Value loss) { return optimizer.minimize(loss); });
  if (accumulation_steps_ > 1) {
    accumulate_ = compile_step([&](Value loss) { return optimizer.accumulate(loss); }).program;
  }
  steps_done_ = variables->find(step_variable);
}

Executable& TrainingSteps::prepare(std::int64_t batch_size) const {
  if (accumulate_) accumulate_.executable(batch_size);
  return update_.program.executable(batch_size);
}

Executable& TrainingSteps::next(const State& state, std::int64_t batch_size) const {
  if (!accumulate_) return update_.program.executable(batch_size);
  const auto done = static_cast<std::int64_t>(state.scalar(steps_done_));
  const bool changes_weights = (done + 1) % accumulation_steps_ == 0;
  return (changes_weights ? update_.program : accumulate_).executable(batch_size);
}

void require_loss(const Model::Impl& model, std::string_view purpose) {
  if (model.compiled && !model.compiled->loss.empty()) return;
  if (!model.compiled && !model.measures.is_null()) throw unknown_loss(model.measures);
  throw ConfigError(
      model.compiled ? fmt::format("the model was compiled without a loss, {} needs one", purpose)
                     : fmt::format("the model isn't compiled, {} needs that", purpose),
      {}, "call compile first: model.compile({.optimizer = Adam{}, .loss = …})");
}

void require_training(const Model::Impl& model, std::string_view purpose) {
  require_loss(model, purpose);
  if (model.measures.is_null()) return;
  throw ConfigError(
      fmt::format("the model's file holds no optimizer, {} needs one", purpose), {},
      fmt::format("call compile first: model.compile({{.optimizer = Adam{{}}, .loss = "
                  "{}{{…}}}})",
                  model.compiled->loss[0].value.type()));
}

Trainer& trainer_for(Model::Impl& model, const data::Spec& spec, std::int64_t batch_size,
                     const std::vector<double>& class_weight) {
  auto trainer = std::static_pointer_cast<Trainer>(model.trainer);
  const std::vector<bool> learning = model.learning();
  if (trainer && trainer->learning != learning) trainer = nullptr;
  if (trainer && same_types(trainer->spec, spec) && trainer->class_weight == class_weight) {
    return *trainer;
  }

  const auto variables = std::make_shared<Variables>();
  auto made = std::make_shared<Trainer>(
      Trainer{spec, class_weight, learning,
              TrainingSteps(model, variables, spec, batch_size, class_weight)});

  State state(variables, {.seed = model.seed, .precision = model.compiled->precision});
  // After a compile, or where other layers learn, the optimizer begins anew: weights are kept.
  if (model.state) copy_by_name(model.state, state, trainer ? any_variable : is_weight);
  model.adopt(std::move(state));
  model.trainer = made;
  return *made;
}

CompiledStep evaluation_step(Model::Impl& model, const data::Spec& spec, StepKind kind,
                             std::int64_t batch_size) {
  const std::shared_ptr<Variables> variables = model.weights().variables();
  auto evaluator = std::static_pointer_cast<Evaluator>(model.evaluator);
  std::vector<bool> learning = model.learning();
  if (!evaluator || evaluator->variables != variables || evaluator->learning != learning ||
      !same_types(evaluator->spec, spec)) {
    evaluator = std::make_shared<Evaluator>(Evaluator{variables, spec, std::move(learning), {}});
    model.evaluator = evaluator;
  }
  CompiledStep& compiled = evaluator->steps[kind];
  if (!compiled.program) {
    StepGraph step = build_step(model, variables, spec, kind);
    compiled.program = sloy::compile(program_options(model, step, batch_size));
    compiled.figures = std::move(step.figures);
  }
  return compiled;
}

Plan Model::plan(const data::Spec& spec, std::int64_t examples, const FitOptions& options) const {
  require_training(*impl_, "a plan");
  if (examples < 1) {
    throw DataError("the data set to plan for has no examples", {}, "give one or more");
  }
  require_positive("batch_size", options.batch_size);
  check_augmentation(spec, options.augment);
  impl_->build_for(first_features(spec));
  const std::int64_t split = data::held_out(options.validation_split, examples);
  const auto variables = std::make_shared<Variables>();
  const std::int64_t learned = examples - split;
  if (learned < 1) {
    throw DataError("no examples are left to learn from", {}, "lower validation_split");
  }
  const std::int64_t batch_size = std::min(options.batch_size, learned);
  const TrainingSteps training(*impl_, variables, spec, batch_size, options.class_weight);
  Plan plan = training.update().plan(batch_size);
  const auto slots = static_cast<std::size_t>(data::num_slots(options.workers.value_or(0)));
  plan.input_bytes *= slots;
  const auto add = [&](const Plan& other) {
    plan.constant_bytes += other.constant_bytes;
    plan.arena_bytes = std::max(plan.arena_bytes, other.arena_bytes);
  };
  const std::int64_t rest = learned % batch_size;
  if (rest != 0) add(training.update().plan(rest));
  if (training.accumulate()) {
    add(training.accumulate().plan(batch_size));
    if (rest != 0) add(training.accumulate().plan(rest));
  }
  if (!options.checkpoints.empty()) {
    for (VariableId id = 0; id < variables->size(); ++id) {
      plan.saving_bytes = std::max(plan.saving_bytes, (*variables)[id].type.bytes());
    }
  }

  const std::int64_t measured = split > 0 ? split : options.validation_data.size();
  if (measured > 0) {
    const std::int64_t together = std::min(options.batch_size, measured);
    StepGraph step = build_step(*impl_, variables, spec, StepKind::evaluation);
    const Program evaluation = sloy::compile(program_options(*impl_, step, together));
    add(evaluation.plan(together));
    plan.input_bytes += slots * evaluation.plan(together).input_bytes;
    if (measured % together != 0) add(evaluation.plan(measured % together));
  }
  return plan;
}

Program Model::training_program(const data::Spec& spec, std::int64_t batch_size) const {
  require_training(*impl_, "training");
  require_positive("batch_size", batch_size);
  impl_->build_for(first_features(spec));
  return TrainingSteps(*impl_, std::make_shared<Variables>(), spec, batch_size, {}).update();
}

void Model::compile(CompileOptions options) {
  if (options.backend == BackendKind::cpu && options.precision == NumericPrecision::float64) {
    throw ConfigError("float64 runs on the reference backend alone", {},
                      "use .backend = BackendKind::reference");
  }
  if (impl_->seed != options.seed && !impl_->keeps_weights) impl_->state = {};
  impl_->seed = options.seed;
  const NumericPrecision held = state_precision(options.precision);
  const bool other_precision = impl_->state && impl_->state.precision() != held;
  impl_->compiled = std::move(options);
  impl_->measures = {};
  impl_->noted_what_is_lost = false;
  impl_->epochs_trained = 0;
  impl_->trainer.reset();
  impl_->evaluator.reset();
  impl_->inference.clear();
  if (other_precision) {
    State state(impl_->state.variables(),
                {.seed = impl_->seed, .precision = impl_->compiled->precision});
    copy_by_name(impl_->state, state, is_weight);
    impl_->adopt(std::move(state));
  }
}

std::vector<std::string> Model::output_names() const { return sloy::output_names(impl_->built()); }

bool Model::is_compiled() const { return impl_->compiled.has_value(); }

}  // namespace sloy
