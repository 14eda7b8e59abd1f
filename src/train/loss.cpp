#include <fmt/format.h>
#include <sloy/losses.h>

#include <algorithm>
#include <array>

#include "nn/custom_types.h"
#include "train/targets.h"
#include "train/weights.h"

namespace sloy {

Value Loss::operator()(Value target, Value prediction, Value weight) const {
  check(target.type(), prediction.type());
  const Value losses = call(target, prediction);
  if (losses.rank() < 1 || losses.shape()[0] != prediction.shape()[0]) {
    throw ShapeError(
        fmt::format("{} gives no loss for every example", type()),
        {{"losses", to_string(losses.type())}, {"predictions", to_string(prediction.type())}},
        "leave the first axis as it is: the mean over it is taken afterwards");
  }
  const Value counts = mask(target);
  const bool by_weight = options_.reduction == Reduction::mean_with_sample_weight;
  const Value factor = combined_weight(type(), weight, counts);
  if (!factor) return options_.reduction == Reduction::sum ? sum(losses) : mean(losses);

  const Value spread = spread_weight(type(), factor, losses.shape());
  const Value total = sum(losses * spread);
  if (options_.reduction == Reduction::sum) return total;
  if (!by_weight && !counts) return total / count(losses);
  // Of what is weighed, or of what isn't masked: where that is nothing there is nothing to learn.
  const Value shares = by_weight ? spread : spread_weight(type(), counts, losses.shape());
  const Value whole = sum(broadcast_to(shares, losses.shape()));
  return total / where(equal(whole, 0), whole.graph().constant(1.0), whole);
}

Value SparseCategoricalCrossentropy::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value CategoricalCrossentropy::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value BinaryCrossentropy::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value MeanSquaredError::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value MeanAbsoluteError::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value KLDivergence::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value BinaryFocalCrossentropy::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value CategoricalFocalCrossentropy::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value Huber::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value LogCosh::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value MeanAbsolutePercentageError::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value MeanSquaredLogarithmicError::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value CosineSimilarity::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value Poisson::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value Hinge::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value SquaredHinge::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}
Value CategoricalHinge::operator()(Value target, Value prediction) const {
  return Loss(*this)(target, prediction);
}

void Loss::check_equal_shapes(std::string_view type, const Type& target, const Type& prediction) {
  check_same_shape(type, target, prediction);
}

std::span<const TypeEntry<Loss>> loss_types() {
  static constexpr std::array types{
      type_entry<Loss, SparseCategoricalCrossentropy>(),
      type_entry<Loss, CategoricalCrossentropy>(),
      type_entry<Loss, BinaryCrossentropy>(),
      type_entry<Loss, MeanSquaredError>(),
      type_entry<Loss, MeanAbsoluteError>(),
      type_entry<Loss, KLDivergence>(),
      type_entry<Loss, BinaryFocalCrossentropy>(),
      type_entry<Loss, CategoricalFocalCrossentropy>(),
      type_entry<Loss, Huber>(),
      type_entry<Loss, LogCosh>(),
      type_entry<Loss, MeanAbsolutePercentageError>(),
      type_entry<Loss, MeanSquaredLogarithmicError>(),
      type_entry<Loss, CosineSimilarity>(),
      type_entry<Loss, Poisson>(),
      type_entry<Loss, Hinge>(),
      type_entry<Loss, SquaredHinge>(),
      type_entry<Loss, CategoricalHinge>(),
  };
  return types;
}

Config to_config(const Loss& loss) {
  check_own_name(loss.type(), loss.held_->type_info(), "loss", loss_types());
  Config fields = loss.held_->fields();
  const LossOptions& options = loss.options_;
  if (options != LossOptions{}) {
    for (const auto& [key, value] : to_config(options).as_map()) fields[key] = value;
  }
  return detail::described_config(loss.held_->type(), std::move(fields));
}

Loss loss_from_config(const Config& config, std::span<const TypeEntry<Loss>> custom) {
  LossOptions options;
  Loss loss = make_with_options<Loss>(config, "loss", {loss_types(), custom}, options);
  loss.options_ = options;
  return loss;
}

void from_config(const Config& config, Loss& loss) {
  loss = loss_from_config(config, CustomTypesInUse::current().losses);
}

namespace {

/// The loss and its arguments, for a message.
Note described(const Loss& loss) {
  Config config = to_config(loss);
  if (config.is_map()) {
    std::erase_if(config.as_map(), [](const auto& entry) { return entry.second.is_null(); });
  }
  return {"loss", to_json(config)};
}

}  // namespace

void check_pairing(const Loss& loss, std::string_view last_activation) {
  const auto ends_in = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), last_activation) != names.end();
  };
  if (loss.prediction() == Prediction::scores && ends_in({"softmax", "sigmoid"})) {
    throw ConfigError(
        fmt::format("{} takes scores, the model's last activation is {}", loss.type(),
                    last_activation),
        {described(loss)},
        "leave out the last layer's activation, or set the loss's from_logits to false");
  }
  if (loss.prediction() == Prediction::probabilities &&
      ends_in({"linear", "relu", "leaky_relu", "elu", "tanh", "softplus"})) {
    const bool is_binary = loss.as<BinaryCrossentropy>() || loss.as<BinaryFocalCrossentropy>();
    const bool takes_scores_too = !loss.as<KLDivergence>();
    throw ConfigError(fmt::format("{} takes probabilities, the model's last activation is {}",
                                  loss.type(), last_activation),
                      {described(loss)},
                      fmt::format("{}end the model in {}",
                                  takes_scores_too ? "set the loss's from_logits to true, or " : "",
                                  is_binary ? "sigmoid" : "softmax"));
  }
}

}  // namespace sloy
