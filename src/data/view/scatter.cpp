#include "data/view/scatter.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "data/example_memory.h"
#include "data/view/canvas.h"
#include "data/view/font.h"
#include "data/view/groups.h"

namespace sloy::data {
namespace {

constexpr std::int64_t most_points = 5000;
constexpr std::int64_t longest = 720, shortest = 240;  ///< sides of the plot, in pixels
constexpr std::int64_t left = 92, top = 24, bottom = 56;
constexpr std::int64_t widest_name = 240;
constexpr int scale = 2;  ///< of letters
constexpr std::size_t most_in_legend = 24;

/// Okabe and Ito's (2008), the first two darker; told apart with any sight of colours.
constexpr std::array<Color, 7> palette{{{0x1f, 0x5f, 0xae},
                                        {0xc2, 0x57, 0x0c},
                                        {0x00, 0x9e, 0x73},
                                        {0xcc, 0x79, 0xa7},
                                        {0x56, 0xb4, 0xe9},
                                        {0xe6, 0x9f, 0x00},
                                        {0x40, 0x40, 0x40}}};

Color color_of(std::size_t group) { return palette[group % palette.size()]; }
Mark mark_of(std::size_t group) { return static_cast<Mark>(group / palette.size() % 3); }

struct Point {
  std::array<double, 2> at;
  double target;  ///< a number, where there are no classes
  std::size_t group;
  std::int64_t index;
};

/// From blue over grey to orange: the lowest target to the highest.
Color color_of(double target, double lowest, double highest) {
  const double share = highest > lowest ? (target - lowest) / (highest - lowest) : 0.5;
  const Color& end = palette[share < 0.5 ? 0 : 1];
  const double strength = std::abs(share - 0.5) * 2;
  Color mixed{};
  for (std::size_t c = 0; c < mixed.size(); ++c) {
    mixed[c] = static_cast<std::uint8_t>(std::lround(205 + strength * (end[c] - 205)));
  }
  return mixed;
}

/// What an axis shows, over how many pixels.
struct Axis {
  double from = 0;
  double to = 1;
  std::int64_t length = longest;

  double place(double value) const {
    return (value - from) / (to - from) * static_cast<double>(length);
  }
  /// Between two ticks: 1, 2 or 5 times a power of ten.
  double step() const {
    const double rough = (to - from) * 140 / static_cast<double>(length);
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (rough <= factor * power) return factor * power;
    }
    return 10 * power;
  }
};

Axis axis_of(const std::vector<Point>& points, std::size_t coordinate) {
  const auto less = [&](const Point& a, const Point& b) {
    return a.at[coordinate] < b.at[coordinate];
  };
  const auto [first, last] = std::ranges::minmax_element(points, less);
  const double from = first->at[coordinate], to = last->at[coordinate];
  const double border = to > from ? (to - from) * 0.04 : std::max(1.0, std::abs(from) * 0.1);
  return {.from = from - border, .to = to + border};
}

/// The same scale both ways, unless one way would be no more than a line then.
void make_alike(Axis& x, Axis& y) {
  constexpr double most = 10;
  const double range = std::max(x.to - x.from, y.to - y.from);
  if (range > most * std::min(x.to - x.from, y.to - y.from)) return;
  for (Axis* axis : {&x, &y}) {
    const double least = range * shortest / longest;
    const double lacking = std::max(0.0, least - (axis->to - axis->from)) / 2;
    axis->from -= lacking;
    axis->to += lacking;
    axis->length = std::lround((axis->to - axis->from) / range * longest);
  }
}

std::vector<Point> read_points(const Dataset& dataset, const std::vector<Group>& groups,
                               const ContactSheetOptions& options) {
  const Spec& spec = dataset.spec();
  const ExampleMemory memory(spec);
  Slot slot = memory.slot();
  const bool has_number = !spec.targets.empty() && spec.targets[0].shape.size() == 1;
  std::vector<Point> points;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (const std::int64_t index : groups[group].shown) {
      for (std::int64_t repeat = 0; repeat < options.repeats; ++repeat) {
        slot.epoch = options.epoch + repeat;
        dataset.read(index, slot);
        const Tensor at = memory.tensors().features[0].cast(DType::float64);
        const auto values = at.values<double>();
        if (!std::isfinite(values[0]) || !std::isfinite(values[1])) continue;
        const double target = has_number ? memory.tensors().targets[0].item() : 0;
        points.push_back({{values[0], values[1]}, target, group, index});
      }
    }
  }
  // In the order of the data: no class lies over all others.
  std::ranges::stable_sort(points, {}, &Point::index);
  return points;
}

/// Calls draw(place, text) for each tick.
template <class Draw>
void each_tick(const Axis& axis, const Draw& draw) {
  const double step = axis.step();
  for (double tick = std::ceil(axis.from / step); tick * step <= axis.to; ++tick) {
    const double value = tick * step + 0.0;  // no −0
    draw(std::lround(axis.place(value)), fmt::format("{:.4g}", value));
  }
}

