/// Prints what the library lists of itself as one JSON object: types with their default fields,
/// ops, data sets. docs/reference is made of it.
#include <sloy/sloy.h>

#include <cstdio>

namespace {

using namespace sloy;

/// What files write of a type, also what is null: to_config of a layer leaves that out.
template <class Handle>
Config described(const Handle& made) {
  return to_config(made);
}
Config described(const Layer& layer) {
  return detail::described_config(layer.type(), layer.fields());
}

/// Each row's type as files write it with its defaults; by name alone where it can't be made of
/// defaults (Input needs a shape).
template <class Handle>
Config list_types(std::span<const TypeEntry<Handle>> types) {
  Config::List list;
  for (const TypeEntry<Handle>& entry : types) {
    Config item;
    item["name"] = std::string(entry.name);
    try {
      item["config"] = described(entry.make_default());
    } catch (const ConfigError&) {
      item["config"] = std::string(entry.name);
    }
    list.push_back(item);
  }
  return list;
}

Config list_activations() {
  Config::List list;
  for (const Activation& activation : activations()) {
    // A function's other names stand in its comment.
    const bool is_first =
        Activation(activation.function()).function_name() == activation.function_name();
    if (is_first) list.push_back(to_config(activation));
  }
  return list;
}

Config list_ops() {
  Config::List list;
  for (const Op* op : all_ops()) {
    Config item;
    item["name"] = std::string(op->name());
    item["formula"] = std::string(op->formula());
    item["onnx"] = std::string(op->onnx());
    item["attributes"] = op->to_config(op->parse(Config::Map{}));
    list.push_back(item);
  }
  return list;
}

/// The kinds of files that recipes name, each with the default of its keys.
Config list_file_kinds() {
  Config::List list;
  for (const TypeEntry<data::Files>& kind : data::file_kinds()) {
    list.push_back(to_config(kind.make_default()));
  }
  return list;
}

Config list_texts(const std::vector<std::string>& texts) {
  return Config::List(texts.begin(), texts.end());
}

}  // namespace

int main() {
  Config all;
  all["layers"] = list_types(layer_types());
  all["activations"] = list_activations();
  all["initializers"] = list_types(initializer_types());
  all["regularizers"] = list_types(regularizer_types());
  all["constraints"] = list_types(constraint_types());
  all["losses"] = list_types(loss_types());
  all["loss_options"] = to_config<LossOptions>(LossOptions{});
  all["metrics"] = list_types(metric_types());
  all["optimizers"] = list_types(optimizer_types());
  all["optimizer_options"] = to_config<OptimizerOptions>(OptimizerOptions{});
  all["schedules"] = list_types(schedule_types());
  all["callbacks"] = list_types(callback_types());
  all["augmentations"] = list_types(data::augmentation_types());
  all["ops"] = list_ops();
  all["recipe_data"] = to_config<RecipeData>(RecipeData{});
  all["recipe_train"] = to_config(RecipeTrain{});
  all["shipped_recipes"] = list_texts(Recipe::shipped_names());
  all["file_kinds"] = list_file_kinds();
  all["data_sets"] = list_texts(data::names());
  std::puts(to_json(all).c_str());
}
