#include <sloy/metrics.h>

#include <array>

namespace sloy {
namespace {

bool is_upper(char letter) { return letter >= 'A' && letter <= 'Z'; }
char lower(char letter) {
  return is_upper(letter) ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

/// "MeanSquaredError" is mean_squared_error, "TopKAccuracy" top_k_accuracy: as Keras names its
/// metrics.
std::string Metric::snake_case(std::string_view type) {
  std::string text;
  for (std::size_t i = 0; i < type.size(); ++i) {
    const bool after_small = i > 0 && !is_upper(type[i - 1]);
    const bool before_small = i > 0 && i + 1 < type.size() && !is_upper(type[i + 1]);
    if (is_upper(type[i]) && (after_small || before_small)) text += '_';
    text += lower(type[i]);
  }
  return text;
}

std::span<const TypeEntry<Metric>> metric_types() {
  static constexpr std::array types{
      type_entry<Metric, Accuracy>(),
      type_entry<Metric, TopKCategoricalAccuracy>(),
      type_entry<Metric, Precision>(),
      type_entry<Metric, Recall>(),
      type_entry<Metric, F1Score>(),
      type_entry<Metric, AUC>(),
      type_entry<Metric, R2Score>(),
      type_entry<Metric, RootMeanSquaredError>(),
      type_entry<Metric, SparseCategoricalCrossentropy>(),
      type_entry<Metric, CategoricalCrossentropy>(),
      type_entry<Metric, BinaryCrossentropy>(),
      type_entry<Metric, MeanSquaredError>(),
      type_entry<Metric, MeanAbsoluteError>(),
      type_entry<Metric, KLDivergence>(),
      type_entry<Metric, BinaryFocalCrossentropy>(),
      type_entry<Metric, CategoricalFocalCrossentropy>(),
      type_entry<Metric, Huber>(),
      type_entry<Metric, LogCosh>(),
      type_entry<Metric, MeanAbsolutePercentageError>(),
      type_entry<Metric, MeanSquaredLogarithmicError>(),
      type_entry<Metric, CosineSimilarity>(),
      type_entry<Metric, Poisson>(),
      type_entry<Metric, Hinge>(),
      type_entry<Metric, SquaredHinge>(),
      type_entry<Metric, CategoricalHinge>(),
  };
  return types;
}

Config to_config(const Metric& metric) {
  check_own_name(metric.type(), metric.held_->type_info(), "metric", metric_types());
  return detail::described_config(metric.held_->type(), metric.held_->fields());
}

Metric metric_from_config(const Config& config, std::span<const TypeEntry<Metric>> custom) {
  return make_described<Metric>(config, "metric", {metric_types(), custom});
}

}  // namespace sloy