class Plot {
 public:
  Plot(const Axis& x, const Axis& y, std::int64_t right)
      : x_(x), y_(y), canvas_(top + y.length + bottom, left + x.length + right) {}

  void draw_axes() {
    each_tick(x_, [&](std::int64_t place, const std::string& text) {
      canvas_.fill(left + place, top, 1, y_.length, pale_grey);
      canvas_.write(left + place - text_width(text, scale) / 2, end_of_y() + 8, text, scale, grey);
    });
    each_tick(y_, [&](std::int64_t place, const std::string& text) {
      canvas_.fill(left, end_of_y() - place, x_.length, 1, pale_grey);
      canvas_.write(left - 8 - text_width(text, scale),
                    end_of_y() - place - scale * letter_base / 2, text, scale, grey);
    });
  }

  void name_axes(const std::string& across, const std::string& up) {
    const std::string name = fitted(across, scale, x_.length);
    canvas_.write(left + (x_.length - text_width(name, scale)) / 2, end_of_y() + 32, name, scale,
                  black);
    canvas_.write(8, 4, fitted(up, scale, x_.length), scale, black);
  }

  void draw_point(const Point& point, double radius, Mark mark, Color color) {
    canvas_.mark(left + x_.place(point.at[0]),
                 static_cast<double>(end_of_y()) - y_.place(point.at[1]), radius, mark, color);
  }

  void draw_legend(const std::vector<Group>& groups) {
    constexpr std::int64_t line = 26;
    std::int64_t y = top + 8;
    for (std::size_t group = 0; group < std::min(groups.size(), most_in_legend); ++group) {
      canvas_.mark(static_cast<double>(beside()) + 6, static_cast<double>(y + letter_base), 6,
                   mark_of(group), color_of(group));
      canvas_.write(beside() + 22, y, fitted(groups[group].name, scale, widest_name), scale, black);
      y += line;
    }
    if (groups.size() > most_in_legend) {
      canvas_.write(beside(), y, fmt::format("and {} more", groups.size() - most_in_legend), scale,
                    grey);
    }
  }

  void draw_scale(double lowest, double highest) {
    constexpr std::int64_t height = 200;
    for (std::int64_t row = 0; row < height; ++row) {
      const double share = 1 - static_cast<double>(row) / (height - 1);
      canvas_.fill(beside(), top + row, 20, 1, color_of(share, 0, 1));
    }
    canvas_.write(beside() + 30, top, fmt::format("{:.4g}", highest), scale, black);
    canvas_.write(beside() + 30, top + height - scale * letter_base, fmt::format("{:.4g}", lowest),
                  scale, black);
  }

  Tensor take() { return canvas_.take(); }

 private:
  std::int64_t end_of_y() const { return top + y_.length; }
  std::int64_t beside() const { return left + x_.length + 24; }

  Axis x_;
  Axis y_;
  Canvas canvas_;
};

/// What the legend needs beside the plot.
std::int64_t legend_width(const std::vector<Group>& groups, bool are_classes) {
  std::int64_t width = are_classes ? 0 : 120;
  for (const Group& group : groups) width = std::max(width, text_width(group.name, scale));
  return std::min(width, widest_name) + 72;
}

}  // namespace

bool are_points(const Spec& spec) {
  return !spec.features.empty() && spec.features[0].shape.rank() == 1 &&
         spec.features[0].shape.size() == 2;
}

Tensor scatter_plot(const Dataset& dataset, const ContactSheetOptions& options) {
  const std::int64_t repeats = std::min(options.repeats, most_points);
  const Dataset shown = dataset.subset(spread(dataset.size(), most_points / repeats));
  const std::vector<Group> groups = groups_of(shown, shown.size());
  const bool are_classes = !groups.front().name.empty();
  const std::vector<Point> points =
      read_points(shown, groups, {.repeats = repeats, .epoch = options.epoch});
  if (points.empty()) throw DataError("no point has two finite coordinates");
  Axis x = axis_of(points, 0), y = axis_of(points, 1);
  const std::optional<TableForm>& form = dataset.spec().table_form;
  if (!form) make_alike(x, y);
  Plot plot(x, y, legend_width(groups, are_classes));
  plot.draw_axes();
  const auto [least, most] = std::ranges::minmax_element(points, {}, &Point::target);
  const double radius = points.size() > 1500 ? 2.8 : 4;
  for (const Point& point : points) {
    plot.draw_point(
        point, radius, are_classes ? mark_of(point.group) : Mark::disc,
        are_classes ? color_of(point.group) : color_of(point.target, least->target, most->target));
  }
  if (form && form->columns.size() == 2) {
    plot.name_axes(form->columns[0].name, form->columns[1].name);
  }
  if (are_classes) {
    plot.draw_legend(groups);
  } else if (most->target > least->target) {
    plot.draw_scale(least->target, most->target);
  }
  return plot.take();
}

}  // namespace sloy::data
