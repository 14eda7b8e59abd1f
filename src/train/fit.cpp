#include <fmt/format.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/arguments.h"
#include "base/clock.h"
#include "data/loader.h"
#include "program/executable.h"
#include "train/adapt.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/fit_notices.h"
#include "train/not_finite.h"
#include "train/progress.h"
#include "train/trainer.h"
#include "train/training_set_statistics.h"

namespace sloy {
namespace {

void check_options(const FitOptions& options) {
  const auto refuse = [](std::string what, std::string fix) {
    throw ConfigError(std::move(what), {}, std::move(fix));
  };
  require_positive("batch_size", options.batch_size);
  require_positive("epochs", options.epochs);
  if (options.initial_epoch < 0 || options.initial_epoch >= options.epochs) {
    refuse(fmt::format("initial_epoch {} is not before epochs {}", options.initial_epoch,
                       options.epochs),
           "epochs counts from the very first, not from initial_epoch");
  }
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    refuse(fmt::format("validation_split must be in [0, 1), not {}", options.validation_split),
           "give the share of the examples to hold out, as 0.1");
  }
  if (options.validation_split > 0 && !options.validation_data.empty()) {
    refuse("validation_split and validation_data are both given", "give one of them");
  }
  if (options.resume && options.checkpoints.empty()) {
    refuse("there is nothing to resume from",
           "name the directory: .checkpoints = \"run/checkpoints\"");
  }
}

void check_validation(const data::Spec& train, const data::Spec& validation) {
  if (train.features == validation.features && train.targets == validation.targets) return;
  throw ShapeError("the validation data are of another kind than the training data",
                   {{"training", to_string(train.features), to_string(train.targets)},
                    {"validation", to_string(validation.features), to_string(validation.targets)}});
}

ConfigError rate_follows(const LearningRate& schedule) {
  return ConfigError(
      fmt::format("the learning rate follows {}: a callback can't set it", schedule.type()), {},
      "give the optimizer a number as learning_rate, or leave the callback out");
}

/// One fit: data, programs, callbacks, and the loop over them.
class Fit final : public Run {
 public:
  /// `changed` are the examples of `train` as they are learned from.
  Fit(Model& model, Model::Impl& impl, const data::Dataset& train, const data::Dataset& changed,
      const data::Dataset& validation, const FitOptions& options)
      : model_(model),
        impl_(impl),
        train_(train),
        workers_(data::workers_for(changed, options.workers)),
        options_(options),
        callbacks_(options.callbacks),
        examples_(train.size()),
        batch_size_(std::min(options.batch_size, train.size())),
        steps_(trainer_for(impl, train.spec(), batch_size_, options.class_weight).steps),
        loader_(changed, {.batch_size = batch_size_,
                          .shuffle = options.shuffle,
                          .seed = impl.seed,
                          .workers = workers_}),
        feeds_(train.spec(), impl.compiled->precision),
        check_(impl, train.spec(), false),
        full_(&steps_.prepare(batch_size_)),
        figures_(steps_.figures(), *full_),
        log_names_(figures_.names()) {
    // Every program is compiled before the first step, the last smaller batch's too.
    if (examples_ % batch_size_ != 0) steps_.prepare(examples_ % batch_size_);
    if (!validation.empty()) {
      validation_.emplace(impl, validation, options.batch_size,
                          data::workers_for(validation, options.workers), false);
      for (const std::string& name : figures_.names()) log_names_.push_back("val_" + name);
    }
    if (!options.checkpoints.empty()) checkpoints_.emplace(options.checkpoints);
    const data::Types& features = train.spec().features;
    const bool has_images = features.size() == 1 && features[0].shape.rank() == 3;
    const auto progress_shown =
        progress_callback(options.verbose, has_images ? "images" : "examples");
    if (progress_shown) callbacks_.push_back(*progress_shown);
    follows_batches_ = std::any_of(callbacks_.begin(), callbacks_.end(),
                                   [](const Callback& c) { return c.follows_batches(); });
  }

