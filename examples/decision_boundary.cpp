// What a network has learnt, drawn while it learns: two spirals, and the class it gives to every
// point of the plane. Writes decision-boundary.svg, the picture of the README.
#include <sloy/sloy.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>

using namespace sloy;

namespace {

constexpr int cells = 60;      // a panel's side
constexpr int cell = 4;        // pixels
constexpr int margin = 12;     // around and between panels
constexpr double reach = 1.2;  // a panel shows [−reach, reach]²
constexpr int side = cells * cell;

long pixel(double coordinate) { return std::lround((coordinate / reach + 1) / 2 * side); }

/// From the colour of class 0 to that of class 1, in ten steps.
std::string colour(double probability) {
  const double share = std::round(10 * probability) / 10;
  const auto mix = [&](int first, int second) {
    return static_cast<int>(std::lround(first + (second - first) * share));
  };
  char text[8];
  std::snprintf(text, sizeof(text), "#%02x%02x%02x", mix(0x8f, 0xff), mix(0xb8, 0xc0),
                mix(0xed, 0x8a));
  return text;
}

/// The probability of class 1 at the middle of every cell, row by row from the top.
std::vector<double> map_of(Model& model) {
  Tensor points(DType::float32, {cells * cells, 2});
  const std::span<float> values = points.mutable_values<float>();
  for (int i = 0; i < cells * cells; ++i) {
    const auto place = static_cast<std::size_t>(2 * i);
    const auto middle = [](int index) { return ((index + 0.5) / cells * 2 - 1) * reach; };
    values[place] = static_cast<float>(middle(i % cells));
    values[place + 1] = static_cast<float>(-middle(i / cells));
  }
  const Tensor logits = model.predict(points, {.batch_size = 512});
  std::vector<double> probabilities;
  for (float logit : logits.values<float>()) probabilities.push_back(1 / (1 + std::exp(-logit)));
  return probabilities;
}

void draw_panel(std::ostream& svg, int number, Model& model, const data::Dataset& data,
                const std::string& title) {
  svg << "<g transform='translate(" << margin + number * (side + margin) << "," << 30 << ")'>\n"
      << "<text x='" << side / 2 << "' y='-10' text-anchor='middle'>" << title << "</text>\n";
  // One path a colour, of all its cells.
  const std::vector<double> probabilities = map_of(model);
  std::map<std::string, std::string> paths;
  for (int row = 0; row < cells; ++row) {
    const auto colour_at = [&](int column) {
      return colour(probabilities[static_cast<std::size_t>(row * cells + column)]);
    };
    for (int from = 0, to = 0; from < cells; from = to) {
      while (to < cells && colour_at(to) == colour_at(from)) ++to;
      char run[64];
      std::snprintf(run, sizeof(run), "M%d,%dh%dv%dh%d", from * cell, row * cell,
                    (to - from) * cell, cell, (from - to) * cell);
      paths[colour_at(from)] += run;
    }
  }
  for (const auto& [fill, path] : paths) {
    svg << "<path fill='" << fill << "' d='" << path << "'/>\n";
  }
  svg << "<g stroke='#fff' stroke-width='0.8'>\n";
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const data::Example example = data[i];
    const auto point = example.features[0].values<float>();
    const auto label = static_cast<int>(example.targets[0].item());
    if (std::max(std::abs(point[0]), std::abs(point[1])) > reach) continue;
    svg << "<circle cx='" << pixel(point[0]) << "' cy='" << pixel(-point[1]) << "' r='2.6' fill='"
        << (label == 0 ? "#1f5fae" : "#c2570c") << "'/>\n";
  }
  svg << "</g></g>\n";
}

}  // namespace

int main() {
  const data::Dataset spirals = data::spirals({.size = 300, .noise = 0.03, .seed = 1});
  Sequential model{Input{2}, Dense{.units = 32, .activation = relu},
                   Dense{.units = 32, .activation = relu}, Dense{.units = 1}};
  model.compile({.optimizer = Adam{.learning_rate = 0.01},
                 .loss = BinaryCrossentropy{.from_logits = true},
                 .seed = 3});

  std::ofstream svg("decision-boundary.svg");
  svg << "<svg xmlns='http://www.w3.org/2000/svg' width='" << 3 * (side + margin) + margin
      << "' height='" << side + margin + 30 << "' font-family='sans-serif' font-size='14'>\n"
      << "<rect width='100%' height='100%' fill='#fff'/>\n";
  int epoch = 0, panel = 0;
  for (int until : {5, 30, 200}) {
    model.fit(
        spirals,
        {.epochs = until, .batch_size = 32, .initial_epoch = epoch, .verbose = Verbosity::silent});
    epoch = until;
    char title[64];
    std::snprintf(title, sizeof(title), "%d epochs, loss %.3f", epoch,
                  model.evaluate(spirals).loss);
    std::printf("%s\n", title);
    draw_panel(svg, panel++, model, spirals, title);
  }
  svg << "</svg>\n";
}
