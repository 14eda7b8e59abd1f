/// Callbacks: what happens in a fit besides the training itself. One of your own is a struct with
/// any of these, called in this order:
///
///     struct Mine {
///       void on_train_begin(Run& run);
///       void on_notice(Run& run, const Notice& notice);        // what a person should know
///       void on_epoch_begin(Run& run);
///       void on_train_batch_end(Run& run, const Logs& logs);   // means of the epoch so far
///       void on_epoch_end(Run& run, const Logs& logs);
///       void on_train_end(Run& run, const Logs& logs);         // of the last epoch
///     };
///
/// With `Config state() const` and `void set_state(const Config&)` it continues where it was when a
/// fit is resumed: set_state is then called after on_train_begin.
///
/// In a recipe:
///
///     [train]
///     callbacks = [{ type = "EarlyStopping", patience = 2 }]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sloy/described.h>
#include <sloy/error.h>
#include <sloy/notice.h>
#include <sloy/program.h>
#include <sloy/schedules.h>

namespace sloy {

class File;
class Model;

/// Figures by name, in the order they are shown: "loss", "accuracy", "val_loss", ….
class SLOY_EXPORT Logs {
 public:
  /// Throws ConfigError where there is no such figure, naming those there are.
  double operator[](std::string_view name) const;
  std::optional<double> find(std::string_view name) const;
  void set(std::string_view name, double value);
  auto begin() const { return figures_.begin(); }
  auto end() const { return figures_.end(); }
  std::size_t size() const { return figures_.size(); }
  bool empty() const { return figures_.empty(); }

 private:
  std::vector<std::pair<std::string, double>> figures_;
};

/// A map of figures.
SLOY_EXPORT Config to_config(const Logs& logs);
SLOY_EXPORT void from_config(const Config& config, Logs& logs);

/// A fit under way, as callbacks see it.
class SLOY_EXPORT Run {
 public:
  virtual ~Run() = default;

  virtual Model& model() const = 0;
  /// Whether it goes on from a checkpoint.
  virtual bool resumed() const { return false; }
  /// All numbers of the training: weights, statistics, slots, scalars.
  virtual State& state() const = 0;
  /// Of this epoch, from 0, and of all.
  virtual int epoch() const = 0;
  virtual int epochs() const = 0;
  /// Steps done in this epoch, and steps in an epoch.
  virtual std::int64_t step() const = 0;
  virtual std::int64_t steps() const = 0;
  /// Training examples seen in this epoch, and in an epoch.
  virtual std::int64_t example() const = 0;
  virtual std::int64_t examples() const = 0;
  /// Seconds since the epoch began: in on_epoch_end those of its training steps and validation.
  virtual double seconds() const = 0;
  /// Training examples a second in this epoch's steps.
  virtual double examples_per_second() const = 0;
  /// Share of the time of this epoch's steps, 0 to 1, in which they waited for their batch: for the
  /// disk, for decoding, or for its copy in memory.
  virtual double data_wait() const { return 0; }
  /// The figures every epoch's logs will have.
  virtual const std::vector<std::string>& log_names() const = 0;

  /// Whether larger is better for a figure, as its metric says; nothing where that is not known.
  virtual std::optional<bool> larger_is_better(std::string_view /*figure*/) const { return {}; }
  /// Tells all callbacks by their on_notice; in on_train_begin, after all have begun.
  virtual void notify(const Notice& /*notice*/) {}

  /// Of the next step.
  virtual double learning_rate() const = 0;
  /// Throws ConfigError where the optimizer's rate is a schedule.
  virtual void set_learning_rate(double rate) = 0;

  /// Ends the fit after this epoch.
  virtual void stop() = 0;
  /// Ends the fit after this step: the epoch is not finished, and its validation isn't run.
  virtual void interrupt() = 0;

