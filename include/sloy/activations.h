/// Activations: functions of one value that follow a layer's sum. In files `activation = "relu"`,
/// in C++ the function itself:
///
///     Layer hidden = Dense{.units = 64, .activation = relu};
///     auto half_relu = [](Value x) { return 0.5 * relu(x); };
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <sloy/ops.h>

namespace sloy {

class Symbol;

/// x itself.
SLOY_EXPORT Value linear(Value x);
/// max(x, 0); derivative 0 at 0 (Nair and Hinton 2010).
SLOY_EXPORT Value relu(Value x);
/// x where x > 0, else 0.2·x: the slope of Keras's function (its layer LeakyReLU has 0.3).
SLOY_EXPORT Value leaky_relu(Value x);
/// x where x > 0, else eˣ − 1 (Clevert, Unterthiner and Hochreiter 2016).
SLOY_EXPORT Value elu(Value x);
// Those of ops.h: sigmoid, tanh and softmax (along the last axis).

/// An activation by value: any function Value → Value. Those above, sigmoid, tanh and softmax have
/// names in files; give one of your own a name, and name it in CustomTypes to load it.
/// Put among a model's layers it is a layer, an ActivationLayer.
class SLOY_EXPORT Activation {
 public:
  using Function = Value (*)(Value);
  constexpr Activation(Function f) : function_(f) {}  // NOLINT: relu is an activation
  constexpr Activation(std::string_view name, Function f) : function_(f), given_name_(name) {}
  Activation() : Activation(&linear) {}

  Value operator()(Value x) const { return function_(x); }
  /// As a layer of its own.
  Symbol operator()(const Symbol& x) const;

  Function function() const { return function_; }
  /// Its name in files; empty where it has none.
  std::string_view function_name() const;

  bool operator==(const Activation& other) const { return function_ == other.function_; }

 private:
  Function function_;
  std::string_view given_name_ = {};  ///< a literal
};

/// The activation's name. Throws ConfigError where it has none.
SLOY_EXPORT Config to_config(const Activation& activation);
/// Throws ConfigError on a name it doesn't find here or in CustomTypes, naming the nearest.
SLOY_EXPORT void from_config(const Config& config, Activation& activation);
/// Those that files may name: the functions above, sigmoid, tanh and softmax.
SLOY_EXPORT std::span<const Activation> activations();

}  // namespace sloy
