/// Recipes: a whole training as a TOML file.
///
///     seed = 7              # of first weights, dropout, order: the same seed, the same bytes
///
///     [data]
///     name = "moons"
///     validation = 0.2
///
///     [[model.layer]]
///     type = "Dense"
///     units = 32
///     activation = "relu"
///
///     [[model.layer]]
///     type = "Dense"
///     units = 2
///
///     [train]
///     epochs = 20
///     loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
///     metrics = ["Accuracy"]
///
/// Layers follow one another. Any other graph gives them a `name` and `inputs`:
///
///     [[model.layer]]
///     type = "Add"
///     inputs = ["conv_1", "shortcut"]
///
/// `{ same_as = "a", inputs = ["b"] }` calls the layer `a` again, with the same weights;
/// `{ type = "Model", model = { layer = [ … ] } }` is a model within the model. Where there are
/// several inputs or outputs, [model] names their layers in `inputs` and `outputs`.
///
/// Autoencoders reproduce their input: `target = "features"` in [data]. `target = ["targets",
/// "features"]` is for a model whose outputs do both. `label_mode = "categorical"` turns class
/// labels into one-hot rows.
///
/// `units = "classes"` stands for the data's number of classes, so that one recipe serves any
/// labelled data.
///
/// An unknown key is an error, which names the nearest known one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/data_files.h>
#include <sloy/model.h>
#include <sloy/one_or_many.h>

namespace sloy {

/// A part of the data that a model in training may be measured on.
enum class ValidationPart : std::uint8_t {
  none,        ///< a share of the training data, if any
  validation,  ///< the data's own, where they have some, as image folders have in `val`
  test         ///< the test data, which are then no longer unseen
};
/// What a model in training is measured on: a share of the training data held out, or a part of the
/// data by its name.
struct Validation {
  double fraction = 0;  ///< in [0, 1)
  ValidationPart part = ValidationPart::none;
};
/// The fraction, "validation" or "test".
SLOY_EXPORT Config to_config(const Validation& validation);
SLOY_EXPORT void from_config(const Config& config, Validation& validation);

/// [data]: what to learn from: a set by its name, or files of one's own by their `kind`, whose keys
/// stand beside these.
struct SLOY_EXPORT RecipeData {
  std::string name = {};           ///< a data set that `sloy data list` names
  std::string directory = {};      ///< where a named set's files are; empty: the usual places
  data::Generated generated = {};  ///< for data made by formula
  data::Files files = {};          ///< instead of a name
  /// class labels as numbers; "categorical": as one-hot rows, for losses on those; "binary": of two
  /// classes as 0 or 1
  data::LabelMode label_mode = data::LabelMode::integer;
  /// what the model is trained to give: the data's targets, or "features", for an autoencoder; a
  /// list for several outputs
  OneOrMany<data::Target> target = data::Target::targets;
  /// share of the training data held out to measure on after each epoch, in [0, 1), or a part of
  /// the data: "validation", "test"
  Validation validation = {};
  /// threads that read ahead; 0: batches are read between steps; left out: chosen by data and cores
  std::optional<int> workers = {};
  /// what happens to examples that are learned from, as `[{ type = "RandomFlip" }]`
  std::vector<data::Augmentation> augment = {};

  /// Throws ConfigError where neither a name nor a kind is given, else as data::load does.
  data::Parts load() const;
  /// The same without the examples, as data::load_header gives it.
  data::Header load_header() const;

  static void fields(auto&& field) {
    using Self = RecipeData;
    field("name", &Self::name);
    field("directory", &Self::directory);
    field("generated", &Self::generated);
    field("label_mode", &Self::label_mode);
    field("target", &Self::target);
    field("validation", &Self::validation);
    field("workers", &Self::workers);
    field("augment", &Self::augment);
  }
};
/// Without what is left out, and what such data have no use for.
SLOY_EXPORT Config to_config(const RecipeData& data);
/// Throws ConfigError where a key is given that such data have no use for.
SLOY_EXPORT void from_config(const Config& config, RecipeData& data);

/// [train]: how to learn.
struct SLOY_EXPORT RecipeTrain {
  int epochs = 1;                       ///< passes over the training data, 1 or more
  std::int64_t batch_size = 32;         ///< examples a step, 1 or more
  PerOutput<Loss> loss = {};            ///< needed: what is minimized
  PerOutput<double> loss_weights = {};  ///< how much each output's loss counts; left out: 1
  /// how much an example of each class counts in the loss, in the order of the classes
  std::vector<double> class_weight = {};
  Optimizer optimizer = SGD{};              ///< how weights follow the gradient
  PerOutput<Metric> metrics = {};           ///< what is measured besides the loss
  PerOutput<Metric> weighted_metrics = {};  ///< the same, with the weights of the data's examples
  std::vector<Callback> callbacks = {};     ///< what happens besides the steps
  bool shuffle = true;                      ///< whether every epoch has another order
  NumericPrecision precision = NumericPrecision::float32;  ///< how training steps compute
  /// which algorithm convolutions use
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  /// whether kernels are chosen by their time on this machine instead of by a fixed rule
  bool tune = false;
  /// the most bytes a step may hold: a whole number, or "600MB", "1.5GB", "512MiB"; 0: no limit
  MemoryLimit memory_limit = {};

