#include <fmt/format.h>
#include <sloy/layers.h>

namespace sloy {

Symbol Dropout::operator()(const Symbol& x) const { return apply(*this, x); }
Value Dropout::call(Scope& scope, Value x) const {
  if (!(rate >= 0 && rate < 1)) {
    throw ConfigError(fmt::format("a dropout rate of {} is not in [0, 1)", rate), {},
                      "give the probability that a number becomes 0");
  }
  if (!scope.training() || rate == 0) return x;
  const Value drawn = scope.random_uniform(x.shape());
  const Value keep = greater_equal(drawn, scope.graph().constant(rate));
  return where(keep, x * (1.0 / (1.0 - rate)), scope.graph().constant(0.0));
}

}  // namespace sloy
