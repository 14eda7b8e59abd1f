#include "data/augment/values.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include "base/arguments.h"

namespace sloy::data {

Config to_config(const Factor& factor) {
  if (!factor.is_range_) return factor.low_;
  return Config::List{factor.low_, factor.high_};
}

void from_config(const Config& config, Factor& factor) {
  if (!config.is_list()) {
    factor = config.as_number();
    return;
  }
  const Config::List& ends = config.as_list();
  if (ends.size() != 2) {
    throw config_error(config, fmt::format("a factor is one number or two, not {}", ends.size()),
                       "give a number, or [low, high]");
  }
  factor = {ends[0].as_number(), ends[1].as_number()};
}

void check_range(std::string_view type, const ImageIn<float>& image) {
  const auto values = image.values();
  const auto beyond =
      std::ranges::find_if(values, [](float value) { return !(0 <= value && value <= 1); });
  if (beyond == values.end()) return;
  throw DataError(fmt::format("{} takes float images of values from 0 to 1", type),
                  {{"value", fmt::format("{}", *beyond)}},
                  "keep pixels uint8, or divide them by 255");
}

double drawn_about_zero(const Factor& factor, Random& random) {
  if (factor.is_range()) return random.uniform(factor.low(), factor.high());
  return random.uniform(-factor.high(), factor.high());
}

double drawn_from_zero(const Factor& factor, Random& random) {
  return random.uniform(factor.is_range() ? factor.low() : 0.0, factor.high());
}

void check(std::string_view argument, const Factor& factor, double least, double most) {
  const std::string needed = fmt::format("from {} to {}", least, most);
  for (double end : {factor.low(), factor.high()}) {
    require_number(least <= end && end <= most, argument, end, needed);
  }
  if (factor.low() <= factor.high()) return;
  throw ConfigError(fmt::format("{} can't be from {} to {}", argument, factor.low(), factor.high()),
                    {}, "give the lower end first");
}

void check_contrast(std::string_view argument, const Factor& factor) {
  for (double end : {factor.low(), factor.high()}) {
    require_number(0 <= end && end <= 1, argument, end, "from 0 to 1");
  }
}

void check_probability(std::string_view argument, double value) {
  require_number(0 <= value && value <= 1, argument, value, "from 0 to 1");
}

void check_colours(std::string_view type, const ImageShape& shape) {
  if (shape.channels == 3) return;
  throw DataError(fmt::format("{} changes colours, the images have none", type),
                  {{"channels", std::to_string(shape.channels), "3 needed: red, green, blue"}},
                  "leave it out");
}

}  // namespace sloy::data
