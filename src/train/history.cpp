#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/model.h>
#include <sloy/nearest.h>

#include <algorithm>

namespace sloy {

std::optional<double> Logs::find(std::string_view name) const {
  for (const auto& [key, value] : figures_) {
    if (key == name) return value;
  }
  return {};
}

double Logs::operator[](std::string_view name) const {
  if (const auto found = find(name)) return *found;
  std::vector<std::string_view> known;
  for (const auto& [key, value] : figures_) known.push_back(key);
  throw ConfigError(fmt::format("there is no figure '{}'", name),
                    {{"figures", fmt::format("{}", fmt::join(known, ", "))}});
}

void Logs::set(std::string_view name, double value) {
  for (auto& [key, old] : figures_) {
    if (key == name) {
      old = value;
      return;
    }
  }
  figures_.emplace_back(std::string(name), value);
}

std::vector<double> History::operator[](std::string_view name) const {
  std::vector<double> values;
  for (const Logs& epoch_logs : logs) values.push_back(epoch_logs[name]);
  return values;
}

Config to_config(const Logs& logs) {
  Config::Map map;
  for (const auto& [name, value] : logs) map.emplace_back(name, value);
  return map;
}

void from_config(const Config& config, Logs& logs) {
  logs = {};
  for (const auto& [name, value] : config.as_map()) logs.set(name, value.as_number());
}

Config to_config(const History& history) {
  Config::List list;
  for (std::size_t i = 0; i < history.epoch.size(); ++i) {
    list.push_back(Config::Map{{"epoch", history.epoch[i]}, {"logs", to_config(history.logs[i])}});
  }
  return list;
}

void from_config(const Config& config, History& history) {
  history = {};
  for (const Config& entry : config.as_list()) {
    from_config(entry.at("epoch"), history.epoch.emplace_back());
    from_config(entry.at("logs"), history.logs.emplace_back());
  }
}

}  // namespace sloy
