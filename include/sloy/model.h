/// Models: layers put together, trained and used.
///
///     data::Split data = data::fashion_mnist();
///     auto model = Sequential{Input{28, 28, 1}, Flatten{}, Dense{.units = 10}};
///     model.compile({.optimizer = Adam{},
///                    .loss = SparseCategoricalCrossentropy{.from_logits = true},
///                    .metrics = {Accuracy{}}});
///     History history = model.fit(data.train, {.epochs = 5});
///     model.save("fashion.safetensors");
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/augmentation.h>
#include <sloy/callbacks.h>
#include <sloy/data.h>
#include <sloy/layers.h>
#include <sloy/losses.h>
#include <sloy/metrics.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>

namespace sloy {

/// How a model learns, and on what its programs run.
struct CompileOptions {
  Optimizer optimizer = SGD{};  ///< how weights follow the gradient
  /// What is minimized: fit and evaluate need one. Of several outputs those without are not
  /// trained, and the data have no targets for them.
  PerOutput<Loss> loss = {};
  PerOutput<double> loss_weights = {};      ///< how much each loss counts in their sum; left out: 1
  PerOutput<Metric> metrics = {};           ///< what is measured besides the loss
  PerOutput<Metric> weighted_metrics = {};  ///< the same, with the weights of the data's examples
  /// Decides first weights, dropout, shuffling and the split. Weights that were trained, set or
  /// loaded stay; those that were only made, by a look at them or by predict, are made anew.
  std::uint64_t seed = 0;
  /// what computes: the CPU's fast kernels, or plain loops to compare with
  BackendKind backend = BackendKind::cpu;
  /// of float values: float64 runs on the reference backend alone; mixed_bfloat16 is how training
  /// steps compute, while evaluation and predictions are float32
  NumericPrecision precision = NumericPrecision::float32;
  /// which algorithm convolutions use
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  Tuning tuning = {};  ///< kernels by a fixed rule, or by their time: Tuning::cached()
  /// the most bytes a step of fit or evaluate may hold; 0: no limit
  MemoryLimit memory_limit = {};
};

/// What a fit prints on stderr.
enum class Verbosity : std::uint8_t {
  automatic,  ///< a bar on a terminal, else a line an epoch
  silent,
  bar,
  line
};

/// A fit continues the one before: from its weights and slots, and with the data's orders and the
/// dropout of the epochs that follow. `for (…) model.fit(data, {.epochs = 1})` sees another order
/// each time; compile begins anew, and so does another process, which therefore gives the same
/// numbers for the same calls.
struct FitOptions {
  /// How many, 1 or more: a second fit of 2 does two more. With initial_epoch or resume it is the
  /// number of the last one, counted from 1.
  int epochs = 1;
  std::int64_t batch_size = 32;  ///< examples a step
  /// A share of the data in [0, 1) held out: the last of a seeded shuffle.
  double validation_split = 0;
  data::Dataset validation_data = {};    ///< instead of a share: measured on after each epoch
  std::vector<Callback> callbacks = {};  ///< called in this order
  bool shuffle = true;                   ///< another order in every epoch, by the seed
  /// What happens to examples that are learned from, in this order, by the seed. Statistics, as of
  /// a Normalization, are of the examples as they are; they keep their shape.
  std::vector<data::Augmentation> augment = {};
  /// How much an example of each class counts in the loss, by the class: for data whose classes are
  /// not equally frequent. Multiplies the data's own weights; not used where the model is measured.
  /// Of a model with one output that has a loss, as in Keras.
  std::vector<double> class_weight = {};
  /// Epochs that count as done, for going on with a training: orders of the data begin with this
  /// one's, or where more epochs were trained since compile with that of the next.
  int initial_epoch = 0;
  /// Threads that read ahead; 0: batches are read between steps. Left out: 0 for data in memory and
  /// on fewer than four cores, else one for every four cores, at most eight. The result has the
  /// same bytes for any number.
  std::optional<int> workers = {};
  Verbosity verbose = Verbosity::automatic;  ///< what is printed on stderr
  /// Where a checkpoint is written after every epoch; nowhere when empty. A process may be killed
  /// at any moment; a power cut may cost the epochs of the last ten seconds.
  std::string checkpoints = {};
  /// Goes on from the newest checkpoint there, or starts where there is none. The result has the
  /// bytes of a fit that was never interrupted.
  bool resume = false;
};

/// The figures of every epoch of a fit.
struct History {
  std::vector<int> epoch = {};  ///< numbers, from 0
  std::vector<Logs> logs = {};  ///< the figures of each

