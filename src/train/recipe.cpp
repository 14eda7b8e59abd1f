#include <fmt/format.h>
#include <sloy/nearest.h>
#include <sloy/recipe.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "base/limits.h"
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

/// A layer's entry with the defaults of its type; `name` and `inputs` stay as they are.
Config with_defaults(const Config& entry, const CustomTypes& custom) {
  const bool is_plain = entry.is_map() && !entry.find("same_as") && !entry.find("model");
  if (!is_plain) return entry;
  Config fields;
  Config place;
  for (const auto& [key, value] : entry.as_map()) {
    (key == "name" || key == "inputs" ? place : fields)[key] = value;
  }
  Config full = to_config(layer_from_config(fields, custom));
  if (!place.is_null()) {
    for (const auto& [key, value] : place.as_map()) full[key] = value;
  }
  return full;
}

/// What a map or list has at one step of a path; names stand for layers of a list as well.
Config& inner(Config& config, std::string_view key) {
  // "Adam" is short for { type = "Adam" }.
  if (config.is_string()) config = Config(Config::Map{{"type", config.as_string()}});
  if (config.is_null() || config.is_map()) return config[key];
  if (!config.is_list()) {
    throw ConfigError(
        fmt::format("'{}' can't be set: what is to hold it is {}", key, config.describe()));
  }
  Config::List& list = config.as_list();
  std::size_t index = list.size();
  const auto parsed = std::from_chars(key.data(), key.data() + key.size(), index);
  if (parsed.ec == std::errc{} && parsed.ptr == key.data() + key.size() && index < list.size()) {
    return list[index];
  }
  for (Config& item : list) {
    const Config* name = item.is_map() ? item.find("name") : nullptr;
    if (name && name->is_string() && name->as_string() == key) return item;
  }
  throw ConfigError(fmt::format("the list has nothing numbered or named '{}'", key),
                    {{"length", std::to_string(list.size())}}, "numbers count from 0");
}

const std::string& name_of(const RecipeData& data) {
  if (!data.name.empty()) return data.name;
  throw ConfigError("the recipe names no data", {}, "write name = \"fashion-mnist\" in [data]");
}

data::LoadOptions load_options(const RecipeData& data) {
  return {.directory = data.directory, .generated = data.generated};
}

void check_least(const Config& section, std::string_view key, std::int64_t value,
                 std::int64_t least) {
  if (value >= least) return;
  throw config_error(section.at(key),
                     fmt::format("{} must be {} or more, not {}", key, least, value),
                     fmt::format("give {} or more", least));
}

/// What stands in an argument of the command line has no line.
void set_where_throughout(Config& config, const std::string& where) {
  config.set_where(where);
  if (config.is_list()) {
    for (Config& item : config.as_list()) set_where_throughout(item, where);
  } else if (config.is_map()) {
    for (auto& [key, item] : config.as_map()) set_where_throughout(item, where);
  }
}

}  // namespace

Config to_config(const Validation& validation) {
  if (validation.test) return "test";
  return validation.fraction;
}

void from_config(const Config& config, Validation& validation) {
  if (config.is_string() && config.as_string() == "test") {
    validation = {.fraction = 0, .test = true};
    return;
  }
  const double fraction = config.is_number() ? config.as_number() : -1;
  if (!(fraction >= 0 && fraction < 1)) {
    throw config_error(config, fmt::format("validation can't be {}", config.describe()),
                       "give a share of the training data in [0, 1), or \"test\"");
  }
  validation = {.fraction = fraction, .test = false};
}

Recipe Recipe::from_config(const Config& config) {
  detail::check_keys(config, recipe_keys);
  for (const std::string_view section : {"model", "train"}) {
    if (config.find(section)) continue;
    throw config_error(config, fmt::format("the recipe has no [{}]", section),
                       "docs/command-line.md shows a whole recipe");
  }
  Recipe recipe;
  if (const Config* seed = config.find("seed")) sloy::from_config(*seed, recipe.seed);
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
  sloy::from_config(train, recipe.train);
  check_least(train, "epochs", recipe.train.epochs, 1);
  check_least(train, "batch_size", recipe.train.batch_size, 1);
  if (const Config* data = config.find("data")) {
    check_least(*data, "workers", recipe.data.workers, 0);
  }
  return recipe;
}

Recipe Recipe::parse(std::string_view toml, std::string_view source) {
  return from_config(parse_toml(toml, source));
}

Recipe Recipe::read(const std::string& path) { return from_config(read_toml(path)); }

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
  for (Config& layer : model["layer"].as_list()) {
    layer = with_defaults(layer, custom);
  }
  Config config;
  config["seed"] = sloy::to_config(seed);
  config["data"] = sloy::to_config(data);
  config["model"] = std::move(model);
  config["train"] = sloy::to_config(train);
  return config;
}

std::string Recipe::to_toml() const { return sloy::to_toml(to_config()); }

Model Recipe::make_model(const data::Spec& spec, const CustomTypes& custom) const {
  Model model = Model::from_config(model_config, custom, Type{DType::float32, spec.features.shape});
  return model;
}

data::Split Recipe::load_data() const { return data::load(name_of(data), load_options(data)); }

data::Spec Recipe::load_spec() const { return data::load_spec(name_of(data), load_options(data)); }

CompileOptions Recipe::compile_options() const {
  return {
      .optimizer = train.optimizer,
      .loss = train.loss,
      .metrics = train.metrics,
      .seed = seed,
      .backend = train.precision == Precision::float64 ? BackendKind::reference : BackendKind::cpu,
      .precision = train.precision,
      .convolution = train.convolution};
}

FitOptions Recipe::fit_options() const {
  return {.epochs = train.epochs,
          .batch_size = train.batch_size,
          .validation_split = data.validation.fraction,
          .validation_data = {},
          .callbacks = train.callbacks,
          .shuffle = train.shuffle,
          .workers = data.workers};
}

FitOptions Recipe::fit_options(const data::Split& split) const {
  FitOptions options = fit_options();
  if (data.validation.test && split.test.empty()) {
    throw DataError("validation is \"test\", but the data have no test part", {},
                    "give validation a share of the training data, as 0.1");
  }
  if (data.validation.test) options.validation_data = split.test;
  return options;
}

Config read_toml(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, limits.file_bytes);
  return parse_toml({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

void override_value(Config& recipe, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError(fmt::format("'{}' sets nothing", assignment), {},
                      "write it as train.epochs=3");
  }
  const std::string text(assignment.substr(equals + 1));
  Config value;
  try {
    value = parse_toml("value = " + text, assignment).at("value");
  } catch (const ConfigError&) {
    value = Config(text);  // a name needs no quotes
  }
  const std::string where = fmt::format("--set {}", assignment);
  set_where_throughout(value, where);

  Config* place = &recipe;
  std::string_view path = assignment.substr(0, equals);
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    place = &inner(*place, path.substr(0, dot));
    if (place->is_null()) place->set_where(where);
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  *place = std::move(value);
}

}  // namespace sloy
