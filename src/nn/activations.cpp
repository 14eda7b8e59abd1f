#include <fmt/format.h>
#include <sloy/activations.h>
#include <sloy/layer.h>

#include <array>

#include "nn/custom_types.h"

namespace sloy {
namespace {

constexpr std::array<Activation, 7> built_in{{{"linear", &linear},
                                              {"relu", &relu},
                                              {"sigmoid", &sigmoid},
                                              {"tanh", &tanh},
                                              {"softmax", &softmax},
                                              {"elu", &elu},
                                              {"leaky_relu", &leaky_relu}}};

}  // namespace

Value linear(Value x) { return x; }
Value relu(Value x) { return rectify(x); }

Value leaky_relu(Value x) { return leaky_relu(x, 0.2); }
Value elu(Value x) { return elu(x, 1.0); }

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
