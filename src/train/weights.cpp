#include "train/weights.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include "base/arguments.h"
#include "train/classes.h"
#include "train/targets.h"

namespace sloy {
namespace {

bool begins_with(const Shape& shape, const Shape& beginning) {
  if (beginning.rank() > shape.rank()) return false;
  for (int axis = 0; axis < beginning.rank(); ++axis) {
    if (shape[axis] != beginning[axis]) return false;
  }
  return true;
}

}  // namespace

Value spread_weight(std::string_view user, Value weight, const Shape& numbers) {
  if (!begins_with(numbers, weight.shape())) {
    throw ShapeError(fmt::format("{}: the weights don't fit what they weigh", user),
                     {{"weights", to_string(weight.type())}, {"to weigh", to_string(numbers)}},
                     "give a weight for each example, or for each position of the target");
  }
  if (weight.rank() == numbers.rank()) return weight;
  Shape shape = weight.shape();
  while (shape.rank() < numbers.rank()) shape.push_back(1);
  return reshape(weight, shape);
}

Value combined_weight(std::string_view user, Value a, Value b) {
  if (!a || !b) return a ? a : b;
  return a.rank() < b.rank() ? spread_weight(user, a, b.shape()) * b
                             : a * spread_weight(user, b, a.shape());
}

Value row_weights(std::string_view user, Value weight, const Shape& predictions) {
  if (!weight) return {};
  const Shape places = predictions.rank() < 2 ? predictions : predictions.without(-1);
  return reshape(broadcast_to(spread_weight(user, weight, places), places), {places.elements(), 1});
}

Value class_weights(Value target, Value prediction, std::span<const double> weights) {
  const bool has_two = is_binary(prediction.type());
  const std::int64_t classes = has_two ? 2 : prediction.shape().size(-1);
  if (static_cast<std::int64_t>(weights.size()) != classes) {
    throw ConfigError(
        fmt::format("class_weight has {} numbers, there are {} classes", weights.size(), classes),
        {{"predictions", to_string(prediction.shape())}}, "give a weight for each class");
  }
  for (double weight : weights) {
    require_number(weight >= 0, "a class's weight", weight, "of 0 or more");
  }
  Graph& graph = target.graph();
  if (has_two) {
    const Value weight = weights[0] + (weights[1] - weights[0]) * is_class_1(target);
    return weight.rank() < 2 ? weight : reshape(weight, weight.shape().without(-1));
  }
  const Value of_class =
      graph.constant(Tensor(Shape{classes}, std::vector<double>(weights.begin(), weights.end())));
  return sum(one_hot(class_of(target, prediction), Dim(classes)) * of_class, {.axes = {-1}});
}

}  // namespace sloy