  History run() {
    impl_.keeps_weights = true;
    epoch_ = options_.initial_epoch;
    epochs_before_ = std::max(0, impl_.epochs_trained - epoch_);
    const Config::List states = options_.resume ? resume() : Config::List{};
    check_first_weights();
    for (Callback& callback : callbacks_) callback.on_train_begin(*this);
    restore(states);
    for (const Notice& notice : notices_before(impl_, options_, examples_)) notify(notice);
    for (const Notice& notice : sloy::notices(full_->plan())) notify(notice);
    for (const Notice& notice : notices(impl_.compiled->tuning)) notify(notice);
    has_begun_ = true;
    give_notices();
    while (epoch_ < options_.epochs && !stopped_) {
      if (!run_epoch()) break;
      ++epoch_;
    }
    if (checkpoints_) checkpoints_->finish();
    impl_.compiled->optimizer.take_average(impl_.state);
    for (Callback& callback : callbacks_) callback.on_train_end(*this, logs_);
    // Of the weights that are kept: callbacks may have put the best ones back.
    if (!interrupted_) measure_training_set(impl_, train_, batch_size_, workers_);
    return history_;
  }

  Model& model() const override { return model_; }
  bool resumed() const override { return resumed_; }
  State& state() const override { return impl_.state; }
  int epoch() const override { return epoch_; }
  int epochs() const override { return options_.epochs; }
  std::int64_t step() const override { return steps_done_; }
  std::int64_t steps() const override { return loader_.num_batches(); }
  std::int64_t example() const override { return figures_.examples(); }
  std::int64_t examples() const override { return examples_; }
  double seconds() const override { return real_clock().seconds() - epoch_began_; }
  double examples_per_second() const override {
    const double spent = training_seconds_ > 0 ? training_seconds_ : seconds();
    return spent > 0 ? static_cast<double>(example()) / spent : 0;
  }
  double data_wait() const override {
    const double spent = training_seconds_ > 0 ? training_seconds_ : seconds();
    return spent > 0 ? waited_seconds_ / spent : 0;
  }
  const std::vector<std::string>& log_names() const override { return log_names_; }
  std::optional<bool> larger_is_better(std::string_view figure) const override {
    if (figure.starts_with("val_")) figure.remove_prefix(4);
    return figures_.figures().larger_is_better(figure);
  }
  void notify(const Notice& notice) override {
    notices_.push_back(notice);
    if (has_begun_) give_notices();
  }
  double learning_rate() const override { return state().scalar(scalar(learning_rate_variable)); }
  void set_learning_rate(double rate) override {
    const LearningRate own = impl_.compiled->optimizer.learning_rate();
    if (own.is_schedule()) throw rate_follows(own);
    state().set_scalar(scalar(learning_rate_variable), rate);
  }
  void stop() override { stopped_ = true; }
  void interrupt() override { interrupted_ = true; }
  void keep_weights(const std::string& name) override { kept_.insert_or_assign(name, state()); }
  void restore_weights(const std::string& name) override {
    const auto found = kept_.find(name);
    if (found == kept_.end()) throw ConfigError(fmt::format("no weights are kept as '{}'", name));
    copy_by_name(found->second, state(), [](const Variable& variable) {
      return variable.role == Role::parameter || variable.role == Role::statistic;
    });
  }

 private:
  /// Whether the epoch was finished.
  bool run_epoch() {
    epoch_began_ = real_clock().seconds();
    training_seconds_ = 0;
    waited_seconds_ = 0;
    steps_done_ = 0;
    figures_.clear();
    logs_ = {};
    for (Callback& callback : callbacks_) callback.on_epoch_begin(*this);
    loader_.start(epochs_before_ + epoch_);
    while (const data::Batch* given = next_batch()) {
      run_step(*given);
      if (interrupted_) {
        logs_ = batch_logs_;
        return false;
      }
    }
    impl_.epochs_trained = epochs_before_ + epoch_ + 1;
    check_weights();
    training_seconds_ = seconds();
    figures_.write("", logs_);
    note_undefined(figures_, "");
    if (validation_) {
      const Figures& measured = validation_->run();
      measured.write("val_", logs_);
      check_finite(logs_["val_loss"], "the validation loss");
      note_undefined(measured, "val_");
    }
    history_.epoch.push_back(epoch_);
    history_.logs.push_back(logs_);
    for (Callback& callback : callbacks_) callback.on_epoch_end(*this, logs_);
    if (checkpoints_) checkpoints_->save(impl_, progress(), kept_);
    return true;
  }