  /// Keeps a copy of all weights and statistics under a name; it is part of checkpoints.
  virtual void keep_weights(const std::string& name) = 0;
  /// Puts it back. Throws ConfigError where nothing is kept under that name.
  virtual void restore_weights(const std::string& name) = 0;
};

/// What a person should know of a plan before it runs: steps that are slow for want of a kernel. A
/// fit tells it of its training step, `sloy plan` of the one it shows.
SLOY_EXPORT std::vector<Notice> notices(const Plan& plan);
/// Likewise of kernels chosen by their time: a cache that is damaged or can't be written, a choice
/// that can't be repeated.
SLOY_EXPORT std::vector<Notice> notices(const Tuning& tuning);

/// Whether a figure is better when smaller or when larger.
enum class Mode : std::uint8_t {
  automatic,  ///< as the metric's `larger_is_better` says; where it doesn't, larger for names that
              ///< end in "accuracy", else smaller, with a Notice unless they end in "loss" or
              ///< "error"
  min,        ///< smaller
  max         ///< larger
};
constexpr std::array<std::string_view, 3> enum_names(Mode) { return {"auto", "min", "max"}; }

/// The best value of a monitored figure so far, for callbacks that look for one.
class SLOY_EXPORT Best {
 public:
  Best() = default;
  /// `mode` automatic goes by the name alone.
  Best(std::string_view monitor, Mode mode, double min_delta = 0);
  /// Whether `value` is better than `other` by more than min_delta. Not-a-number never is.
  bool is_better(double value, double other) const;
  /// Whether `value` is the first or better than the best; it becomes the best then.
  bool improve(double value);
  bool found() const { return found_; }
  /// REQUIRES: found.
  double value() const { return value_; }
  void set(double value) { value_ = value, found_ = true; }

 private:
  bool larger_ = false;
  double min_delta_ = 0;
  bool found_ = false;
  double value_ = 0;
};

/// Stops when `monitor` has not improved for `patience` epochs, counted from `start_from_epoch`, or
/// has not become better than `baseline` in that time (Prechelt 1998), but never in an epoch that
/// is the best so far. Unlike Keras it restores the weights of the best epoch by default, also
/// where the fit ends for another reason.
struct SLOY_EXPORT EarlyStopping {
  std::string monitor = "val_loss";     ///< a figure of the logs
  double min_delta = 0;                 ///< better means better by more than this
  int patience = 0;                     ///< epochs without improvement; 0 stops at the first
  Mode mode = Mode::automatic;          ///< whether smaller or larger is better
  std::optional<double> baseline = {};  ///< the figure to beat; left out: the best so far
  /// whether the weights of the best epoch are put back; false keeps the last epoch's
  bool restore_best_weights = true;
  int start_from_epoch = 0;  ///< counted from 0; earlier epochs don't count

  struct Progress {
    Best best;
    int best_epoch = -1;     ///< from 0; −1: none yet
    int wait = 0;            ///< epochs since
    int stopped_epoch = -1;  ///< −1: it has not stopped the fit
  };
  Progress progress = {};  ///< set while training

  void on_train_begin(Run& run);
  void on_epoch_end(Run& run, const Logs& logs);
  void on_train_end(Run& run, const Logs& logs);
  Config state() const;
  void set_state(const Config& config);
  static void fields(auto&& field) {
    field("monitor", &EarlyStopping::monitor);
    field("min_delta", &EarlyStopping::min_delta);
    field("patience", &EarlyStopping::patience);
    field("mode", &EarlyStopping::mode);
    field("baseline", &EarlyStopping::baseline);
    field("restore_best_weights", &EarlyStopping::restore_best_weights);
    field("start_from_epoch", &EarlyStopping::start_from_epoch);
  }
};

/// How a learning rate goes from one value to another.
enum class AnnealStrategy : std::uint8_t {
  cos,    ///< half a wave of a cosine
  linear  ///< a line
};
constexpr std::array<std::string_view, 2> enum_names(AnnealStrategy) { return {"cos", "linear"}; }

/// One cycle of the learning rate over the whole fit, set before every step (Smith and Topin 2019):
/// it rises from max_learning_rate / div_factor in the first share pct_start of all steps, then
/// falls to max_learning_rate / (div_factor · final_div_factor). The optimizer's own rate is not
/// used. Keras has none; PyTorch's OneCycleLR in two phases, which by default cycles momentum too.
struct SLOY_EXPORT OneCycle {
  double max_learning_rate = 1e-3;  ///< at the peak, above 0
  double pct_start = 0.3;           ///< share of the steps before the peak, in [0, 1]
  AnnealStrategy anneal_strategy = AnnealStrategy::cos;  ///< how the rate rises and falls
  double div_factor = 25;                                ///< the peak over the first rate, above 0
  double final_div_factor = 1e4;                         ///< the first rate over the last, above 0

  /// The rate of a step, counted from 0, of a fit of so many steps. Past the end it is the last.
  double learning_rate(std::int64_t step, std::int64_t steps) const;

