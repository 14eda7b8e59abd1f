#include <fmt/format.h>
#include <sloy/ops.h>

#include <algorithm>

namespace sloy {
namespace {

constexpr std::array<std::string_view, 3> kinds{"valid", "same", "causal"};

/// [before, after].
Ends ends_in(const Config& config) {
  if (config.as_list().size() != 2) {
    throw config_error(config, "each direction has two numbers of cells, before and after",
                       "write [[1, 2], [0, 1]], or one number for all");
  }
  Ends ends;
  from_config(config.as_list()[0], ends.before);
  from_config(config.as_list()[1], ends.after);
  return ends;
}

}  // namespace

Padding::Padding(std::span<const Ends> directions)
    : kind_(Kind::cells), directions_(static_cast<int>(directions.size())) {
  if (directions.empty() || directions.size() > ends_.size()) {
    throw ConfigError(fmt::format("padding for {} directions", directions.size()), {},
                      "give numbers for 1, 2 or 3, or one number for all: Padding{1}");
  }
  std::copy(directions.begin(), directions.end(), ends_.begin());
}

Config to_config(const Padding& padding) {
  if (padding.kind() != Padding::Kind::cells) {
    return std::string(kinds[static_cast<std::size_t>(padding.kind())]);
  }
  if (padding.directions() == 0) return padding.ends(0).before;
  Config::List list;
  for (int i = 0; i < padding.directions(); ++i) {
    const Ends ends = padding.ends(i);
    list.push_back(Config::List{ends.before, ends.after});
  }
  return list;
}

void from_config(const Config& config, Padding& padding) {
  if (config.is_string()) {
    padding = Padding(static_cast<Padding::Kind>(detail::enum_from_config(config, kinds)));
  } else if (config.is_list()) {
    std::vector<Ends> directions;
    for (const Config& direction : config.as_list()) directions.push_back(ends_in(direction));
    padding = Padding(directions);
  } else {
    int cells = 0;
    from_config(config, cells);
    padding = cells;
  }
}

}  // namespace sloy
