#include <sloy/losses.h>
#include <sloy/metrics.h>
#include <sloy/outputs.h>

#include <algorithm>

#include "nn/custom_types.h"

namespace sloy {
namespace {

template <class T>
bool has_names(const PerOutput<T>& values) {
  return std::any_of(values.begin(), values.end(),
                     [](const auto& entry) { return !entry.output.empty(); });
}

template <class T>
Config write(const PerOutput<T>& values) {
  if (values.size() == 1 && !has_names(values)) return to_config(values[0].value);
  if (!has_names(values)) {
    Config::List list;
    for (const auto& entry : values) list.push_back(to_config(entry.value));
    return list;
  }
  Config map = Config::Map{};
  for (const auto& entry : values) map[entry.output] = to_config(entry.value);
  return map;
}

/// `read` makes a value of a config; `is_one` tells whether a map is a value, not a table of them.
template <class T, class Read, class IsOne>
PerOutput<T> read(const Config& config, Read read_one, IsOne is_one) {
  using Entry = typename PerOutput<T>::Entry;
  std::vector<Entry> entries;
  if (config.is_list()) {
    for (const Config& item : config.as_list()) entries.emplace_back(read_one(item));
  } else if (config.is_map() && !is_one(config)) {
    for (const auto& [name, item] : config.as_map()) entries.emplace_back(name, read_one(item));
  } else {
    entries.emplace_back(read_one(config));
  }
  return PerOutput<T>(std::move(entries));
}

}  // namespace

Config to_config(const PerOutput<double>& numbers) {
  return numbers.empty() ? Config() : write(numbers);
}

void from_config(const Config& config, PerOutput<double>& numbers) {
  numbers = {};
  if (config.is_null()) return;
  const auto number = [](const Config& item) {
    double value = 0;
    from_config(item, value);
    return value;
  };
  numbers = read<double>(config, number, [](const Config&) { return false; });
}

Config to_config(const PerOutput<Loss>& losses) {
  return losses.empty() ? Config() : write(losses);
}

void from_config(const Config& config, PerOutput<Loss>& losses) {
  const auto loss = [](const Config& item) {
    return loss_from_config(item, CustomTypesInUse::current().losses);
  };
  losses = read<Loss>(config, loss, [](const Config& map) { return map.find("type") != nullptr; });
}

Config to_config(const PerOutput<Metric>& metrics) {
  if (!has_names(metrics)) {
    Config::List list;
    for (const auto& entry : metrics) list.push_back(to_config(entry.value));
    return list;
  }
  Config map = Config::Map{};
  for (const auto& entry : metrics) {
    Config& list = map[entry.output];
    if (list.is_null()) list = Config::List{};
    list.as_list().push_back(to_config(entry.value));
  }
  return map;
}

void from_config(const Config& config, PerOutput<Metric>& metrics) {
  using Entry = PerOutput<Metric>::Entry;
  std::vector<Entry> entries;
  const auto read_list = [&](const std::string& output, const Config& list) {
    for (const Config& item : list.as_list()) {
      entries.emplace_back(output, metric_from_config(item, CustomTypesInUse::current().metrics));
    }
  };
  if (config.is_map()) {
    for (const auto& [output, list] : config.as_map()) read_list(output, list);
  } else if (config.is_list() && std::ranges::any_of(config.as_list(), &Config::is_list)) {
    throw config_error(
        config, "metrics are one list, or a table of lists by the outputs' names",
        "write [\"Accuracy\"], or of several outputs { digit = [\"Accuracy\"], image = [] }");
  } else {
    read_list({}, config);
  }
  metrics = PerOutput<Metric>(std::move(entries));
}

}  // namespace sloy