  void on_train_begin(Run& run);
  void on_epoch_begin(Run& run);
  void on_train_batch_end(Run& run, const Logs& logs);
  static void fields(auto&& field) {
    field("max_learning_rate", &OneCycle::max_learning_rate);
    field("pct_start", &OneCycle::pct_start);
    field("anneal_strategy", &OneCycle::anneal_strategy);
    field("div_factor", &OneCycle::div_factor);
    field("final_div_factor", &OneCycle::final_div_factor);
  }
};

/// η ← factor·η when `monitor` has not improved for `patience` epochs.
struct SLOY_EXPORT ReduceLROnPlateau {
  std::string monitor = "val_loss";  ///< a figure of the logs
  double factor = 0.1;               ///< of the learning rate, in (0, 1)
  int patience = 10;                 ///< epochs without improvement; 0 or 1 reduces at each of them
  Mode mode = Mode::automatic;       ///< whether smaller or larger is better
  double min_delta = 1e-4;           ///< better means better by more than this
  int cooldown = 0;                  ///< epochs after a reduction that don't count
  double min_lr = 0;                 ///< the rate never falls below this, 0 or more

  struct Progress {
    Best best;
    int wait = 0;      ///< epochs since the best
    int cooldown = 0;  ///< epochs that are still not to count
  };
  Progress progress = {};  ///< set while training

  void on_train_begin(Run& run);
  void on_epoch_end(Run& run, const Logs& logs);
  Config state() const;
  void set_state(const Config& config);
  static void fields(auto&& field) {
    field("monitor", &ReduceLROnPlateau::monitor);
    field("factor", &ReduceLROnPlateau::factor);
    field("patience", &ReduceLROnPlateau::patience);
    field("mode", &ReduceLROnPlateau::mode);
    field("min_delta", &ReduceLROnPlateau::min_delta);
    field("cooldown", &ReduceLROnPlateau::cooldown);
    field("min_lr", &ReduceLROnPlateau::min_lr);
  }
};

/// The learning rate of each epoch: a schedule whose steps are epochs, or a function of the epoch,
/// from 0, and the rate so far, which files can't hold.
class SLOY_EXPORT EpochSchedule {
 public:
  using Function = std::function<double(int epoch, double learning_rate)>;
  /// Not given.
  EpochSchedule() = default;
  template <class T>
  requires(!std::same_as<T, EpochSchedule> && std::convertible_to<T, LearningRate>)
      EpochSchedule(T rates)  // NOLINT: CosineDecay{…} is one
      : rates_(std::move(rates)), is_given_(true) {}
  template <class T>
  requires(!std::same_as<T, EpochSchedule> && std::is_invocable_r_v<double, const T&, int, double>)
      EpochSchedule(T function)  // NOLINT: a function is one
      : function_(std::move(function)), is_given_(true) {}

  bool is_given() const { return is_given_; }
  double operator()(int epoch, double learning_rate) const {
    return function_ ? function_(epoch, learning_rate) : rates_.at(epoch);
  }
  friend SLOY_EXPORT Config to_config(const EpochSchedule& schedule);

 private:
  LearningRate rates_;
  Function function_;
  bool is_given_ = false;
};
/// Throws ConfigError where it is a function.
SLOY_EXPORT Config to_config(const EpochSchedule& schedule);
SLOY_EXPORT void from_config(const Config& config, EpochSchedule& schedule);

/// Sets the learning rate at the beginning of every epoch. In C++ `schedule` may also be a function
/// of the epoch (from 0) and the rate so far, which files can't hold.
struct SLOY_EXPORT LearningRateScheduler {
  EpochSchedule schedule = {};  ///< needed: the rate of each epoch

  void on_train_begin(Run& run);
  void on_epoch_begin(Run& run);
  static void fields(auto&& field) {
    field("schedule", &LearningRateScheduler::schedule, Needed{});
  }
};

/// Saves the model after every epoch, or after those that improve `monitor`: model files, as
/// `Model::save` writes them. Directories that are missing are made.
struct SLOY_EXPORT ModelCheckpoint {
  /// needed: where to, with {epoch} (from 1) and figures filled in:
  /// "weights-{epoch:03d}-{val_loss:.3f}.safetensors". A relative path starts from the run's
  /// directory in the program, from the working directory in C++
  std::string filepath = {};
  std::string monitor = "val_loss";  ///< a figure of the logs, used with save_best_only
  bool save_best_only = false;       ///< whether only epochs better than all before are saved
  Mode mode = Mode::automatic;       ///< whether smaller or larger is better

