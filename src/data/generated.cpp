#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <cmath>
#include <numbers>

#include "data/memory.h"
#include "tensor/random.h"

namespace sloy::data {
namespace {

constexpr double pi = std::numbers::pi;

struct Point {
  double x, y;
};

/// The random numbers of one example: two uniform and two normal ones for its place, and two normal
/// ones for noise.
struct Draw {
  double u, v;
  std::array<double, 2> normal;
  std::array<double, 2> noise;
};

Draw draw(RandomKey key, std::int64_t example) {
  const RandomPlace place{.example = static_cast<std::uint64_t>(example)};
  const RandomBlock words = philox(key, random_counter(place, 0));
  const RandomBlock more = philox(key, random_counter(place, 1));
  return {uniform_from(words[0]), uniform_from(words[1]), normal_from(words[2], words[3]),
          normal_from(more[0], more[1])};
}

RandomKey key_of(std::string_view name, const Generated& options) {
  if (options.size < 1) {
    throw ConfigError(fmt::format("{}: size must be 1 or more, not {}", name, options.size), {},
                      "give the number of examples, as 500");
  }
  if (!(options.noise >= 0) || !std::isfinite(options.noise)) {
    throw ConfigError(
        fmt::format("{}: noise must be a finite number of 0 or more, not {}", name, options.noise),
        {}, "give a standard deviation, as 0.1");
  }
  return random_key(options.seed, Purpose::generate, stream_of(name));
}

/// Two classes that take turns; `place` puts an example of a class.
template <class Place>
Dataset classes(std::string_view name, const Generated& options, Place place) {
  const RandomKey key = key_of(name, options);
  Tensor features(DType::float32, {options.size, 2});
  Tensor labels(DType::int32, {options.size});
  auto xy = features.mutable_values<float>();
  auto label = labels.mutable_values<std::int32_t>();
  for (std::int64_t i = 0; i < options.size; ++i) {
    const Draw random = draw(key, i);
    label[i] = static_cast<std::int32_t>(i % 2);
    const Point point = place(label[i], random);
    xy[2 * i] = static_cast<float>(point.x + options.noise * random.noise[0]);
    xy[2 * i + 1] = static_cast<float>(point.y + options.noise * random.noise[1]);
  }
  return labelled(std::move(features), std::move(labels), {"0", "1"}, {});
}

}  // namespace

Dataset circles(const Generated& options) {
  return classes("circles", options, [](int label, const Draw& random) -> Point {
    const double radius = label == 0 ? 1.0 : 0.5;
    return {radius * std::cos(2 * pi * random.u), radius * std::sin(2 * pi * random.u)};
  });
}

Dataset moons(const Generated& options) {
  return classes("moons", options, [](int label, const Draw& random) -> Point {
    const double x = std::cos(pi * random.u);
    const double y = std::sin(pi * random.u);
    return label == 0 ? Point{x, y} : Point{1 - x, 0.5 - y};
  });
}

Dataset spirals(const Generated& options) {
  return classes("spirals", options, [](int label, const Draw& random) -> Point {
    const double angle = 3.5 * pi * random.u + pi * label;
    return {random.u * std::cos(angle), random.u * std::sin(angle)};
  });
}

Dataset exclusive_or(const Generated& options) {
  return classes("xor", options, [](int label, const Draw& random) -> Point {
    const double x = 2 * random.u - 1;
    const double size = 1 - random.v;  // never 0, which has no sign
    const bool negative = (x < 0) != (label == 1);
    return {x, negative ? -size : size};
  });
}

Dataset gaussians(const Generated& options) {
  return classes("gaussians", options, [](int label, const Draw& random) -> Point {
    const double centre = label == 0 ? -1 : 1;
    return {centre + 0.4 * random.normal[0], centre + 0.4 * random.normal[1]};
  });
}

Dataset plane(const Generated& options) {
  const RandomKey key = key_of("plane", options);
  Tensor features(DType::float32, {options.size, 2});
  Tensor target(DType::float32, {options.size, 1});
  auto xy = features.mutable_values<float>();
  auto z = target.mutable_values<float>();
  for (std::int64_t i = 0; i < options.size; ++i) {
    const Draw random = draw(key, i);
    const double x = 2 * random.u - 1;
    const double y = 2 * random.v - 1;
    xy[2 * i] = static_cast<float>(x);
    xy[2 * i + 1] = static_cast<float>(y);
    z[i] = static_cast<float>((x + y) / 2 + options.noise * random.noise[0]);
  }
  return from_tensors(std::move(features), std::move(target));
}

}  // namespace sloy::data