  /// One figure over the epochs. Throws ConfigError where there is no such figure.
  SLOY_EXPORT std::vector<double> operator[](std::string_view name) const;
};

/// A list of { epoch, logs }.
SLOY_EXPORT Config to_config(const History& history);
SLOY_EXPORT void from_config(const Config& config, History& history);

/// How a model is measured.
struct EvaluateOptions {
  /// Examples a step; but for rounding and Reduction::sum the result doesn't depend on it.
  std::int64_t batch_size = 32;
  bool confusion_matrix = false;  ///< whether to count which class was taken for which
};

/// What measuring gives.
struct Evaluation {
  double loss = 0;                   ///< the mean over all examples, penalties included
  Logs logs = {};                    ///< loss and metrics
  std::int64_t examples = 0;         ///< how many were measured
  std::vector<Notice> notices = {};  ///< figures that say nothing on these data
  /// (classes, classes) of float64, when asked for: rows are the true class, columns the predicted.
  std::optional<Tensor> confusion_matrix = {};
};

/// How a model is asked.
struct PredictOptions {
  std::int64_t batch_size = 32;  ///< examples a step, at most
};

/// A learning rate to begin with, looked for by growing it from step to step (Smith 2017).
struct RateFinderOptions {
  double min_learning_rate = 1e-7;  ///< of the first step, above 0
  double max_learning_rate = 10;    ///< of the last, above the first
  int steps = 100;                  ///< updates of the weights, 2 or more
  std::int64_t batch_size = 32;     ///< examples a step
  double smoothing = 0.9;  ///< β in [0, 1) of the losses' running average, corrected by 1 − βᵗ
  double stop_factor = 4;  ///< ends where the smoothed loss is so many times its least, above 1
};

/// The losses that a growing rate led to.
struct RateCurve {
  std::vector<double> learning_rates = {};  ///< of each step done
  std::vector<double> losses = {};          ///< of its batch, before the step
  std::vector<double> smoothed = {};        ///< their running average
  /// Where the smoothed loss falls fastest over the rate's logarithm.
  double suggestion = 0;
};

struct LoadModelOptions {
  CustomTypes custom = {};  ///< types of your own that the file names
};

/// One row of a summary.
struct LayerSummary {
  std::string path;                ///< "conv2d_1"
  std::string type;                ///< "Conv2D"
  std::vector<Type> results;       ///< with the batch dimension
  std::int64_t parameters = 0;     ///< trainable
  std::int64_t non_trainable = 0;  ///< statistics and frozen weights
  double flops = 0;                ///< of the inference of one example
};

/// A graph of layers with weights: a handle, whose copies are the same model. It is a layer too, so
/// models nest: the larger model begins with a copy of its weights, where they were trained, set or
/// loaded, and from then on the two learn apart (in Keras they share them). Not for several threads
/// at once. Two models over the same Symbols have weights of their own, too: to look at what a
/// layer of a trained model gives, make the second model, then copy with set_weight.
///
/// Weights are made when they are first needed, float32, from compile's seed: 0 before a compile.
class SLOY_EXPORT Model {
 public:
  static constexpr std::string_view type_name = "Model";

  /// Everything between inputs and outputs. Throws ConfigError where an output depends on a symbol
  /// of Input that is not among the inputs, or two layers have one name.
  Model(std::vector<Symbol> inputs, std::vector<Symbol> outputs);
  Model(const Symbol& input, const Symbol& output)
      : Model(std::vector<Symbol>{input}, std::vector<Symbol>{output}) {}

