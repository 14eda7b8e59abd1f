#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

#include "commands.h"
#include "console.h"
#include "meaning.h"
#include "report.h"
#include "sources.h"
#include "usage.h"

namespace sloy::cli {
namespace {

struct Arguments {
  Common common;
  std::string model;
  std::vector<std::string> inputs;
  std::string out;
  std::string layer;
  std::int64_t take = 0;
  int top = 3;
};

/// One file's examples, with the batch dimension first.
struct Examples {
  std::string file;
  Tensor features;
  bool single = false;  ///< the file was one example, not an array of them
};

/// The shape with a channel dimension of 1 where only that is missing.
Shape with_channels(const Shape& shape, const Shape& wanted) {
  if (shape.rank() + 1 != wanted.rank() || wanted[-1] != Dim(1)) return shape;
  Shape longer = shape;
  longer.push_back(1);
  return longer;
}

bool fits(const Shape& shape, const Shape& wanted) {
  if (shape.rank() != wanted.rank()) return false;
  for (int axis = 1; axis < wanted.rank(); ++axis) {
    if (shape[axis] != wanted[axis]) return false;
  }
  return true;
}

bool is_image(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  return tensor.dtype() == DType::uint8 && shape.rank() == 3 &&
         (shape.size(2) == 1 || shape.size(2) == 3);
}

/// By the first byte, in ASCII or UTF-8: arrays and images begin with others.
bool is_text(std::istream& stream) {
  const int first = stream.peek();
  return first == EOF || std::isspace(first) || std::isprint(first) ||
         (0xc2 <= first && first <= 0xf4);
}

bool is_table(const std::string& file) {
  if (file == "-") return is_text(std::cin);
  std::ifstream stream(file, std::ios::binary);
  return file.ends_with(".csv.gz") || is_text(stream);
}

/// What a file holds, as the model takes it where it knows how.
Tensor read_input(const std::string& file, const std::string& name, const Model& model) {
  if (model.table_form() && is_table(file)) {
    std::vector<Notice> notices;
    const Tensor rows = file == "-" ? read_table(std::cin, name, *model.table_form(), notices)
                                    : read_table(file, *model.table_form(), notices);
    for (const Notice& notice : notices) note(notice.what());
    return rows;
  }
  Tensor tensor = file == "-" ? read_tensor(std::cin, name) : read_tensor(file);
  const bool has_form = model.image_form() && is_image(tensor);
  return has_form ? to_form(tensor, *model.image_form()) : tensor;
}

Examples read_examples(const std::string& file, const Type& wanted, const Model& model) {
  const std::string name = file == "-" ? "standard input" : file;
  const Tensor tensor = read_input(file, name, model);
  Shape many = with_channels(tensor.shape(), wanted.shape);
  if (fits(many, wanted.shape)) return {file, tensor.reshaped(many), false};
  Shape one{1};
  for (Dim dim : tensor.shape()) one.push_back(dim);
  one = with_channels(one, wanted.shape);
  if (fits(one, wanted.shape)) return {file, tensor.reshaped(one), true};
  throw ShapeError("the examples have another shape than the model's input",
                   {{"file", name, to_string(tensor.type())}, {"needed", to_string(wanted)}},
                   "give examples of that shape, alone or with a batch dimension first");
}

Tensor first_rows(const Tensor& tensor, std::int64_t rows) {
  if (rows <= 0 || rows >= tensor.shape().size(0)) return tensor;
  Tensor part(tensor.dtype(), tensor.shape().with_first(rows));
  std::copy_n(tensor.data(), part.bytes(), part.mutable_data());
  return part;
}

struct Ranked {
  std::string name;
  double probability;
};

/// The likeliest classes first; none where the outputs are not numbers.
std::vector<Ranked> best_classes(std::vector<double> values, const std::vector<std::string>& names,
                                 int top) {
  if (std::any_of(values.begin(), values.end(), [](double p) { return std::isnan(p); })) return {};
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  std::vector<Ranked> best;
  for (std::size_t i = 0; i < order.size() && i < static_cast<std::size_t>(top); ++i) {
    std::size_t c = order[i];
    best.push_back({c < names.size() ? names[c] : std::to_string(c), values[c]});
  }
  return best;
}

constexpr const char* not_a_number = "not a number";

Config numbers(std::span<const float> row) {
  Config::List list;
  for (float value : row) list.push_back(static_cast<double>(value));
  return list;
}

/// Says what each example's outputs mean.
class Reporter {
 public:
  Reporter(const Arguments& arguments, const Model& model)
      : arguments_(arguments),
        names_(model.class_names()),
        meaning_(arguments.layer.empty() ? meaning_of(model) : Meaning::numbers) {}

  void report(const std::string& what, std::span<const float> row) {
    if (arguments_.common.json) return emit_row(what, row);
    std::vector<std::string> cells{what};
    if (meaning_ != Meaning::numbers) {
      for (const Ranked& ranked : best(row, arguments_.top)) {
        cells.push_back(fmt::format("{} {:.1f} %", ranked.name, 100 * ranked.probability));
      }
      if (cells.size() == 1) cells.push_back(not_a_number);
    } else {
      for (float value : row) {
        cells.push_back(std::isnan(value) ? not_a_number : fmt::format("{:.6g}", value));
      }
    }
    rows_.push_back(std::move(cells));
  }
  void finish() const {
    if (!rows_.empty()) print(table_text(rows_));
  }