  Best best = {};  ///< set while training

  void on_train_begin(Run& run);
  void on_epoch_end(Run& run, const Logs& logs);
  Config state() const;
  void set_state(const Config& config);
  static void fields(auto&& field) {
    field("filepath", &ModelCheckpoint::filepath, Needed{});
    field("monitor", &ModelCheckpoint::monitor);
    field("save_best_only", &ModelCheckpoint::save_best_only);
    field("mode", &ModelCheckpoint::mode);
  }
};

/// Writes a line for each epoch: its number (from 0, as in Keras), the figures, learning_rate. A
/// resumed fit continues the file it finds. Directories that are missing are made.
struct SLOY_EXPORT CSVLogger {
  /// needed: where to; a relative path starts from the run's directory in the program, from the
  /// working directory in C++
  std::string filename = {};
  std::string separator = ",";  ///< between the columns
  bool append = false;  ///< whether lines are added to an existing file, instead of a new one

  std::shared_ptr<File> file = {};  ///< open while training

  void on_train_begin(Run& run);
  void on_epoch_end(Run& run, const Logs& logs);
  void on_train_end(Run& run, const Logs& logs);
  static void fields(auto&& field) {
    field("filename", &CSVLogger::filename, Needed{});
    field("separator", &CSVLogger::separator);
    field("append", &CSVLogger::append);
  }
};

namespace detail {

/// Which hooks a type has, and whether each can be called as callbacks are. A hook whose signature
/// is another would never be called, and nobody would know.
template <class T>
struct CallbackHooks {
  static constexpr bool calls_train_begin = requires(T & t, Run& run) { t.on_train_begin(run); };
  static constexpr bool calls_notice = requires(T & t, Run& run, const Notice& notice) {
    t.on_notice(run, notice);
  };
  static constexpr bool calls_epoch_begin = requires(T & t, Run& run) { t.on_epoch_begin(run); };
  static constexpr bool calls_batch_end = requires(T & t, Run& run, const Logs& logs) {
    t.on_train_batch_end(run, logs);
  };
  static constexpr bool calls_epoch_end = requires(T & t, Run& run, const Logs& logs) {
    t.on_epoch_end(run, logs);
  };
  static constexpr bool calls_train_end = requires(T & t, Run& run, const Logs& logs) {
    t.on_train_end(run, logs);
  };
  static constexpr bool gives_state = requires(const T& t) { Config(t.state()); };
  static constexpr bool takes_state = requires(T & t, const Config& config) {
    t.set_state(config);
  };

  static constexpr bool has_train_begin = requires { &T::on_train_begin; };
  static constexpr bool has_notice = requires { &T::on_notice; };
  static constexpr bool has_epoch_begin = requires { &T::on_epoch_begin; };
  static constexpr bool has_batch_end = requires { &T::on_train_batch_end; };
  static constexpr bool has_epoch_end = requires { &T::on_epoch_end; };
  static constexpr bool has_train_end = requires { &T::on_train_end; };
  static constexpr bool has_set_state = requires { &T::set_state; };

  static constexpr bool any = calls_train_begin || calls_notice || calls_epoch_begin ||
                              calls_batch_end || calls_epoch_end || calls_train_end ||
                              has_train_begin || has_notice || has_epoch_begin || has_batch_end ||
                              has_epoch_end || has_train_end;
  static constexpr bool on_run =
      calls_train_begin >= has_train_begin && calls_epoch_begin >= has_epoch_begin;
  static constexpr bool on_logs = calls_batch_end >= has_batch_end &&
                                  calls_epoch_end >= has_epoch_end &&
                                  calls_train_end >= has_train_end;
  static constexpr bool on_notice = calls_notice >= has_notice;
  static constexpr bool state = gives_state == takes_state && takes_state >= has_set_state;
};

}  // namespace detail

/// One of these or a type of your own. Copies share one callback.
class SLOY_EXPORT Callback {
 public:
  template <class T>
  requires(!std::same_as<T, Callback> && detail::CallbackHooks<T>::any)
      Callback(T callback)  // NOLINT: EarlyStopping{} is a callback
      : held_(std::make_shared<Held<T>>(std::move(callback))) {
    static_assert(detail::CallbackHooks<T>::on_run,
                  "on_train_begin and on_epoch_begin of a callback take (Run& run)");
    static_assert(detail::CallbackHooks<T>::on_logs,
                  "on_train_batch_end, on_epoch_end and on_train_end of a callback take "
                  "(Run& run, const Logs& logs)");
    static_assert(detail::CallbackHooks<T>::on_notice,
                  "on_notice of a callback takes (Run& run, const Notice& notice)");
    static_assert(detail::CallbackHooks<T>::state,
                  "a callback's state is `Config state() const` and `void set_state(const Config&)`"
                  ", both or none");
  }

