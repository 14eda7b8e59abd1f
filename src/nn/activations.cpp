#include <fmt/format.h>
#include <sloy/activations.h>
#include <sloy/layer.h>

#include <array>

#include "nn/custom_types.h"

namespace sloy {
namespace {

/// A function's first name is the one that files are written with.
constexpr std::array<Activation, 20> built_in{{{"linear", &linear},
                                               {"relu", &relu},
                                               {"relu6", &relu6},
                                               {"leaky_relu", &leaky_relu},
                                               {"elu", &elu},
                                               {"selu", &selu},
                                               {"gelu", &gelu},
                                               {"silu", &silu},
                                               {"mish", &mish},
                                               {"softplus", &softplus},
                                               {"softsign", &softsign},
                                               {"exponential", &exponential},
                                               {"tanh", &tanh},
                                               {"sigmoid", &sigmoid},
                                               {"hard_sigmoid", &hard_sigmoid},
                                               {"hard_silu", &hard_silu},
                                               {"softmax", &softmax},
                                               {"log_softmax", &log_softmax},
                                               {"swish", &silu},
                                               {"hard_swish", &hard_silu}}};

}  // namespace

Value linear(Value x) { return x; }
Value relu(Value x) { return rectify(x); }

/// A number that is not one fails the comparison and stays.
Value relu6(Value x) {
  Value six = x.graph().constant(6.0);
  Value y = rectify(x);
  return where(greater_equal(y, six), six, y);
}

Value leaky_relu(Value x) { return leaky_relu(x, 0.2); }
Value elu(Value x) { return elu(x, 1.0); }

/// The fixed point that mean 0 and variance 1 are: Klambauer et al., equation 14.
Value selu(Value x) { return 1.0507009873554805 * elu(x, 1.6732632423543772); }

Value gelu(Value x) { return gelu(x, false); }
Value silu(Value x) { return x * sigmoid(x); }
Value mish(Value x) { return x * tanh(softplus(x)); }
Value softsign(Value x) { return x / (1.0 + absolute(x)); }
Value hard_sigmoid(Value x) { return relu6(x + 3.0) / 6.0; }
Value hard_silu(Value x) { return x * hard_sigmoid(x); }
Value exponential(Value x) { return exp(x); }

Symbol Activation::operator()(const Symbol& x) const { return Layer(*this)(x); }

std::string_view Activation::function_name() const {
  if (!given_name_.empty()) return given_name_;
  for (const Activation& named : built_in) {
    if (named == *this) return named.given_name_;
  }
  return {};
}

std::span<const Activation> activations() { return built_in; }

Config to_config(const Activation& activation) {
  if (!activation.function_name().empty()) return std::string(activation.function_name());
  throw ConfigError("an activation without a name can't be written to a file", {},
                    "write Activation{\"its_name\", its_function}");
}

void from_config(const Config& config, Activation& activation) {
  const std::string& name = config.as_string();
  const std::span<const Activation> custom = CustomTypesInUse::current().activations;
  std::vector<std::string_view> known;
  for (std::span<const Activation> list : {activations(), custom}) {
    for (const Activation& named : list) {
      if (named.function_name() == name) {
        activation = named;
        return;
      }
      known.push_back(named.function_name());
    }
  }
  detail::unknown_type(config, "activation", known);
}

}  // namespace sloy