 private:
  std::vector<Ranked> best(std::span<const float> row, int top) const {
    return best_classes(probabilities(row, meaning_), names_, top);
  }

  void emit_row(const std::string& what, std::span<const float> row) const {
    Config event;
    event["event"] = "prediction";
    event["input"] = what;
    if (meaning_ != Meaning::numbers) {
      const std::vector<Ranked> ranked = best(row, 1);
      event["class"] = ranked.empty() ? Config() : Config(ranked[0].name);
      event["probability"] = ranked.empty() ? Config() : Config(ranked[0].probability);
    }
    event["output"] = numbers(row);
    emit(event);
  }

  const Arguments& arguments_;
  std::vector<std::string> names_;
  Meaning meaning_;
  std::vector<std::vector<std::string>> rows_;
};

/// What is read must not be written over.
void check_output(const Arguments& arguments) {
  namespace fs = std::filesystem;
  if (arguments.inputs.size() != 1) {
    throw ConfigError("--out takes the predictions of one input",
                      {{"given", std::to_string(arguments.inputs.size()) + " inputs"}},
                      "call sloy predict once for each");
  }
  std::error_code error;
  if (!fs::is_regular_file(arguments.out, error)) return;
  const auto check = [&](const std::string& read, const char* what) {
    if (!fs::equivalent(read, arguments.out, error)) return;
    throw ConfigError(fmt::format("--out names the {}, which would be lost", what),
                      {{"file", arguments.out}}, "give another --out");
  };
  check(arguments.model, "model");
  const std::string& input = arguments.inputs[0];
  check(input == "-" ? "/dev/stdin" : input, "input");
}

/// The model that ends where --layer says. Throws ConfigError where one of several outputs is to be
/// named.
Model model_asked(const Arguments& arguments) {
  Model model = load_model(arguments.model);
  if (!arguments.layer.empty()) return model.up_to(arguments.layer);
  const std::vector<std::string> outputs = model.output_names();
  if (outputs.size() > 1) {
    throw ConfigError(fmt::format("the model has {} outputs", outputs.size()),
                      {{"outputs", fmt::format("{}", fmt::join(outputs, ", "))}},
                      fmt::format("name one of them: --layer {}", outputs.front()));
  }
  return model;
}

int predict(const Arguments& arguments) {
  apply(arguments.common);
  if (!arguments.out.empty()) check_output(arguments);
  Model model = model_asked(arguments);
  Type wanted = model.input_types()[0];
  std::vector<Examples> all;
  for (const std::string& input : arguments.inputs) {
    all.push_back(read_examples(input, wanted, model));
    all.back().features = first_rows(all.back().features, arguments.take);
  }
  if (!arguments.out.empty()) {
    write_tensor(arguments.out, model.predict(all[0].features));
    return done;
  }
  Reporter reporter(arguments, model);
  for (const Examples& examples : all) {
    if (examples.features.shape().size(0) == 0) {
      note(fmt::format("{} holds no examples: there is nothing to predict",
                       examples.file == "-" ? "standard input" : examples.file));
    }
    Tensor predictions = model.predict(examples.features);
    std::int64_t count = predictions.shape().size(0);
    auto width = static_cast<std::size_t>(predictions.size() / std::max<std::int64_t>(count, 1));
    for (std::int64_t i = 0; i < count; ++i) {
      std::string what = examples.single ? examples.file : fmt::format("{}[{}]", examples.file, i);
      reporter.report(
          what, predictions.values<float>().subspan(static_cast<std::size_t>(i) * width, width));
    }
  }
  reporter.finish();
  return done;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("predict", "Asks a model about examples");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  command->add_option("model", arguments->model, "A model (.safetensors)")->required();
  command
      ->add_option(
          "inputs", arguments->inputs,
          "Examples: PNG or JPEG images, CSV files, npy or IDX arrays; - is standard input")
      ->required();
  command->add_option("--out", arguments->out, "Write the outputs to this npy file")
      ->check(not_empty());
  command
      ->add_option("--layer", arguments->layer,
                   "Show what this layer gives: one of several outputs, an autoencoder's code")
      ->check(not_empty());
  command->add_option("--take", arguments->take, "Only the first examples of each input")
      ->check(whole_number(1));
  command->add_option("--top", arguments->top, "Classes shown for each example (default 3)")
      ->check(whole_number(1, 1'000'000));
  command->footer(
      "Examples:\n"
      "  sloy predict model.safetensors photo.png\n"
      "  sloy predict model.safetensors t10k-images-idx3-ubyte.gz --take 5 --json\n"
      "  sloy predict model.safetensors images.npy --out predictions.npy\n"
      "  sloy predict autoencoder.safetensors images.npy --layer code --out codes.npy");
  command->callback([arguments, &action] { action = [arguments] { return predict(*arguments); }; });
}

}  // namespace sloy::cli
