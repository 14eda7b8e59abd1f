#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/model.h>

#include <algorithm>

#include "base/nearest.h"

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

}  // namespace sloy
