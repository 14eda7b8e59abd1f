#include "train/measures.h"

#include <fmt/format.h>

#include "base/console.h"
#include "nn/custom_types.h"
#include "nn/unknown_type.h"

namespace sloy {
namespace {

/// Whether a file would lose what the members are.
template <class Handle>
bool is_lost(const Handle& measure) {
  try {
    to_config(measure);
    return false;
  } catch (const ConfigError&) {
    return true;
  }
}

/// Those that files can hold; the types of the others go to `lost`.
PerOutput<Metric> writable(const PerOutput<Metric>& metrics, Config::List& lost) {
  std::vector<PerOutput<Metric>::Entry> kept;
  for (const auto& entry : metrics) {
    if (is_lost(entry.value)) {
      lost.emplace_back(std::string(entry.value.type()));
    } else {
      kept.push_back(entry);
    }
  }
  return PerOutput<Metric>(std::move(kept));
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

/// The type of a file's loss; of several all, "A, B".
std::string loss_types_in(const Config& config) {
  const auto joined = [](const auto& items, auto type_of) {
    std::string types;
    for (const auto& item : items) types += (types.empty() ? "" : ", ") + type_of(item);
    return types;
  };
  if (config.is_list()) {
    return joined(config.as_list(), [](const Config& item) { return detail::type_in(item); });
  }
  if (config.is_map() && !config.find("type")) {
    return joined(config.as_map(), [](const auto& item) { return detail::type_in(item.second); });
  }
  return detail::type_in(config);
}

/// A file's metrics without those that aren't known here, which are named on stderr.
PerOutput<Metric> metrics_known_here(const Config& config, const std::string& path) {
  std::vector<PerOutput<Metric>::Entry> known;
  const auto read = [&](const std::string& output, const Config& list) {
    for (const Config& metric : list.as_list()) {
      try {
        known.emplace_back(output, metric_from_config(metric, CustomTypesInUse::current().metrics));
      } catch (const UnknownType& error) {
        note(Notice(
            fmt::format("the file names the metric '{}', which this program doesn't know: the "
                        "model is evaluated without it",
                        error.type()),
            {{"file", path}}, custom_types_for(error)));
      }
    }
  };
  if (config.is_map()) {
    for (const auto& [output, list] : config.as_map()) read(output, list);
  } else {
    read({}, config);
  }
  return PerOutput<Metric>(std::move(known));
}

}  // namespace

Config measures_of(const Model::Impl& model) {
  if (!model.measures.is_null()) return model.measures;
  if (!model.compiled || model.compiled->loss.empty()) return {};
  const CompileOptions& options = *model.compiled;
  Config measures;
  for (const auto& entry : options.loss) {
    if (is_lost(entry.value)) measures["lost_loss"] = std::string(entry.value.type());
  }
  if (measures.is_null()) measures["loss"] = to_config(options.loss);
  if (!options.loss_weights.empty()) measures["loss_weights"] = to_config(options.loss_weights);
  Config::List lost;
  measures["metrics"] = to_config(writable(options.metrics, lost));
  if (!options.weighted_metrics.empty()) {
    measures["weighted_metrics"] = to_config(writable(options.weighted_metrics, lost));
  }
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
    from_config(*loss, options.loss);
  } catch (const UnknownType&) {
    return {};
  }
  if (const Config* weights = measures.find("loss_weights")) {
    from_config(*weights, options.loss_weights);
  }
  options.metrics = metrics_known_here(measures.at("metrics"), path);
  if (const Config* weighted = measures.find("weighted_metrics")) {
    options.weighted_metrics = metrics_known_here(*weighted, path);
  }
  return options;
}

ConfigError unknown_loss(const Config& measures) {
  const Config* loss = measures.find("loss");
  const std::string type = loss ? loss_types_in(*loss) : measures.at("lost_loss").as_string();
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
