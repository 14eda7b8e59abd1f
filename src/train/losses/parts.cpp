#include "train/losses/parts.h"

#include <fmt/format.h>
#include <sloy/error.h>

namespace sloy {

Value clipped(Value probability) {
  return minimum(maximum(probability, loss_epsilon), 1 - loss_epsilon);
}

Value mean_of_example(Value x) { return x.rank() < 2 ? x : mean(x, {.axes = {-1}}); }

Value smoothed(Value target, double label_smoothing, double share) {
  if (label_smoothing == 0) return target;
  return target * (1 - label_smoothing) + label_smoothing * share;
}

Value log_probabilities(Value prediction, bool from_logits) {
  if (from_logits) return log_softmax(prediction);
  return log(clipped(prediction / sum(prediction, {.axes = {-1}, .keep_dims = true})));
}

void check_smoothing(std::string_view loss, double label_smoothing) {
  if (label_smoothing >= 0 && label_smoothing <= 1) return;
  throw ConfigError(fmt::format("{}: label_smoothing is a share of the target", loss),
                    {{"given", fmt::format("{}", label_smoothing)}}, "give a number from 0 to 1");
}

}  // namespace sloy
