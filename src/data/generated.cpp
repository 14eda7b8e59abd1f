#include <fmt/format.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <numbers>

#include "data/generated.h"
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

/// So many rows of examples. Throws ConfigError where the memory has no room for them.
Tensor rows(DType dtype, Shape shape) {
  const std::string text = to_string(shape);
  const std::int64_t size = shape.size(0);
  try {
    return Tensor(dtype, std::move(shape));
  } catch (const std::bad_alloc&) {
    throw ConfigError(fmt::format("{} examples don't fit into the memory", size),
                      {{"numbers", text}}, "give a smaller size");
  }
}

/// Two classes that take turns, with `features` numbers each; `write` makes those of an example.
template <class Write>
Dataset classes(const Generated& options, std::int64_t features, Write write) {
  Tensor numbers = rows(DType::float32, {options.size, features});
  Tensor labels = rows(DType::int32, {options.size});
  auto values = numbers.mutable_values<float>();
  auto label = labels.mutable_values<std::int32_t>();
  for (std::int64_t i = 0; i < options.size; ++i) {
    label[i] = static_cast<std::int32_t>(i % 2);
    write(i, label[i], values.subspan(i * features, features));
  }
  return labelled(std::move(numbers), std::move(labels), {"0", "1"}, {});
}

Point with_noise(const Point& point, double noise, const Draw& random) {
  return {point.x + noise * random.noise[0], point.y + noise * random.noise[1]};
}

void write(const Point& point, std::span<float> xy) {
  xy[0] = static_cast<float>(point.x);
  xy[1] = static_cast<float>(point.y);
}

/// Two classes of points; `place` puts an example of a class.
template <class Place>
Dataset points(std::string_view name, const Generated& options, Place place) {
  const RandomKey key = key_of(name, options);
  return classes(options, 2, [&](std::int64_t example, int label, std::span<float> xy) {
    const Draw random = draw(key, example);
    write(with_noise(place(label, random), options.noise, random), xy);
  });
}

/// A number for places in [−1, 1)², of which `features` coordinates are told; `value` gives it.
template <class Value>
Dataset surface(std::string_view name, const Generated& options, std::int64_t features,
                Value value) {
  const RandomKey key = key_of(name, options);
  Tensor places = rows(DType::float32, {options.size, features});
  Tensor targets = rows(DType::float32, {options.size, 1});
  auto place = places.mutable_values<float>();
  auto target = targets.mutable_values<float>();
  for (std::int64_t i = 0; i < options.size; ++i) {
    const Draw random = draw(key, i);
    const std::array<double, 2> at{2 * random.u - 1, 2 * random.v - 1};
    for (std::int64_t f = 0; f < features; ++f) {
      place[features * i + f] = static_cast<float>(at[f]);
    }
    target[i] = static_cast<float>(value(Point{at[0], at[1]}) + options.noise * random.noise[0]);
  }
  return from_tensors(std::move(places), std::move(targets));
}

Point half_circle(int label, const Draw& random) {
  const double x = std::cos(pi * random.u);
  const double y = std::sin(pi * random.u);
  return label == 0 ? Point{x, y} : Point{1 - x, 0.5 - y};
}

/// One side of covariate_shift.
Dataset around(double centre, const Generated& options) {
  return points("covariate-shift", options, [centre](int label, const Draw& random) -> Point {
    const double x = centre + 0.4 * random.normal[0];
    const double distance = std::abs(random.normal[1]) / 2;
    return {x, std::sin(pi * x) / 2 + (label == 1 ? distance : -distance)};
  });
}

}  // namespace

Division divided(const Generated& options) {
  Division division{.train = options, .test = options};
  division.tests = std::max<std::int64_t>(options.size, 0) / 5;
  division.train.size -= division.tests;
  division.test.size = std::max<std::int64_t>(division.tests, 1);
  division.test.seed ^= stream_of("test");
  return division;
}

Dataset circles(const Generated& options) {
  return points("circles", options, [](int label, const Draw& random) -> Point {
    const double radius = label == 0 ? 1.0 : 0.5;
    return {radius * std::cos(2 * pi * random.u), radius * std::sin(2 * pi * random.u)};
  });
}

Dataset moons(const Generated& options) { return points("moons", options, half_circle); }

Dataset spirals(const Generated& options) {
  return points("spirals", options, [](int label, const Draw& random) -> Point {
    const double angle = 3.5 * pi * random.u + pi * label;
    return {random.u * std::cos(angle), random.u * std::sin(angle)};
  });
}

Dataset exclusive_or(const Generated& options) {
  return points("xor", options, [](int label, const Draw& random) -> Point {
    const double x = 2 * random.u - 1;
    const double size = 1 - random.v;  // never 0, which has no sign
    const bool negative = (x < 0) != (label == 1);
    return {x, negative ? -size : size};
  });
}

Dataset gaussians(const Generated& options) {
  return points("gaussians", options, [](int label, const Draw& random) -> Point {
    const double centre = label == 0 ? -1 : 1;
    return {centre + 0.4 * random.normal[0], centre + 0.4 * random.normal[1]};
  });
}

Dataset plane(const Generated& options) {
  return surface("plane", options, 2, [](const Point& at) { return (at.x + at.y) / 2; });
}

Dataset curve(const Generated& options) {
  return surface("curve", options, 1, [](const Point& at) { return std::sin(pi * at.x); });
}

Dataset badly_scaled(const Generated& options) {
  const RandomKey key = key_of("badly-scaled", options);
  return classes(options, 2, [&](std::int64_t example, int label, std::span<float> xy) {
    const Draw random = draw(key, example);
    const Point point = with_noise(half_circle(label, random), options.noise, random);
    write({point.x, 1000 * point.y}, xy);
  });
}

Dataset irrelevant_features(const Generated& options) {
  const RandomKey key = key_of("irrelevant-features", options);
  constexpr std::size_t useful = 2, useless = 8;
  const auto write_example = [&](std::int64_t example, int label, std::span<float> values) {
    const Draw random = draw(key, example);
    write(with_noise(half_circle(label, random), options.noise, random), values);
    const RandomPlace place{.example = static_cast<std::uint64_t>(example)};
    for (std::size_t i = 0; i < useless; i += 4) {
      const RandomBlock words = philox(key, random_counter(place, 2 + i / 4));  // after draw's
      const auto first = normal_from(words[0], words[1]);
      const auto second = normal_from(words[2], words[3]);
      for (std::size_t j = 0; j < 2; ++j) {
        values[useful + i + j] = static_cast<float>(first[j]);
        values[useful + i + 2 + j] = static_cast<float>(second[j]);
      }
    }
  };
  return classes(options, useful + useless, write_example);
}

Split covariate_shift(const Generated& options) {
  key_of("covariate-shift", options);  // checks what was asked for, before it is divided
  const Division division = divided(options);
  return {.train = around(-0.5, division.train),
          .test = around(0.5, division.test).take(division.tests)};
}

}  // namespace sloy::data
