#include "train/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/version.h"
#include "nn/unknown_type.h"

namespace sloy {
namespace {

constexpr std::string_view format = "sloy model 1";

const std::string& metadata_at(const SafetensorsReader& reader, const std::string& key,
                               const std::filesystem::path& path) {
  const auto found = reader.metadata().find(key);
  if (found != reader.metadata().end()) return found->second;
  throw FileError("this is no model of Sloy",
                  {{"file", path.string()}, {"missing", fmt::format("'{}' in __metadata__", key)}},
                  "a safetensors file of weights alone has no layers: build the model, then use "
                  "set_weight");
}

/// Whether a tensor is for going on with the training, not for using the model.
bool is_training_tensor(std::string_view name) {
  return name.starts_with("optimizer/") || name.starts_with("kept/") || name == seed_variable ||
         name == step_variable || name == learning_rate_variable;
}

/// Makes the first values of all weights those of the file. The shapes are compared before any
/// memory is allocated: a file can ask for any size.
void take_weights(Variables& variables, const std::shared_ptr<const SafetensorsReader>& reader,
                  const std::filesystem::path& path) {
  for (VariableId id = 0; id < variables.size(); ++id) {
    Variable& variable = variables[id];
    if (!is_weight(variable)) continue;
    const SafetensorsReader::Entry* entry = reader->find(variable.name);
    if (!entry) {
      throw FileError(fmt::format("the file lacks the weight {}", variable.name),
                      {{"file", path.string()}});
    }
    if (entry->shape != variable.type.shape) {
      throw FileError(
          fmt::format("the weight {} has another shape than its layer says", variable.name),
          {{"file", path.string()},
           {"tensor", to_string(entry->shape)},
           {"layer", to_string(variable.type.shape)}});
    }
    variable.initial = [reader, entry](std::uint64_t) { return reader->read(*entry); };
  }
  for (const SafetensorsReader::Entry& entry : reader->entries()) {
    const VariableId id = variables.find(entry.name);
    if ((id < 0 || !is_weight(variables[id])) && !is_training_tensor(entry.name)) {
      throw FileError(fmt::format("the file holds {}, which no layer of its model has", entry.name),
                      {{"file", path.string()}});
    }
  }
}

/// How the model was measured in training, so that a loaded one can be evaluated at once. A loss or
/// metric of the user's own is left out: its type can't be made from a file.
std::optional<Config> measures_of(const Model::Impl& model) {
  if (!model.compiled || !model.compiled->loss) return {};
  const auto is_known = [](std::string_view type, auto types) {
    return std::ranges::any_of(types, [&](const auto& entry) { return entry.name == type; });
  };
  if (!is_known(model.compiled->loss->type(), loss_types())) return {};
  Config measures;
  measures["loss"] = to_config(*model.compiled->loss);
  Config::List metrics;
  for (const Metric& metric : model.compiled->metrics) {
    if (is_known(metric.type(), metric_types())) metrics.push_back(to_config(metric));
  }
  measures["metrics"] = std::move(metrics);
  return measures;
}

/// The type of a loss that can't be in the file.
std::string own_loss_of(const Model::Impl& model) {
  if (!model.compiled) return model.lost_loss;
  return model.compiled->loss ? std::string(model.compiled->loss->type()) : "";
}

CompileOptions options_to_measure(const Config& measures) {
  CompileOptions options;
  options.loss = loss_from_config(measures.at("loss"));
  from_config(measures.at("metrics"), options.metrics);
  return options;
}

/// What C++ has for a type that files may name: "layers = {register_layer<Scale>()}".
std::string custom_types_for(const UnknownType& error) {
  const std::string made = error.kind() == "activation"
                               ? fmt::format("Activation(\"{}\", …)", error.type())
                               : fmt::format("register_{}<{}>()", error.kind(), error.type());
  return fmt::format("{{.custom = {{.{}s = {{{}}}}}}}", error.kind(), made);
}

}  // namespace

Metadata model_metadata(const Model::Impl& model) {
  Config layers = to_config(model.built());
  if (!model.trainable) layers["trainable"] = false;
  Metadata metadata{{"format", std::string(format)},
                    {"sloy", std::string(build_info().version)},
                    {"model", to_json(layers)}};
  if (!model.class_names.empty()) metadata["class_names"] = to_json(to_config(model.class_names));
  if (const auto measures = measures_of(model)) {
    metadata["measures"] = to_json(*measures);
  } else if (const std::string own = own_loss_of(model); !own.empty()) {
    metadata["own_loss"] = own;
  }
  return metadata;
}

std::vector<std::pair<std::string, Tensor>> tensors_of(const State& state,
                                                       bool (*wanted)(const Variable&)) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  const Variables& variables = *state.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (wanted(variables[id])) tensors.emplace_back(variables[id].name, state.get(id));
  }
  return tensors;
}

void Model::save(const std::string& path) const {
  const auto tensors = tensors_of(impl_->weights(), is_weight);
  std::vector<NamedBytes> named;
  for (const auto& [name, tensor] : tensors) named.emplace_back(name, tensor);
  write_safetensors(path, std::move(named), model_metadata(*impl_));
}

Model Model::load(const std::string& path, const LoadModelOptions& options) {
  const auto reader = std::make_shared<const SafetensorsReader>(path);
  if (const std::string& found = metadata_at(*reader, "format", path); found != format) {
    throw FileError("the file has a format this version doesn't know",
                    {{"file", path}, {"format", found}, {"known", std::string(format)}});
  }
  try {
    Model model =
        from_config(parse_json(metadata_at(*reader, "model", path), path), options.custom);
    const auto names = reader->metadata().find("class_names");
    if (names != reader->metadata().end()) {
      sloy::from_config(parse_json(names->second, path), model.impl_->class_names);
    }
    const auto variables = std::make_shared<Variables>();
    model.impl_->declare(variables);
    take_weights(*variables, reader, path);
    model.impl_->adopt(State(variables));
    const auto measures = reader->metadata().find("measures");
    if (measures != reader->metadata().end()) {
      model.compile(options_to_measure(parse_json(measures->second, path)));
      model.impl_->only_measures = true;
    }
    const auto own_loss = reader->metadata().find("own_loss");
    if (own_loss != reader->metadata().end()) model.impl_->lost_loss = own_loss->second;
    return model;
  } catch (const UnknownType& error) {
    throw ConfigError(fmt::format("the file names the {} '{}', which this program doesn't know",
                                  error.kind(), error.type()),
                      {{"file", path}},
                      "give Model::load its CustomTypes: " + custom_types_for(error));
  } catch (ConfigError& error) {
    error.add({"file", path});
    throw;
  }
}

}  // namespace sloy
