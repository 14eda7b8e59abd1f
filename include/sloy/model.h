/// Models: layers put together, trained and used.
///
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

#include <sloy/callbacks.h>
#include <sloy/data.h>
#include <sloy/layers.h>
#include <sloy/losses.h>
#include <sloy/metrics.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>

namespace sloy {

struct CompileOptions {
  Optimizer optimizer = SGD{};
  std::optional<Loss> loss = {};
  std::vector<Metric> metrics = {};
  /// Decides first weights (of a model that has none yet), dropout, shuffling and the split.
  std::uint64_t seed = 0;
  BackendKind backend = BackendKind::cpu;
  Precision precision = Precision::float32;
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
};

/// What a fit prints on stderr.
enum class Verbosity : std::uint8_t {
  automatic,  ///< a bar on a terminal, else a line an epoch
  silent,
  bar,
  line
};

struct FitOptions {
  int epochs = 1;
  std::int64_t batch_size = 32;
  /// A share of the data held out: the last of a seeded shuffle.
  double validation_split = 0;
  data::Dataset validation_data = {};
  std::vector<Callback> callbacks = {};
  bool shuffle = true;
  int initial_epoch = 0;
  /// Threads that read ahead; 0: batches are read between steps.
  int workers = 0;
  Verbosity verbose = Verbosity::automatic;
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
  std::vector<Logs> logs = {};

  /// One figure over the epochs. Throws ConfigError where there is no such figure.
  SLOY_EXPORT std::vector<double> operator[](std::string_view name) const;
};

/// A list of { epoch, logs }.
SLOY_EXPORT Config to_config(const History& history);
SLOY_EXPORT void from_config(const Config& config, History& history);

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  bool confusion_matrix = false;
};

struct Evaluation {
  double loss = 0;
  Logs logs = {};  ///< loss and metrics
  std::int64_t examples = 0;
  /// (classes, classes) of float64, when asked for: rows are the true class, columns the predicted.
  std::optional<Tensor> confusion_matrix = {};
};

struct PredictOptions {
  std::int64_t batch_size = 32;
};

struct LoadModelOptions {
  CustomTypes custom = {};
};

/// One row of a summary.
struct LayerSummary {
  std::string path;
  std::string type;
  std::vector<Type> results;
  std::int64_t parameters = 0;     ///< trainable
  std::int64_t non_trainable = 0;  ///< statistics and frozen weights
  double flops = 0;                ///< of the inference of one example
};

/// A graph of layers with weights: a handle, whose copies are the same model. It is a layer too, so
/// models nest: the larger model begins with a copy of its weights, and from then on the two learn
/// apart (in Keras they share them). Not for several threads at once.
class SLOY_EXPORT Model {
 public:
  static constexpr std::string_view type_name = "Model";

  /// Everything between inputs and outputs. Throws ConfigError where an output depends on a symbol
  /// of Input that is not among the inputs, or two layers have one name.
  Model(std::vector<Symbol> inputs, std::vector<Symbol> outputs);
  Model(const Symbol& input, const Symbol& output)
      : Model(std::vector<Symbol>{input}, std::vector<Symbol>{output}) {}

  static Model load(const std::string& path, const LoadModelOptions& options = {});
  /// Weights, architecture and class names in one safetensors file. Throws FileError.
  void save(const std::string& path) const;

  /// The layers as data, and back: what files and recipes hold. Types of the user's own are found
  /// in `custom`. Layers without an Input first begin with one of `input`'s type.
  Config to_config() const;
  static Model from_config(const Config& config, const CustomTypes& custom = {},
                           const std::optional<Type>& input = {});

  /// How to train. Keeps the weights there are. A loaded model can be evaluated without: its file
  /// holds the loss and the metrics, as far as they are the library's own, but no optimizer.
  void compile(CompileOptions options);
  bool is_compiled() const;
  /// What it was compiled with or its file holds; nothing where there is none.
  std::optional<Loss> loss() const;
  /// Trains. Figures of two metrics with one name are told apart by a number, as "accuracy" and
  /// "accuracy_1". Throws before the first step where data, model and loss don't fit each other,
  /// and NumericError at the step where the loss is no longer finite.
  History fit(const data::Dataset& train, const FitOptions& options = {});
  Evaluation evaluate(const data::Dataset& dataset, const EvaluateOptions& options = {});
  /// Outputs for any number of examples, with a batch dimension; for models of one output.
  Tensor predict(const Tensor& features, const PredictOptions& options = {});
  Tensor predict(const data::Dataset& dataset, const PredictOptions& options = {});
  std::vector<Tensor> predict(const std::vector<Tensor>& features,
                              const PredictOptions& options = {});
  /// Measures the training data for Normalization layers that were given no mean.
  void adapt(const data::Dataset& train);

  /// The model in a graph of yours: as a layer of a larger model, or for a training loop of your
  /// own. Weights belong to the graph's variables.
  std::vector<Value> call(Scope& scope, std::span<const Value> inputs) const;
  Value operator()(Build& build, Value input) const;
  Symbol operator()(const Symbol& input) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;

  /// Layers, shapes, parameters, cost: as text, and as data.
  std::string summary() const;
  std::vector<LayerSummary> layers() const;
  /// Trainable parameters, and all.
  std::int64_t parameters() const;
  std::int64_t all_parameters() const;

  /// Names of all weights and statistics: "conv2d/kernel".
  std::vector<std::string> weight_names() const;
  /// Throws ConfigError on an unknown name, naming the nearest; ShapeError on a wrong shape.
  Tensor weight(std::string_view name) const;
  void set_weight(std::string_view name, const Tensor& value);
  /// Whether its layers learn, as part of larger models too.
  bool trainable() const;
  void set_trainable(bool trainable);
  /// As a layer of larger models.
  const std::string& name() const;
  void set_name(std::string name);

  std::vector<Type> input_types() const;
  std::vector<Type> output_types() const;
  /// Of the training data, unless set before. Throws ConfigError on another number of names than
  /// there are classes to tell: an output's last dimension, two where that is 1.
  const std::vector<std::string>& class_names() const;
  void set_class_names(std::vector<std::string> names);

  /// The training step for such data and batches, before anything runs: memory, kernels, cost. It
  /// has variables of its own, which take no memory until a State is made of them.
  /// REQUIRES: compiled.
  Program training_program(const data::Spec& spec, std::int64_t batch_size) const;
  /// The same for inference on features of that dtype.
  Program inference_program(DType features = DType::float32) const;

  struct Impl;

 protected:
  explicit Model(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Layer as_layer() const;
  std::shared_ptr<Impl> impl_;
};

/// { trainable, model = { layer = … } }: the fields of a nested model.
SLOY_EXPORT Config to_config(const Model& model);

/// Layers one after the other. Without an Input first, the shape of the data it is first given
/// decides; its dtype is float32 then.
class SLOY_EXPORT Sequential : public Model {
 public:
  Sequential(std::initializer_list<Layer> layers);
  explicit Sequential(const std::vector<Layer>& layers);
};

}  // namespace sloy