  /// A model as `save` wrote it. Throws FileError where the file is damaged or no model's,
  /// ConfigError on a layer that is neither built in nor in `custom`. A loss or metric that isn't
  /// either is left out: a note on stderr names the metric, evaluate the loss.
  static Model load(const std::string& path, const LoadModelOptions& options = {});
  /// Weights, architecture, class names, loss and metrics in one safetensors file. Throws
  /// FileError, and ConfigError where a layer has members but no fields(). A loss or metric of that
  /// kind is not in the file: a note on stderr names it.
  void save(const std::string& path) const;

  /// The layers as data, and back: what files and recipes hold. Types of the user's own are found
  /// in `custom`. Layers without an Input first begin with one of `input`'s type, which is of one
  /// example. Throws ConfigError on what is unknown or ill-formed, ShapeError where layers don't
  /// fit.
  Config to_config() const;
  static Model from_config(const Config& config, const CustomTypes& custom = {},
                           const std::optional<Type>& input = {});

  /// How to train. Keeps weights that were trained, set or loaded; others follow from the new seed.
  /// A loaded model can be evaluated without: its file holds the loss and the metrics, but no
  /// optimizer. Throws ConfigError on float64 for another backend than the reference.
  void compile(CompileOptions options);
  bool is_compiled() const;
  /// What it was compiled with or its file holds; empty where there is none.
  PerOutput<Loss> loss() const;
  /// The names that losses and metrics of several outputs go by: those of the layers that give
  /// them.
  std::vector<std::string> output_names() const;
  /// Whether the shapes are known: from an Input, or from the data or the model it is first part
  /// of.
  bool is_built() const;
  /// Trains, from the weights there are. Figures of two metrics with one name are told apart by a
  /// number, as "accuracy" and "accuracy_1". Throws before the first step where data, model and
  /// loss don't fit each other, and NumericError at the step where the loss is no longer finite.
  History fit(const data::Dataset& train, const FitOptions& options = {});
  /// Trains a copy of the weights, with slots as after a compile and a rate that grows by the same
  /// factor from step to step; the model stays as it is. A schedule of the optimizer is left out.
  /// Throws as fit does, but ends where the loss is no longer finite; NumericError where that is
  /// the first.
  RateCurve find_learning_rate(const data::Dataset& train, const RateFinderOptions& options = {});
  /// Loss and metrics over all examples. Throws as fit does; ConfigError without a loss.
  Evaluation evaluate(const data::Dataset& dataset, const EvaluateOptions& options = {});
  /// Outputs for any number of examples, (examples, …) → (examples, …), for models of one input and
  /// one output. uint8 is taken as pixels, value / 255; other numbers become the input's dtype.
  /// Throws ShapeError where the features don't fit, ConfigError where the input's shape isn't
  /// known yet.
  Tensor predict(const Tensor& features, const PredictOptions& options = {});
  Tensor predict(const data::Dataset& dataset, const PredictOptions& options = {});
  /// For any model: one tensor for each input, and one for each output.
  std::vector<Tensor> predict(const std::vector<Tensor>& features,
                              const PredictOptions& options = {});
  /// Measures the training data for Normalization layers that were given no mean, and for
  /// Whitening layers, and sets theirs; then what is asked of the whole training set, as by
  /// BatchNormalization's `statistics`. Throws ConfigError where such a layer stands elsewhere than
  /// it may, DataError where an inverted Normalization has class labels for targets.
  void adapt(const data::Dataset& train);

  /// The model in a graph of yours: as a layer of a larger model, or for a training loop of your
  /// own. Weights belong to the graph's variables. A Sequential without an Input is built for the
  /// shape it is first called on. Throws ShapeError and ConfigError where the inputs don't fit.
  std::vector<Value> call(Scope& scope, std::span<const Value> inputs) const;
  Value operator()(Build& build, Value input) const;
  Symbol operator()(const Symbol& input) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;

  /// Layers, shapes, parameters, cost: as text, and as data. Throws ConfigError where the input's
  /// shape isn't known yet, as weights and types below do.
  std::string summary() const;
  std::vector<LayerSummary> layers() const;
  /// Trainable parameters, and all.
  std::int64_t parameters() const;
  std::int64_t all_parameters() const;

