#include <fmt/format.h>
#include <sloy/losses.h>

#include <algorithm>
#include <array>

#include "nn/custom_types.h"
#include "train/targets.h"

namespace sloy {

Value Loss::operator()(Value target, Value prediction) const {
  check(target.type(), prediction.type());
  return mean(call(target, prediction));
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
  };
  return types;
}

Config to_config(const Loss& loss) {
  check_own_name(loss.type(), loss.held_->type_info(), "loss", loss_types());
  return detail::described_config(loss.held_->type(), loss.held_->fields());
}

Loss loss_from_config(const Config& config, std::span<const TypeEntry<Loss>> custom) {
  return make_described<Loss>(config, "loss", {loss_types(), custom});
}

void from_config(const Config& config, Loss& loss) {
  loss = loss_from_config(config, CustomTypesInUse::current().losses);
}

void check_pairing(const Loss& loss, std::string_view last_activation) {
  const auto ends_in = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), last_activation) != names.end();
  };
  if (loss.prediction() == Prediction::scores && ends_in({"softmax", "sigmoid"})) {
    throw ConfigError(
        fmt::format("{} takes scores, the model's last activation is {}", loss.type(),
                    last_activation),
        {{"loss", to_json(to_config(loss))}},
        "leave out the last layer's activation, or set the loss's from_logits to false");
  }
  if (loss.prediction() == Prediction::probabilities &&
      ends_in({"linear", "relu", "leaky_relu", "elu", "tanh"})) {
    throw ConfigError(fmt::format("{} takes probabilities, the model's last activation is {}",
                                  loss.type(), last_activation),
                      {{"loss", to_json(to_config(loss))}},
                      fmt::format("set the loss's from_logits to true, or end the model in {}",
                                  loss.as<BinaryCrossentropy>() ? "sigmoid" : "softmax"));
  }
}

}  // namespace sloy
