/// Activations: functions applied to a layer's sum, number by number; softmax and log_softmax along
/// the last axis. In files `activation = "relu"`, in C++ the function itself:
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

/// x.
SLOY_EXPORT Value linear(Value x);
/// max(x, 0); derivative 0 at 0 (Nair and Hinton 2010).
SLOY_EXPORT Value relu(Value x);
/// max(x, 0), at most 6; derivative 0 at 0 and 6 (Krizhevsky 2010).
SLOY_EXPORT Value relu6(Value x);
/// x where x > 0, else 0.2·x (Maas, Hannun and Ng 2013), with that slope at 0 too: Keras's
/// function; its layer LeakyReLU has 0.3.
SLOY_EXPORT Value leaky_relu(Value x);
/// x where x > 0, else eˣ − 1 (Clevert, Unterthiner and Hochreiter 2016); derivative 1 at 0.
SLOY_EXPORT Value elu(Value x);
/// 1.0507009873554805·x where x > 0, else that times 1.6732632423543772·(eˣ − 1): with LecunNormal
/// kernels mean 0 and variance 1 are kept (Klambauer et al. 2017). Derivative 1.7581 at 0.
SLOY_EXPORT Value selu(Value x);
/// x·Φ(x), Φ the standard normal distribution function, exact (Hendrycks and Gimpel 2016). The
/// layer GELU has the approximate form too.
SLOY_EXPORT Value gelu(Value x);
/// x·σ(x), also called swish (Ramachandran, Zoph and Le 2017).
SLOY_EXPORT Value silu(Value x);
/// x·tanh(log(1 + eˣ)) (Misra 2019).
SLOY_EXPORT Value mish(Value x);
/// x / (1 + |x|) (Bergstra et al. 2009).
SLOY_EXPORT Value softsign(Value x);
/// x / 6 + ½, at least 0 and at most 1 (Howard et al. 2019); derivative 0 at −3 and 3. The same in
/// PyTorch; Keras 2 had 0.2·x + ½.
SLOY_EXPORT Value hard_sigmoid(Value x);
/// x·hard_sigmoid(x), also called hard swish (Howard et al. 2019); derivative 0 at −3, 1 at 3.
SLOY_EXPORT Value hard_silu(Value x);
/// eˣ.
SLOY_EXPORT Value exponential(Value x);
// Those of ops.h: sigmoid, tanh, softplus, and softmax and log_softmax along the last axis.

/// An activation by value: any function Value → Value. Those above, sigmoid, tanh, softplus,
/// softmax and log_softmax have names in files; give one of your own a name, and name it in
/// CustomTypes to load it. Put among a model's layers it is a layer, an ActivationLayer.
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

/// The other names of silu and hard_silu, in files too.
inline constexpr Activation::Function swish = silu;
inline constexpr Activation::Function hard_swish = hard_silu;

/// The activation's name. Throws ConfigError where it has none.
SLOY_EXPORT Config to_config(const Activation& activation);
/// Throws ConfigError on a name it doesn't find here or in CustomTypes, naming the nearest.
SLOY_EXPORT void from_config(const Config& config, Activation& activation);
/// Those that files may name.
SLOY_EXPORT std::span<const Activation> activations();

}  // namespace sloy
