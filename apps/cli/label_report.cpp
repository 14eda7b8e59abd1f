#include "label_report.h"

#include <fmt/format.h>

#include "console.h"
#include "data_report.h"
#include "meaning.h"
#include "report.h"
#include "sources.h"

namespace sloy::cli {
namespace {

constexpr std::size_t most_labels = 20;

/// What a model predicts of every example.
CrossValidation predictions_of(Model& model, const data::Dataset& dataset) {
  check_read_alike(model, dataset.spec());
  const Meaning meaning = meaning_of(model);
  const int classes = dataset.spec().num_classes;
  CrossValidation result{.probabilities = Tensor(DType::float32, {dataset.size(), classes}),
                         .labels = data::class_labels(dataset)};
  if (result.labels.empty()) throw DataError("the examples have no class labels");
  const Tensor outputs = model.predict(dataset);
  const std::int64_t width = outputs.size() / dataset.size();
  if (meaning == Meaning::numbers || (width == 1 ? 2 : width) != classes) {
    throw DataError("the model doesn't tell the classes of these data",
                    {{"outputs", to_string(outputs.type())}, {"classes", std::to_string(classes)}},
                    "give a model that was trained on them, or none");
  }
  auto rows = result.probabilities.mutable_values<float>();
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const std::vector<double> row =
        probabilities(outputs.values<float>().subspan(static_cast<std::size_t>(i * width),
                                                      static_cast<std::size_t>(width)),
                      meaning);
    std::copy(row.begin(), row.end(), rows.begin() + i * classes);
  }
  return result;
}

}  // namespace

Config describe_labels(const std::string& part, const data::Dataset& dataset, Model* model,
                       std::uint64_t seed) {
  const CrossValidation predicted =
      model ? predictions_of(*model, dataset) : cross_validate(dataset, {.seed = seed});
  const data::Spec& spec = dataset.spec();
  Config event;
  event["event"] = "suspicious_labels";
  event["part"] = part;
  event["by"] = model ? "model" : "cross-validation";
  event["accuracy"] = predicted.accuracy();
  event["examples"] = dataset.size();
  Config::List labels;
  for (const SuspiciousLabel& found :
       suspicious_labels(predicted.probabilities, predicted.labels)) {
    Config label;
    label["index"] = found.index;
    label["name"] = dataset.name(found.index);
    label["label"] = spec.class_name(found.label);
    label["likelier"] = spec.class_name(found.likelier);
    label["probability"] = found.probability;
    label["given"] = found.given;
    labels.push_back(std::move(label));
  }
  event["labels"] = std::move(labels);
  return event;
}

void print_labels(const Config& event) {
  const Config::List& labels = event.at("labels").as_list();
  const std::string& part = event.at("part").as_string();
  const bool is_model = event.at("by").as_string() == "model";
  print(fmt::format(
      "{:<12}{} of {} in {} are suspicious: {} contradict them", "labels",
      count_text(std::ssize(labels)), count_text(event.at("examples").as_integer()), part,
      is_model ? "the model's predictions" : "nets that learned from the rest of the part"));
  print(fmt::format("{}these agree with {:.1f} % of all labels{}", indent,
                    100 * event.at("accuracy").as_number(),
                    is_model ? "; what the model has learned by heart it doesn't contradict" : ""));
  std::vector<std::vector<std::string>> rows{
      {std::string(indent) + "example", "label", "likelier", "by"}};
  for (const Config& label : labels) {
    if (rows.size() > most_labels) break;
    rows.push_back(
        {indent + name_of(part, label.at("index").as_integer(), label.at("name").as_string()),
         label.at("label").as_string(), label.at("likelier").as_string(),
         fmt::format("{:.1f} %", 100 * label.at("probability").as_number())});
  }
  if (rows.size() > 1) print(table_text(rows));
  if (labels.size() > most_labels) {
    print(fmt::format("{}and {} more, which --json lists", indent,
                      count_text(static_cast<std::int64_t>(labels.size() - most_labels))));
  }
}

}  // namespace sloy::cli