  void on_train_begin(Run& run) { held_->on_train_begin(run); }
  void on_notice(Run& run, const Notice& notice) { held_->on_notice(run, notice); }
  void on_epoch_begin(Run& run) { held_->on_epoch_begin(run); }
  void on_train_batch_end(Run& run, const Logs& logs) { held_->on_train_batch_end(run, logs); }
  void on_epoch_end(Run& run, const Logs& logs) { held_->on_epoch_end(run, logs); }
  void on_train_end(Run& run, const Logs& logs) { held_->on_train_end(run, logs); }
  /// Whether on_train_batch_end does anything.
  bool follows_batches() const { return held_->follows_batches(); }
  Config state() const { return held_->state(); }
  void set_state(const Config& config) { held_->set_state(config); }

  /// "EarlyStopping".
  std::string_view type() const { return held_->type(); }
  /// The callback itself, where it is a T, else nullptr: to read what it found out in a fit.
  template <class T>
  const T* as() const& {
    return held_->type_info() == typeid(T) ? static_cast<const T*>(held_->address()) : nullptr;
  }
  template <class T>
  const T* as() const&& = delete;
  friend SLOY_EXPORT Config to_config(const Callback& callback);

 private:
  struct Interface : detail::DescribedBase {
    virtual void on_train_begin(Run& run) = 0;
    virtual void on_notice(Run& run, const Notice& notice) = 0;
    virtual void on_epoch_begin(Run& run) = 0;
    virtual void on_train_batch_end(Run& run, const Logs& logs) = 0;
    virtual void on_epoch_end(Run& run, const Logs& logs) = 0;
    virtual void on_train_end(Run& run, const Logs& logs) = 0;
    virtual bool follows_batches() const = 0;
    virtual Config state() const = 0;
    virtual void set_state(const Config& config) = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using Hooks = detail::CallbackHooks<T>;
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    void on_train_begin(Run& run) override {
      if constexpr (Hooks::calls_train_begin) this->value.on_train_begin(run);
    }
    void on_notice(Run& run, const Notice& notice) override {
      if constexpr (Hooks::calls_notice) this->value.on_notice(run, notice);
    }
    void on_epoch_begin(Run& run) override {
      if constexpr (Hooks::calls_epoch_begin) this->value.on_epoch_begin(run);
    }
    void on_train_batch_end(Run& run, const Logs& logs) override {
      if constexpr (Hooks::calls_batch_end) this->value.on_train_batch_end(run, logs);
    }
    void on_epoch_end(Run& run, const Logs& logs) override {
      if constexpr (Hooks::calls_epoch_end) this->value.on_epoch_end(run, logs);
    }
    void on_train_end(Run& run, const Logs& logs) override {
      if constexpr (Hooks::calls_train_end) this->value.on_train_end(run, logs);
    }
    bool follows_batches() const override { return Hooks::calls_batch_end; }
    Config state() const override {
      if constexpr (Hooks::gives_state) return this->value.state();
      return {};
    }
    void set_state(const Config& config) override {
      if constexpr (Hooks::takes_state) this->value.set_state(config);
    }
  };
  std::shared_ptr<Interface> held_;
};

/// { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const Callback& callback);
/// A list of them, of built-in types and those in CustomTypes.
SLOY_EXPORT void from_config(const Config& config, std::vector<Callback>& callbacks);
/// For CustomTypes: a callback of your own that recipes may name.
template <class T>
constexpr TypeEntry<Callback> register_callback() {
  return type_entry<Callback, T>();
}
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Callback callback_from_config(const Config& config,
                                          std::span<const TypeEntry<Callback>> custom = {});
/// The built-in callbacks, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Callback>> callback_types();

}  // namespace sloy
