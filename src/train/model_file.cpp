#include "train/model_file.h"

#include <fmt/format.h>

#include "base/version.h"
#include "nn/custom_types.h"
#include "nn/unknown_type.h"
#include "train/adapt.h"
#include "train/measures.h"

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

}  // namespace

Metadata model_metadata(const Model::Impl& model) {
  Config layers = to_config(model.built());
  if (!model.trainable) layers["trainable"] = false;
  Metadata metadata{{"format", std::string(format)},
                    {"sloy", std::string(build_info().version)},
                    {"model", to_json(layers)}};
  if (!model.class_names.empty()) metadata["class_names"] = to_json(to_config(model.class_names));
  if (model.image_form) metadata["image_form"] = to_json(to_config(*model.image_form));
  if (model.table_form) metadata["table_form"] = to_json(to_config(*model.table_form));
  const Config measures = measures_of(model);
  if (!measures.is_null()) metadata["measures"] = to_json(measures);
  return metadata;
}

std::vector<NamedTensor> tensors_of(const State& state, bool (*wanted)(const Variable&),
                                    const std::string& prefix) {
  std::vector<NamedTensor> tensors;
  const Variables& variables = *state.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (!wanted(variables[id])) continue;
    Type type = variables[id].type;
    const bool wide =
        type.dtype == DType::float32 && state.precision() == NumericPrecision::float64;
    if (wide) type.dtype = DType::float64;
    tensors.emplace_back(prefix + variables[id].name, type, [&state, id] { return state.get(id); });
  }
  return tensors;
}

void Model::save(const std::string& path) const {
  require_measured(*impl_, "save");
  write_safetensors(path, tensors_of(impl_->weights(), is_weight), model_metadata(*impl_));
  note_what_is_lost(*impl_, path);
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
    const auto form = reader->metadata().find("image_form");
    if (form != reader->metadata().end()) {
      data::ImageForm read;
      sloy::from_config(parse_json(form->second, path), read);
      model.set_image_form(read);
    }
    const auto table = reader->metadata().find("table_form");
    if (table != reader->metadata().end()) {
      data::TableForm read;
      sloy::from_config(parse_json(table->second, path), read);
      model.set_table_form(std::move(read));
    }
    model.impl_->make_state([&](Variables& variables) { take_weights(variables, reader, path); });
    model.impl_->keeps_weights = true;
    const auto found = reader->metadata().find("measures");
    if (found != reader->metadata().end()) {
      Config measures = parse_json(found->second, path);
      if (auto options_found = options_to_measure(measures, options.custom, path)) {
        model.compile(std::move(*options_found));
      }
      model.impl_->measures = std::move(measures);
    }
    return model;
  } catch (const UnknownType& error) {
    throw ConfigError(fmt::format("the file names the {} '{}', which this program doesn't know",
                                  error.kind(), error.type()),
                      {{"file", path}}, custom_types_for(error));
  } catch (ConfigError& error) {
    error.add({"file", path});
    throw;
  }
}

}  // namespace sloy
