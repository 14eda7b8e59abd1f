#include "nn/layers/arguments.h"

#include <fmt/format.h>

namespace sloy {
namespace {

/// What layers of one, two and three directions work on.
struct Data {
  std::string_view name;
  std::string_view dims;
  std::string_view target_shape;  ///< that adds the channels where they are missing
};
constexpr std::array<Data, 3> data_of_directions{{
    {"sequences", "(batch, length, channels)", "{length, 1}"},
    {"images", "(batch, height, width, channels)", "{height, width, 1}"},
    {"videos", "(batch, frames, height, width, channels)", "{frames, height, width, 1}"},
}};

}  // namespace

void refuse_missing(std::string_view argument) {
  throw ConfigError(fmt::format("{} is missing", argument), {},
                    fmt::format("give it, as .{} = 3 or {{3, 5}}", argument));
}

void require_margins(std::string_view argument, std::span<const Ends> margins) {
  for (const Ends& ends : margins) {
    if (ends.before >= 0 && ends.after >= 0) continue;
    throw ConfigError(fmt::format("{} can't be {}", argument, std::min(ends.before, ends.after)),
                      {}, "give numbers of cells of 0 or more");
  }
}

void require_directions(Value x, int directions) {
  if (x.rank() == directions + 2) return;
  const auto& [name, dims, with_channel] =
      data_of_directions[static_cast<std::size_t>(directions - 1)];
  const std::string fix =
      x.rank() == directions + 1
          ? fmt::format("add a channel dimension with Reshape{{.target_shape = {}}}", with_channel)
      : x.rank() >= 3 && x.rank() <= 5
          ? fmt::format("take the layer's {}D form", x.rank() - 2)
          : fmt::format("feed {}, or use Dense layers for what is none", name);
  throw ShapeError(fmt::format("the layer works on {}", name),
                   {{"input", to_string(x.shape())}, {"needed", std::string(dims)}}, fix);
}

void require_rows(Value x) {
  if (x.rank() >= 2 && !x.dim(-1).is_symbolic()) return;
  throw ShapeError("the layer needs a row of numbers for each example",
                   {{"input", to_string(x.shape())}, {"needed", "(batch, …, n)"}},
                   "put Flatten{} or Reshape{} before it");
}

namespace detail {

Config sizes_to_config(std::span<const int> sizes) {
  if (std::all_of(sizes.begin(), sizes.end(), [&](int size) { return size == sizes[0]; })) {
    return sizes[0];
  }
  Config::List list;
  for (int size : sizes) list.push_back(size);
  return list;
}

void sizes_from_config(const Config& config, std::span<int> sizes) {
  if (!config.is_list()) {
    int all = 0;
    from_config(config, all);
    std::fill(sizes.begin(), sizes.end(), all);
    return;
  }
  const Config::List& list = config.as_list();
  if (list.size() != sizes.size()) {
    throw config_error(config, fmt::format("one number or {} are needed here, not {}", sizes.size(),
                                           config.describe()));
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) from_config(list[i], sizes[i]);
}

Config margins_to_config(std::span<const Ends> margins) {
  const int first = margins[0].before;
  if (std::all_of(margins.begin(), margins.end(), [&](const Ends& ends) {
        return ends == Ends{first, first};
      })) {
    return first;
  }
  Config::List list;
  for (const Ends& ends : margins) list.push_back(Config::List{ends.before, ends.after});
  return list;
}

void margins_from_config(const Config& config, std::span<Ends> margins) {
  if (!config.is_list()) {
    int all = 0;
    from_config(config, all);
    std::fill(margins.begin(), margins.end(), Ends{all, all});
    return;
  }
  const Config::List& list = config.as_list();
  // Of a sequence, [1, 2] is what stands before and after it.
  if (margins.size() == 1 && list.size() == 2) {
    from_config(list[0], margins[0].before);
    from_config(list[1], margins[0].after);
    return;
  }
  if (list.size() != margins.size()) {
    throw config_error(
        config,
        fmt::format("one number, or one for each of {} directions, is needed here, not {}",
                    margins.size(), config.describe()),
        "write 1, [1, 2] or [[1, 2], [0, 1]]");
  }
  for (std::size_t i = 0; i < margins.size(); ++i) {
    if (!list[i].is_list()) {
      int both = 0;
      from_config(list[i], both);
      margins[i] = {both, both};
    } else if (list[i].as_list().size() == 2) {
      from_config(list[i].as_list()[0], margins[i].before);
      from_config(list[i].as_list()[1], margins[i].after);
    } else {
      throw config_error(list[i], "a direction has two ends: before and after");
    }
  }
}

void check_margins(std::size_t given, int needed) {
  if (given == static_cast<std::size_t>(needed)) return;
  throw ConfigError(fmt::format("margins of {} directions where there are {}", given, needed), {},
                    "give {before, after} for each, or one number for all");
}

}  // namespace detail
}  // namespace sloy
