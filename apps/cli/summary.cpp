#include <CLI/CLI.hpp>

#include "commands.h"
#include "console.h"
#include "sources.h"

namespace sloy::cli {
namespace {

struct Arguments {
  Common common;
  RecipeSource source;
};

Model read_model(const Arguments& arguments) {
  const RecipeSource& source = arguments.source;
  if (is_model_file(source.file)) {
    if (!source.model.empty() || !source.data.empty() || !source.overrides.empty()) {
      throw ConfigError("a model file is shown as it is: --model, --data and --set are of recipes",
                        {{"file", source.file}}, "sloy summary " + source.file);
    }
    return Model::load(source.file);
  }
  Recipe recipe = read_recipe(source, arguments.common);
  return recipe.make_model(recipe.load_header().spec);
}

int summarize(const Arguments& arguments) {
  apply(arguments.common);
  Model model = read_model(arguments);
  if (!arguments.common.json) {
    print(model.summary());
    return done;
  }
  for (const LayerSummary& layer : model.layers()) {
    Config event;
    event["event"] = "layer";
    event["path"] = layer.path;
    event["type"] = layer.type;
    Config::List shapes;
    for (const Type& type : layer.results) shapes.push_back(to_string(type.shape));
    event["shapes"] = std::move(shapes);
    event["parameters"] = layer.parameters;
    event["non_trainable"] = layer.non_trainable;
    event["flops"] = layer.flops;
    emit(event);
  }
  Config event;
  event["event"] = "summary";
  event["parameters"] = model.all_parameters();
  event["trainable"] = model.parameters();
  emit(event);
  return done;
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("summary", "Shows layers, shapes, parameters and cost");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  add_recipe(*command, arguments->source);
  command->footer(
      "Examples:\n"
      "  sloy summary model.safetensors\n"
      "  sloy summary --model cnn --data fashion-mnist");
  command->callback(
      [arguments, &action] { action = [arguments] { return summarize(*arguments); }; });
}

}  // namespace sloy::cli