  const data::Batch* next_batch() {
    const double asked = real_clock().seconds();
    const data::Batch* given = loader_.next();
    waited_seconds_ += real_clock().seconds() - asked;
    return given;
  }

  void run_step(const data::Batch& given) {
    check_(given);
    Executable& executable = steps_.next(impl_.state, given.count);
    executable.run(impl_.state, feeds_.of(given));
    figures_.add(executable, impl_.compiled->precision, given.count);
    ++steps_done_;
    if (!std::isfinite(figures_.last_loss())) refuse_loss(given);
    if (!follows_batches_) return;
    figures_.write("", batch_logs_);
    for (Callback& callback : callbacks_) callback.on_train_batch_end(*this, batch_logs_);
  }

  /// Once a fit for each figure.
  void note_undefined(const Figures& figures, std::string_view prefix) {
    for (Notice& notice : figures.notices(prefix)) {
      if (noted_undefined_.insert(notice.what()).second) notify(notice);
    }
  }

  void check_finite(double value, std::string_view what) const {
    if (!std::isfinite(value)) diverged(fmt::format("{} is {}", what, value));
  }

  /// A step's loss that is not finite: by the data it was of, by itself where nothing was learned
  /// before, or else by what was.
  [[noreturn]] void refuse_loss(const data::Batch& given) const {
    const double loss = figures_.last_loss();
    if (std::optional<NumericError> error = not_finite_in(train_.spec(), given)) {
      error->add({"epoch", fmt::format("{} of {}", epoch_ + 1, options_.epochs)});
      throw std::move(*error);
    }
    if (state().scalar(scalar(step_variable)) > 1) diverged(fmt::format("the loss is {}", loss));
    throw NumericError(
        fmt::format("the loss of the very first step is {}", loss),
        {{"data", "all numbers of this batch are finite"},
         {"weights", "all were finite before the step"}},
        "look for a logarithm, root, quotient or exponential of what it isn't made for in the loss "
        "and the layers, and for very large numbers in the data");
  }

  /// Of the weights a fit begins with.
  void check_first_weights() const {
    const std::string weight =
        not_finite_in(state(), [](const Variable& v) { return v.role == Role::parameter; });
    if (weight.empty()) return;
    throw NumericError(
        fmt::format("{} holds numbers that are not finite before the first step", weight), {},
        "look at its initializer, and at what set_weight or a file gave it: after a "
        "training that diverged the model must be made anew");
  }

  /// What the last steps of an epoch did to the weights shows in no loss of this epoch.
  void check_weights() const {
    const std::string found = not_finite_in(state(), [](const Variable&) { return true; });
    if (!found.empty()) diverged(fmt::format("{} holds numbers that are not finite", found));
  }

  [[noreturn]] void diverged(std::string what) const {
    NumericError error(
        fmt::format("training diverged: {}", what),
        {{"epoch", fmt::format("{} of {}", epoch_ + 1, options_.epochs)},
         {"step", fmt::format("{} of {}", steps_done_, steps())},
         {"learning_rate", fmt::format("{:g}", learning_rate())}},
        "lower the learning rate, or look for numbers that are not finite or very large in the "
        "data");
    if (const auto checkpoint = newest_checkpoint(options_.checkpoints); !checkpoint.empty()) {
      error.add(
          {"checkpoint", checkpoint.string(), "a model too, of the last epoch that was finished"});
    }
    throw error;
  }

  VariableId scalar(std::string_view name) const { return state().variables()->find(name); }

  Progress progress() const {
    Progress progress{.epochs_done = epoch_ + 1,
                      .epochs_before = epochs_before_,
                      .seed = impl_.seed,
                      .batch_size = batch_size_,
                      .examples = examples_,
                      .history = history_,
                      .callbacks = {},
                      .stopped = stopped_,
                      .notices = {}};
    for (const Callback& callback : callbacks_) {
      Config own = callback.state();
      if (own.is_null()) continue;
      progress.callbacks.push_back(
          Config::Map{{"type", std::string(callback.type())}, {"state", std::move(own)}});
    }
    return progress;
  }