  /// Names of all weights and statistics: "conv2d/kernel".
  std::vector<std::string> weight_names() const;
  /// A copy of one, or its new numbers, of any dtype. Throws ConfigError on an unknown name, naming
  /// the nearest; ShapeError on a wrong shape.
  Tensor weight(std::string_view name) const;
  void set_weight(std::string_view name, const Tensor& value);
  /// Takes all weights and statistics from the state of a graph the model was called in: the way
  /// back from a training loop of one's own, whose State began with copies of the model's. Throws
  /// ConfigError where the state lacks one of that name, ShapeError on another shape.
  void set_weights(const State& state);
  /// Whether its layers learn, as part of larger models too.
  bool trainable() const;
  void set_trainable(bool trainable);
  /// The same of one layer, by its name, or by its path where it is in a model within:
  /// "base/conv2d". Optimizers' slots begin anew. Throws ConfigError on an unknown name, naming the
  /// nearest, and on a layer without a member `trainable`.
  void set_trainable(std::string_view layer, bool trainable);
  /// A model of its own that ends in the result of this layer, with copies of the weights there
  /// are: what a trained network knows, for another head.
  ///
  ///     Model trained =
  ///         Sequential{Input{4}, Dense{.units = 8, .name = "knows"}, Dense{.units = 2}};
  ///     Model body = trained.up_to("knows");
  ///     body.set_trainable(false);
  ///     Sequential tuned{body, Dense{.units = 5, .name = "head"}};
  ///
  /// Throws ConfigError on an unknown name, naming the nearest.
  Model up_to(std::string_view layer) const;
  /// As a layer of larger models; empty where none was given.
  const std::string& name() const&;
  std::string name() const&& { return name(); }
  void set_name(std::string name);

  /// With the batch dimension.
  std::vector<Type> input_types() const;
  std::vector<Type> output_types() const;
  /// Of the training data, unless set before. Throws ConfigError on another number of names than
  /// there are classes to tell: an output's last dimension, two where that is 1.
  const std::vector<std::string>& class_names() const&;
  std::vector<std::string> class_names() const&& { return class_names(); }
  void set_class_names(std::vector<std::string> names);
  /// That of the images it was trained on, unless set before: what read_image is to make of others.
  /// Nothing where the data were no images that were given a form.
  const std::optional<data::ImageForm>& image_form() const&;
  std::optional<data::ImageForm> image_form() const&& { return image_form(); }
  void set_image_form(const data::ImageForm& form);
  /// Likewise of a table's rows, for read_table.
  const std::optional<data::TableForm>& table_form() const&;
  std::optional<data::TableForm> table_form() const&& { return table_form(); }
  void set_table_form(data::TableForm form);

  /// What a fit of so many examples will take, before anything runs. The steps are those of a full
  /// batch; the memory is that of all its programs, the last smaller batch's and the validation's
  /// too, and of all batches in memory at once. Data that are held in memory, and weights that
  /// callbacks keep, come on top. Throws as fit does.
  Plan plan(const data::Spec& spec, std::int64_t examples, const FitOptions& options = {}) const;
  /// The training step for such data and batches. It has variables of its own, which take no memory
  /// until a State is made of them. Throws as fit does.
  Program training_program(const data::Spec& spec, std::int64_t batch_size) const;

  struct Impl;

 protected:
  explicit Model(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Layer as_layer() const;
  std::shared_ptr<Impl> impl_;
};

/// { trainable, model = { layer = … } }: the fields of a nested model.
SLOY_EXPORT Config to_config(const Model& model);

/// Layers one after the other. Without an Input first, the shape decides that it is first given: of
/// fit's data or, within a larger model, of what flows in; its dtype is float32 then. Throws
/// ConfigError where there is no layer, or one Layer stands twice.
class SLOY_EXPORT Sequential : public Model {
 public:
  Sequential(std::initializer_list<Layer> layers);
  explicit Sequential(const std::vector<Layer>& layers);
};

}  // namespace sloy
