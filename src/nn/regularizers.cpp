#include <sloy/ops.h>
#include <sloy/regularizers.h>

#include <array>

#include "base/arguments.h"
#include "nn/custom_types.h"

namespace sloy {
namespace {

/// A negative penalty would have no least value.
void check_penalty(std::string_view argument, double value) {
  require_number(value >= 0, argument, value, "of 0 or more");
}

}  // namespace

Value L1::call(Value weight) const {
  check_penalty("l1", l1);
  return l1 * sum(absolute(weight));
}
Value L2::call(Value weight) const {
  check_penalty("l2", l2);
  return l2 * sum(square(weight));
}
Value L1L2::call(Value weight) const {
  check_penalty("l1", l1);
  check_penalty("l2", l2);
  return l1 * sum(absolute(weight)) + l2 * sum(square(weight));
}

std::span<const TypeEntry<Regularizer>> regularizer_types() {
  static constexpr std::array types{type_entry<Regularizer, L1>(), type_entry<Regularizer, L2>(),
                                    type_entry<Regularizer, L1L2>()};
  return types;
}

Config to_config(const Regularizer& regularizer) {
  if (!regularizer) return {};
  return detail::described_config(regularizer.held_->type(), regularizer.held_->fields());
}

void from_config(const Config& config, Regularizer& regularizer) {
  if (config.is_null()) {
    regularizer = {};
    return;
  }
  const std::span<const TypeEntry<Regularizer>> custom = CustomTypesInUse::current().regularizers;
  regularizer = make_described<Regularizer>(config, "regularizer", {regularizer_types(), custom});
}

}  // namespace sloy
