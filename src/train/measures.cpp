#include "train/measures.h"

#include <fmt/format.h>

#include "base/console.h"
#include "nn/custom_types.h"
#include "nn/unknown_type.h"

namespace sloy {
namespace {

/// Nothing where a file would lose what the members are.
template <class Handle>
std::optional<Config> writable(const Handle& measure) {
  try {
    return to_config(measure);
  } catch (const ConfigError&) {
    return {};
  }
}

void note(const Notice& notice) { error_console().write(fmt::format("note: {}\n", notice.what())); }

void note_lost(std::string_view kind, const std::string& type, const std::string& path) {
  note(Notice(fmt::format("the {} {} is not in the model's file: it has members but no fields()",
                          kind, type),
              {{"file", path}},
              fmt::format("list them: static void fields(auto&& field) {{ field(\"name\", "
                          "&{}::name); }}",
                          type)));
}

}  // namespace

Config measures_of(const Model::Impl& model) {
  if (!model.measures.is_null()) return model.measures;
  if (!model.compiled || !model.compiled->loss) return {};
  Config measures;
  const Loss& loss = *model.compiled->loss;
  if (std::optional<Config> config = writable(loss)) {
    measures["loss"] = std::move(*config);
  } else {
    measures["lost_loss"] = std::string(loss.type());
  }
  Config::List metrics, lost;
  for (const Metric& metric : model.compiled->metrics) {
    if (std::optional<Config> config = writable(metric)) {
      metrics.push_back(std::move(*config));
    } else {
      lost.emplace_back(std::string(metric.type()));
    }
  }
  measures["metrics"] = std::move(metrics);
  if (!lost.empty()) measures["lost_metrics"] = std::move(lost);
  return measures;
}

void note_what_is_lost(Model::Impl& model, const std::string& path) {
  // Of a model that was loaded and not compiled since, it was said when its file was written.
  if (model.noted_what_is_lost || !model.measures.is_null()) return;
  model.noted_what_is_lost = true;
  const Config measures = measures_of(model);
  if (measures.is_null()) return;
  if (const Config* loss = measures.find("lost_loss")) note_lost("loss", loss->as_string(), path);
  if (const Config* metrics = measures.find("lost_metrics")) {
    for (const Config& metric : metrics->as_list()) note_lost("metric", metric.as_string(), path);
  }
}

std::optional<CompileOptions> options_to_measure(const Config& measures, const CustomTypes& custom,
                                                 const std::string& path) {
  const Config* loss = measures.find("loss");
  if (!loss) {
    static_cast<void>(measures.at("lost_loss").as_string());
    return {};
  }
  const CustomTypesInUse in_use(custom);
  CompileOptions options;
  try {
    options.loss = loss_from_config(*loss, custom.losses);
  } catch (const UnknownType&) {
    return {};
  }
  for (const Config& metric : measures.at("metrics").as_list()) {
    try {
      options.metrics.push_back(metric_from_config(metric, custom.metrics));
    } catch (const UnknownType& error) {
      note(
          Notice(fmt::format("the file names the metric '{}', which this program doesn't know: the "
                             "model is evaluated without it",
                             error.type()),
                 {{"file", path}}, custom_types_for(error)));
    }
  }
  return options;
}

ConfigError unknown_loss(const Config& measures) {
  const Config* loss = measures.find("loss");
  const std::string& type = loss ? detail::type_in(*loss) : measures.at("lost_loss").as_string();
  const std::string fix = fmt::format(
      "call compile first: model.compile({{.optimizer = Adam{{}}, .loss = {}{{…}}}})", type);
  if (!loss)
    return ConfigError(fmt::format("the loss {} is not in the model's file", type), {}, fix);
  return ConfigError(
      fmt::format("the model's file names the loss {}, which this program doesn't know", type), {},
      fmt::format("{}, or load it with {{.custom = {{.losses = {{register_loss<{}>()}}}}}}", fix,
                  type));
}

}  // namespace sloy