  /// Goes on from the newest checkpoint, if there is one. Returns the callbacks' states.
  Config::List resume() {
    std::optional<Progress> found = load_checkpoint(options_.checkpoints, impl_, progress(), kept_);
    if (!found) return {};
    resumed_ = true;
    epoch_ = found->epochs_done;
    epochs_before_ = found->epochs_before;
    impl_.epochs_trained = epochs_before_ + epoch_;
    history_ = std::move(found->history);
    stopped_ = found->stopped;
    for (Notice& notice : found->notices) notices_.push_back(std::move(notice));
    if (!history_.logs.empty()) logs_ = history_.logs.back();
    return std::move(found->callbacks);
  }

  /// Gives callbacks that have a state theirs; load_checkpoint saw that they are the same.
  void restore(const Config::List& states) {
    auto next = states.begin();
    for (Callback& callback : callbacks_) {
      if (next == states.end() || callback.state().is_null()) continue;
      callback.set_state(next->at("state"));
      ++next;
    }
  }

  void give_notices() {
    for (const Notice& notice : std::exchange(notices_, {})) {
      for (Callback& callback : callbacks_) callback.on_notice(*this, notice);
    }
  }

  Model& model_;
  Model::Impl& impl_;
  const data::Dataset& train_;
  int workers_;
  const FitOptions& options_;
  std::vector<Callback> callbacks_;
  std::int64_t examples_;
  std::int64_t batch_size_;
  TrainingSteps steps_;  ///< its own: a callback may compile the model anew
  data::Loader loader_;
  BatchFeeds feeds_;
  TargetCheck check_;
  Executable* full_;  ///< of a whole batch, that changes the weights
  Figures figures_;
  std::vector<std::string> log_names_;
  std::set<std::string, std::less<>> noted_undefined_;
  std::optional<Evaluating> validation_;
  std::optional<CheckpointWriter> checkpoints_;
  bool follows_batches_ = false;

  int epoch_ = 0;
  int epochs_before_ = 0;  ///< of earlier fits: the data's orders go on from there
  std::int64_t steps_done_ = 0;
  double epoch_began_ = 0;
  double training_seconds_ = 0;
  double waited_seconds_ = 0;  ///< for batches, in this epoch
  bool resumed_ = false;
  bool stopped_ = false;
  bool interrupted_ = false;
  Logs logs_;        ///< of the last epoch
  Logs batch_logs_;  ///< of the epoch so far: written over at each step, so that none allocates
  History history_;
  std::map<std::string, State> kept_;
  std::vector<Notice> notices_;  ///< not given yet
  bool has_begun_ = false;       ///< whether callbacks may be given notices
};

}  // namespace

History Model::fit(const data::Dataset& train, const FitOptions& options) {
  require_training(*impl_, "fit");
  check_options(options);
  if (train.empty()) {
    throw DataError("the data set to train on has no examples", {}, "give one or more");
  }
  data::Dataset learned = train;
  data::Dataset validation = options.validation_data;
  if (options.validation_split > 0) {
    try {
      data::Split split = train.split(options.validation_split, impl_->seed);
      learned = split.train;
      validation = split.test;
    } catch (DataError& error) {
      error.add({"of", "validation_split, in a recipe [data] validation"});
      throw;
    }
  }
  if (!validation.empty()) check_validation(train.spec(), validation.spec());
  if (!options.checkpoints.empty() && !options.resume) check_empty(options.checkpoints);
  check_augmentation(learned.spec(), options.augment);
  const data::Dataset changed = data::augmented(learned, options.augment, impl_->seed);
  impl_->build_for(first_features(train.spec()));
  const std::vector<std::string>& names = train.spec().class_names;
  if (impl_->class_names.empty() && impl_->can_tell(names.size())) impl_->class_names = names;
  if (!impl_->image_form) impl_->image_form = train.spec().image_form;
  if (!impl_->table_form) impl_->table_form = train.spec().table_form;
  if (!options.checkpoints.empty()) check_can_be_saved(*impl_);
  trainer_for(*impl_, learned.spec(), std::min(options.batch_size, learned.size()),
              options.class_weight);
  adapt_unmeasured(*this, *impl_, learned);
  require_measured(*impl_, "fit");
  return Fit(*this, *impl_, learned, changed, validation, options).run();
}

}  // namespace sloy