  static void fields(auto&& field) {
    using Self = RecipeTrain;
    field("epochs", &Self::epochs);
    field("batch_size", &Self::batch_size);
    field("loss", &Self::loss, Needed{});
    field("loss_weights", &Self::loss_weights);
    field("class_weight", &Self::class_weight);
    field("optimizer", &Self::optimizer);
    field("metrics", &Self::metrics);
    field("weighted_metrics", &Self::weighted_metrics);
    field("callbacks", &Self::callbacks);
    field("shuffle", &Self::shuffle);
    field("precision", &Self::precision);
    field("convolution", &Self::convolution);
    field("tune", &Self::tune);
    field("memory_limit", &Self::memory_limit);
  }
};

/// Everything a run is made of: with the same build and machine, the same recipe gives the same
/// bytes.
class SLOY_EXPORT Recipe {
 public:
  std::uint64_t seed = 0;
  RecipeData data = {};
  /// [model] as written; `model` makes it.
  Config model_config = {};
  RecipeTrain train = {};

  /// Throws ConfigError, with the line, on anything unknown or ill-formed. `custom` has the types
  /// of one's own that [train] names, its loss, metrics, optimizer and schedules; those of layers
  /// are given to make_model.
  static Recipe from_config(const Config& config, const CustomTypes& custom = {});
  static Recipe parse(std::string_view toml, std::string_view source = "recipe",
                      const CustomTypes& custom = {});
  /// Throws FileError too.
  static Recipe read(const std::string& path, const CustomTypes& custom = {});
  /// A recipe that is shipped: "cnn", "mlp". Throws ConfigError on another, naming the nearest.
  static Recipe shipped(std::string_view name);
  static std::vector<std::string> shipped_names();
  /// Its TOML.
  static std::string_view shipped_text(std::string_view name);

  /// With every default of every layer written out. Throws where a layer can't be made as it is
  /// described: ConfigError, ShapeError.
  Config to_config(const CustomTypes& custom = {}) const;
  std::string to_toml() const;

  /// The model, for data like these, not compiled yet. Throws ConfigError with the recipe's line
  /// where the layers are ill-formed or count classes that the data don't have, ShapeError where
  /// they don't fit each other or the data.
  Model make_model(const data::Spec& spec, const CustomTypes& custom = {}) const;
  /// What data.load and data.load_header give.
  data::Parts load_data() const;
  data::Header load_header() const;
  /// What [train] and the seed say, for Model::compile and Model::fit.
  CompileOptions compile_options() const;
  /// Without validation data where `validation` names a part: those are in what load_data gives.
  FitOptions fit_options() const;
  /// With them. Throws DataError where there are none.
  FitOptions fit_options(const data::Parts& parts) const;
};

/// A recipe's file as it is written, for override_value and Recipe::from_config. Throws FileError,
/// and ConfigError where it is no TOML.
SLOY_EXPORT Config read_toml(const std::string& path);

/// Sets the value at a path in a recipe's config: "train.optimizer.learning_rate=1e-2". What stands
/// in a list goes by its number from 0, by its name, or by the name that a model would give it:
/// "model.layer.0.filters=16", "model.layer.conv2d_1.filters=16". An optimizer that the recipe
/// leaves out is the default one. The value is TOML; what isn't is taken as text. Throws
/// ConfigError where the path leads through something that is no map or list. Keys are checked by
/// Recipe::from_config.
SLOY_EXPORT void override_value(Config& recipe, std::string_view assignment);

}  // namespace sloy
