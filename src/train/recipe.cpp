#include <fmt/format.h>
#include <sloy/nearest.h>
#include <sloy/recipe.h>

#include <algorithm>
#include <array>
#include <functional>

#include "base/files.h"
#include "base/limits.h"
#include "data/known.h"
#include "nn/custom_types.h"
#include "train/checks.h"
#include "train/recipes/shipped.h"

namespace sloy {
namespace {

constexpr std::array<std::string_view, 4> recipe_keys{"seed", "data", "model", "train"};

const ShippedRecipe& find_shipped(std::string_view name) {
  std::vector<std::string_view> known;
  for (const ShippedRecipe& recipe : shipped_recipes()) {
    if (recipe.name == name) return recipe;
    known.push_back(recipe.name);
  }
  std::string names;
  for (std::string_view one : known) names += (names.empty() ? "" : ", ") + std::string(one);
  throw ConfigError(fmt::format("no recipe named '{}' is shipped", name), {{"shipped", names}},
                    did_you_mean(name, known, "name one of them"));
}

/// In place of a number of units: as many as the data have classes.
constexpr std::string_view classes = "classes";

bool counts_classes(const Config& units) {
  return units.is_string() && units.as_string() == classes;
}

int number_of_classes(const Config& units, const data::Spec& spec) {
  if (!counts_classes(units)) {
    const std::string fix =
        fmt::format("give a number, or \"{}\": as many as the data have", classes);
    throw config_error(units, fmt::format("units can't be {}", units.describe()), fix);
  }
  if (spec.num_classes > 0) return spec.num_classes;
  ConfigError error =
      config_error(units, "units = \"classes\" counts the data's classes, but the data have none",
                   "give a number of units, and [train] a loss for numbers, as MeanSquaredError");
  error.add({"target", to_string(spec.targets)});
  throw error;
}

/// The layers of [model] or of a model within it. Throws ConfigError where there are none.
Config::List& layers_of(Config& model) {
  if (!model.find("layer")) {
    throw config_error(model, "the model has no layers", "write a [[model.layer]] for each");
  }
  return model["layer"].as_list();
}

/// A model's config with a number wherever it counts the data's classes.
Config with_classes(Config model, const data::Spec& spec) {
  for (Config& layer : layers_of(model)) {
    if (!layer.is_map()) continue;
    if (layer.find("model")) layer["model"] = with_classes(layer["model"], spec);
    const Config* units = layer.find("units");
    if (units && units->is_string()) layer["units"] = number_of_classes(*units, spec);
  }
  return model;
}

/// A layer's entry with the defaults of its type; its name, its inputs and units that count classes
/// stay as they are.
Config with_defaults(const Config& entry, const CustomTypes& custom) {
  const bool is_plain = entry.is_map() && !entry.find("same_as") && !entry.find("model");
  if (!is_plain) return entry;
  Config fields;
  Config kept;
  for (const auto& [key, value] : entry.as_map()) {
    const bool counts = key == "units" && counts_classes(value);
    if (counts) fields[key] = 1;
    (counts || key == "name" || key == "inputs" ? kept : fields)[key] = value;
  }
  Config full = to_config(layer_from_config(fields, custom));
  if (!kept.is_null()) {
    for (const auto& [key, value] : kept.as_map()) full[key] = value;
  }
  return full;
}

/// Whether a key's value says nothing, as it is written for what was left out.
bool says_nothing(const Config& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_list() && value.as_list().empty());
}

/// The keys of [data] that go with any data, and those that only data with a name have.
constexpr std::array<std::string_view, 3> keys_of_named{"name", "directory", "generated"};

bool is_among(std::string_view key, std::span<const std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// The keys that [data] has whatever the data are.
std::vector<std::string_view> own_keys() {
  std::vector<std::string_view> keys;
  RecipeData::fields([&](std::string_view key, auto...) { keys.push_back(key); });
  return keys;
}

bool is_own_key(std::string_view key) { return is_among(key, own_keys()); }

/// Throws ConfigError on keys that neither [data] nor the kind of files has, naming the nearest.
void check_keys_of(const Config& config, std::string_view kind) {
  for (const TypeEntry<data::Files>& entry : data::file_kinds()) {
    if (entry.name != kind) continue;
    const Config defaults = data::to_config(entry.make_default());
    std::vector<std::string_view> known = own_keys();
    for (const auto& [key, value] : defaults.as_map()) known.push_back(key);
    detail::check_keys(config, known);
  }
}

/// Whether some kind of files has such a key.
bool is_of_files(std::string_view key) {
  return std::ranges::any_of(data::file_kinds(), [&](const TypeEntry<data::Files>& kind) {
    const Config fields = data::to_config(kind.make_default());
    return fields.find(key) != nullptr;
  });
}

/// Throws ConfigError on a name beside a kind.
void check_not_named(const Config& config) {
  const Config* name = config.find("name");
  if (!name || says_nothing(*name)) return;
  const Config& kind = config.at("kind");
  ConfigError error("the data have a name and a kind",
                    {{"name", name->as_string()}, {"kind", kind.as_string()}},
                    "give name for a set that `sloy data list` names, kind for files of your own");
  if (!kind.where().empty()) error.add({"where", kind.where()});
  throw error;
}

/// Why such data would leave a key unread; nothing where they don't.
std::optional<ConfigError> why_unused(const RecipeData& data, std::string_view key) {
  if (key == "name" || !is_among(key, keys_of_named)) return {};
  if (data.files) {
    return ConfigError(fmt::format("'{}' is of data with a name, these have a kind", key), {},
                       key == "directory" ? "the directory of such files is path" : "leave it out");
  }
  const std::optional<data::Origin> origin = data::origin_of(data.name);
  if (!origin) return {};
  const auto needed = key == "directory" ? data::Origin::files : data::Origin::formula;
  if (*origin == needed) return {};
  return data::no_use(key, data.name, *origin);
}

/// About a key of files in data that are none, or don't say of what kind.
ConfigError not_of_files(const Config& config, const std::string& key) {
  const std::string sentence = fmt::format("'{}' is of files of one's own, ", key);
  const Config* name = config.find("name");
  if (name && name->is_string() && data::origin_of(name->as_string())) {
    return ConfigError(fmt::format("{}{} is a set with a name", sentence, name->as_string()), {},
                       "leave it out, or write kind and path in place of name");
  }
  const Config* path = config.find("path");
  const data::Files files =
      path && path->is_string() ? data::files_at(path->as_string()) : data::Files();
  return ConfigError(sentence + "which have a kind", {},
                     files ? fmt::format("add kind = \"{}\"", files.kind())
                           : "add the kind they are of, as kind = \"idx\"");
}

/// Throws ConfigError where a key belongs to files of one's own, but there are none, and on keys
/// that nothing has.
void check_no_files(const Config& config) {
  for (const auto& [key, value] : config.as_map()) {
    const bool is_own = is_own_key(key);
    if (is_own || !is_of_files(key)) continue;
    ConfigError error = not_of_files(config, key);
    if (!value.where().empty()) error.add({"where", value.where()});
    throw error;
  }
  std::vector<std::string_view> known = own_keys();
  known.push_back("kind");
  detail::check_keys(config, known);
}

data::LoadOptions load_options(const RecipeData& data) {
  return {.directory = data.directory, .generated = data.generated};
}

/// Throws ConfigError where it isn't said which data are meant.
void check_named(const RecipeData& data) {
  if (data.name.empty() && !data.files) {
    throw ConfigError("the recipe names no data", {},
                      "write name = \"fashion-mnist\" in [data], or kind and path for files of "
                      "your own");
  }
}

void read_seed(const Config& config, std::uint64_t& seed) {
  try {
    sloy::from_config(config, seed);
  } catch (ConfigError& error) {
    detail::name_key(error, "seed");
    throw;
  }
}

/// An argument out of its range shows when a step is made: one for a single number tells it now,
/// with its place.
void check_optimizer(const Config& config, const Optimizer& optimizer) {
  Graph graph;
  Variable weight{.name = "weight", .type = {DType::float32, {}}, .role = Role::parameter};
  const Value loss = graph.variable(graph.variables().add(std::move(weight)));
  try {
    // The names of weights can be looked for in a model only.
    OptimizerOptions options = optimizer.options();
    options.exclude_from_weight_decay.clear();
    options.learning_rate_multipliers.clear();
    Optimizer(optimizer, std::move(options)).minimize(loss);
  } catch (ConfigError& error) {
    if (!config.where().empty()) error.add({"where", config.where()});
    throw;
  }
}

void check_least(const Config& section, std::string_view key, std::int64_t value,
                 std::int64_t least) {
  if (value >= least) return;
  throw config_error(section.at(key),
                     fmt::format("{} must be {} or more, not {}", key, least, value),
                     fmt::format("give {} or more", least));
}

bool gives_targets(const RecipeData& data) {
  const std::vector<data::Target> which = data.target.values();
  return std::find(which.begin(), which.end(), data::Target::targets) != which.end();
}

/// Throws ConfigError where no target is left, and where a form is asked of labels that no target
/// is.
void check_targets(const Config& config, const RecipeData& data) {
  if (data.target.values().empty()) {
    throw config_error(config.at("target"), "target names nothing that the model is to give",
                       "write \"targets\", \"features\" or a list of them");
  }
  if (data.label_mode == data::LabelMode::integer || gives_targets(data)) return;
  throw config_error(config.at("label_mode"),
                     "label_mode is of the data's targets, but the model is to give the features",
                     "leave out label_mode, or write target = [\"targets\", \"features\"]");
}

/// The data as the recipe's model is to learn them.
data::Dataset as_asked(const RecipeData& data, const data::Dataset& found) {
  if (found.empty()) return found;
  try {
    const data::Dataset labelled = gives_targets(data) ? found.labelled(data.label_mode) : found;
    const std::vector<data::Target> which = data.target.values();
    return which == std::vector{data::Target::targets} ? labelled : labelled.targeting(which);
  } catch (DataError& error) {
    error.add({"key", "label_mode"});
    throw;
  }
}

/// Examples of such types, of which none is read.
struct Unread {
  data::Spec types;
  std::int64_t size() const { return 1; }
  data::Spec spec() const { return types; }
  void read(std::int64_t, const data::Slot&) const {}
};

/// Throws ConfigError where the recipe has other sections than its own, or lacks one.
void check_sections(const Config& config) {
  if (const Config* layers = config.find("layer")) {
    const bool are_tables = layers->is_list() && !layers->as_list().empty();
    throw config_error(are_tables ? layers->as_list().front() : *layers,
                       "the layers of a recipe are part of its model",
                       "write [[model.layer]] in place of [[layer]]");
  }
  detail::check_keys(config, recipe_keys);
  if (!config.find("model")) {
    throw config_error(config, "the recipe has no [model]",
                       "write a [[model.layer]] for each layer: type = \"Dense\", units = 10");
  }
  if (!config.find("train")) {
    throw config_error(config, "the recipe has no [train]",
                       "write [train] with a loss: loss = \"MeanSquaredError\"");
  }
}

/// Throws ConfigError where weights of classes are written as Keras takes them.
void check_class_weight(const Config& train) {
  const Config* weights = train.find("class_weight");
  if (!weights || !weights->is_map()) return;
  throw config_error(*weights, "class_weight is a list, not a table",
                     "write a number for each class in their order: class_weight = [1.0, 2.5]");
}

/// Throws ConfigError on a key of [train] that its optimizer has.
void check_not_of_optimizer(const Config& train) {
  const Config known = to_config(RecipeTrain{});
  for (const auto& [key, value] : train.as_map()) {
    if (known.find(key)) continue;
    Optimizer optimizer = RecipeTrain{}.optimizer;
    if (const Config* given = train.find("optimizer")) from_config(*given, optimizer);
    const Config of_optimizer = to_config(optimizer);
    if (!of_optimizer.find(key)) continue;
    throw config_error(value, fmt::format("there is no key '{}' here", key),
                       fmt::format("did you mean 'optimizer.{}'?", key));
  }
}

}  // namespace

Config to_config(const Validation& validation) {
  if (validation.part == ValidationPart::test) return "test";
  if (validation.part == ValidationPart::validation) return "validation";
  return validation.fraction;
}

void from_config(const Config& config, Validation& validation) {
  validation = {};
  if (config.is_string() && config.as_string() == "test") {
    validation.part = ValidationPart::test;
    return;
  }
  if (config.is_string() && config.as_string() == "validation") {
    validation.part = ValidationPart::validation;
    return;
  }
  const double fraction = config.is_number() ? config.as_number() : -1;
  if (!(fraction >= 0 && fraction < 1)) {
    throw config_error(config, fmt::format("validation can't be {}", config.describe()),
                       "give a share of the training data in [0, 1), \"validation\" or \"test\"");
  }
  validation.fraction = fraction;
}

Config to_config(const RecipeData& data) {
  Config config = data.files ? to_config(data.files) : Config(Config::Map{});
  for (auto& [key, value] : to_config<RecipeData>(data).as_map()) {
    if (!says_nothing(value) && !why_unused(data, key)) config[key] = std::move(value);
  }
  // A shipped recipe leaves open where its files are, and is read back so.
  std::erase_if(config.as_map(), [](const auto& entry) {
    return entry.first != "path" && says_nothing(entry.second);
  });
  return config;
}

void from_config(const Config& config, RecipeData& data) {
  Config shared = config;
  data.files = {};
  if (config.find("kind")) {
    check_not_named(config);
    check_keys_of(config, config.at("kind").as_string());
    // The kind's keys are those that [data] itself doesn't have.
    Config of_kind = config;
    const auto is_shared = [](const auto& entry) { return is_own_key(entry.first); };
    std::erase_if(of_kind.as_map(), is_shared);
    std::erase_if(shared.as_map(), std::not_fn(is_shared));
    from_config(of_kind, data.files);
  } else if (config.is_map()) {
    check_no_files(config);
  }
  from_config<RecipeData>(shared, data);
  for (const auto& [key, value] : shared.as_map()) {
    if (says_nothing(value)) continue;
    std::optional<ConfigError> error = why_unused(data, key);
    if (!error) continue;
    if (!value.where().empty()) error->add({"where", value.where()});
    throw std::move(*error);
  }
  if (data.workers) check_least(config, "workers", *data.workers, 0);
  check_targets(config, data);
}

data::Parts RecipeData::load() const {
  check_named(*this);
  data::Parts parts = files ? files.load() : data::Parts{data::load(name, load_options(*this))};
  for (data::Dataset* part : {&parts.train, &parts.validation, &parts.test}) {
    *part = as_asked(*this, *part);
  }
  return parts;
}

data::Header RecipeData::load_header() const {
  check_named(*this);
  data::Header header = files ? files.load_header() : data::load_header(name, load_options(*this));
  header.spec = as_asked(*this, Unread{header.spec}).spec();
  return header;
}

Recipe Recipe::from_config(const Config& config, const CustomTypes& custom) {
  const CustomTypesInUse in_use(custom);
  check_sections(config);
  Recipe recipe;
  if (const Config* seed = config.find("seed")) read_seed(*seed, recipe.seed);
  if (const Config* data = config.find("data")) sloy::from_config(*data, recipe.data);
  recipe.model_config = config.at("model");
  detail::check_keys(recipe.model_config,
                     std::array<std::string_view, 4>{"layer", "inputs", "outputs", "trainable"});
  const Config& train = config.at("train");
  if (!train.find("loss")) {
    throw config_error(
        train, "[train] names no loss",
        "write loss = { type = \"SparseCategoricalCrossentropy\", from_logits = true "
        "} for class labels, or another that fits the task");
  }
  check_class_weight(train);
  check_not_of_optimizer(train);
  sloy::from_config(train, recipe.train);
  if (const Config* optimizer = train.find("optimizer")) {
    check_optimizer(*optimizer, recipe.train.optimizer);
  }
  check_least(train, "epochs", recipe.train.epochs, 1);
  check_least(train, "batch_size", recipe.train.batch_size, 1);
  return recipe;
}

Recipe Recipe::parse(std::string_view toml, std::string_view source, const CustomTypes& custom) {
  return from_config(parse_toml(toml, source), custom);
}

Recipe Recipe::read(const std::string& path, const CustomTypes& custom) {
  return from_config(read_toml(path), custom);
}

Recipe Recipe::shipped(std::string_view name) {
  return parse(shipped_text(name), fmt::format("{}.toml", name));
}

std::vector<std::string> Recipe::shipped_names() {
  std::vector<std::string> names;
  for (const ShippedRecipe& recipe : shipped_recipes()) names.emplace_back(recipe.name);
  return names;
}

std::string_view Recipe::shipped_text(std::string_view name) { return find_shipped(name).text; }

Config Recipe::to_config(const CustomTypes& custom) const {
  Config model = model_config;
  for (Config& layer : layers_of(model)) layer = with_defaults(layer, custom);
  Config config;
  config["seed"] = sloy::to_config(seed);
  config["data"] = sloy::to_config(data);
  config["model"] = std::move(model);
  config["train"] = sloy::to_config(train);
  return config;
}

std::string Recipe::to_toml() const { return sloy::to_toml(to_config()); }

Model Recipe::make_model(const data::Spec& spec, const CustomTypes& custom) const {
  const Config layers = with_classes(model_config, spec);
  return Model::from_config(layers, custom, Type{DType::float32, first_features(spec).shape});
}

data::Parts Recipe::load_data() const { return data.load(); }

data::Header Recipe::load_header() const { return data.load_header(); }

CompileOptions Recipe::compile_options() const {
  return {.optimizer = train.optimizer,
          .loss = train.loss,
          .loss_weights = train.loss_weights,
          .metrics = train.metrics,
          .weighted_metrics = train.weighted_metrics,
          .seed = seed,
          .backend = train.precision == NumericPrecision::float64 ? BackendKind::reference
                                                                  : BackendKind::cpu,
          .precision = train.precision,
          .convolution = train.convolution,
          .tuning = train.tune ? Tuning::cached() : Tuning(),
          .memory_limit = train.memory_limit};
}

FitOptions Recipe::fit_options() const {
  return {.epochs = train.epochs,
          .batch_size = train.batch_size,
          .validation_split = data.validation.fraction,
          .validation_data = {},
          .callbacks = train.callbacks,
          .shuffle = train.shuffle,
          .augment = data.augment,
          .class_weight = train.class_weight,
          .workers = data.workers};
}

FitOptions Recipe::fit_options(const data::Parts& parts) const {
  FitOptions options = fit_options();
  if (data.validation.part == ValidationPart::none) return options;
  const bool is_test = data.validation.part == ValidationPart::test;
  options.validation_data = is_test ? parts.test : parts.validation;
  if (options.validation_data.empty()) {
    const std::string_view name = is_test ? "test" : "validation";
    throw DataError(fmt::format("validation is \"{0}\", but the data have no {0} part", name), {},
                    "give validation a share of the training data, as 0.1");
  }
  return options;
}

Config read_toml(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, limits.file_bytes);
  return parse_toml({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

}  // namespace sloy
