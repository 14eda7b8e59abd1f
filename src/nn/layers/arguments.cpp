#include "nn/layers/arguments.h"

#include <fmt/format.h>

namespace sloy {

void require_positive(std::string_view argument, const IntPair& pair) {
  if (!pair.is_given()) {
    throw ConfigError(fmt::format("{} is missing", argument), {},
                      fmt::format("give it, as .{} = 3 or {{3, 5}}", argument));
  }
  require_positive(argument, pair.height());
  require_positive(argument, pair.width());
}

void require_images(Value x) {
  if (x.rank() == 4) return;
  throw ShapeError(
      "the layer works on images",
      {{"input", to_string(x.shape())}, {"needed", "(batch, height, width, channels)"}},
      x.rank() == 3 ? "add a channel dimension with Reshape{.target_shape = {height, width, 1}}"
                    : "feed images, or use Dense layers for what is none");
}

void require_rows(Value x) {
  if (x.rank() >= 2 && !x.dim(-1).is_symbolic()) return;
  throw ShapeError("the layer needs a row of numbers for each example",
                   {{"input", to_string(x.shape())}, {"needed", "(batch, …, n)"}},
                   "put Flatten{} or Reshape{} before it");
}

std::vector<std::int64_t> to_list(const IntPair& pair) { return {pair.height(), pair.width()}; }

Config to_config(const IntPair& pair) {
  if (!pair.is_given()) return {};
  if (pair.height() == pair.width()) return pair.height();
  return Config::List{pair.height(), pair.width()};
}

void from_config(const Config& config, IntPair& pair) {
  if (config.is_null()) {
    pair = {};
    return;
  }
  int height = 0;
  int width = 0;
  if (config.is_list()) {
    if (config.as_list().size() != 2) {
      throw config_error(
          config, fmt::format("one number or two are needed here, not {}", config.describe()));
    }
    from_config(config.as_list()[0], height);
    from_config(config.as_list()[1], width);
  } else {
    from_config(config, height);
    width = height;
  }
  pair = IntPair(height, width);
}

}  // namespace sloy
