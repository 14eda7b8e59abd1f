/// Layer: any layer by value, and Symbol: a place in a model being put together from layers.
///
///     Symbol x = Input{28, 28, 1};
///     Symbol y = Dense{.units = 10}(Flatten{}(x));
///     Model model{x, y};
///
/// A layer of your own is a struct with a `call`; it works everywhere a built-in one does:
///
///     struct Scale {
///       double factor = 2;
///       Value call(Scope&, Value x) const { return x * factor; }
///       Symbol operator()(const Symbol& x) const { return apply(*this, x); }
///       static void fields(auto&& field) {
///         field("factor", &Scale::factor);
///       }
///     };
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/activations.h>
#include <sloy/described.h>
#include <sloy/graph.h>
#include <sloy/scope.h>

namespace sloy {

namespace data {
class Augmentation;
}
class Callback;
class Layer;
class LearningRate;
class Loss;
class Metric;
class Optimizer;

/// A value of a model before there is a graph: what calling a layer gives. Its type is known at
/// once, so a layer that doesn't fit is refused where it is called.
class SLOY_EXPORT Symbol {
 public:
  struct Call;
  Symbol() = default;
  Symbol(std::shared_ptr<const Call> call, int result) : call_(std::move(call)), result_(result) {}

  /// Whether it stands for something. All below REQUIRE that.
  explicit operator bool() const { return call_ != nullptr; }
  const Type& type() const&;
  Type type() const&& { return type(); }
  /// With the batch dimension first.
  const Shape& shape() const& { return type().shape; }
  Shape shape() const&& { return type().shape; }
  /// The call that gives it, and which of that call's results it is.
  const Call& call() const& { return *call_; }
  const Call& call() const&& = delete;
  int result() const { return result_; }
  bool operator==(const Symbol&) const = default;

 private:
  std::shared_ptr<const Call> call_;
  int result_ = 0;
};

/// A layer applied to symbols.
struct Symbol::Call {
  std::shared_ptr<const Layer> layer;
  std::vector<Symbol> inputs;
  std::vector<Type> types;  ///< of the results
};

/// Add{}({a, b}).
SLOY_EXPORT Symbol operator+(const Symbol& a, const Symbol& b);

/// A layer of one input. `call` writes it into the scope's graph and gives its result; Model asks
/// for it in training and in inference.
template <class T>
concept CallsOnOne = requires(const T& layer, Scope& scope, Value x) {
  { layer.call(scope, x) } -> std::same_as<Value>;
};
/// A layer of several inputs, or any number of them.
template <class T>
concept CallsOnMany = requires(const T& layer, Scope& scope, std::span<const Value> inputs) {
  { layer.call(scope, inputs) } -> std::same_as<Value>;
};
/// As CallsOnMany, with several results: nested models.
template <class T>
concept CallsForMany = requires(const T& layer, Scope& scope, std::span<const Value> inputs) {
  { layer.call(scope, inputs) } -> std::same_as<std::vector<Value>>;
};
template <class T>
concept LayerType = CallsOnOne<T> || CallsOnMany<T> || CallsForMany<T>;

/// activation(x), as a layer of its own. In C++ the activation itself stands among a model's
/// layers: `Sequential{Dense{.units = 8}, relu}`.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT ActivationLayer {
  static constexpr std::string_view type_name = "Activation";
  Activation activation = linear;  ///< by name, or in C++ any function Value → Value
  std::string name = {};

  Value call(Scope&, Value x) const { return activation(x); }
  static void fields(auto&& field) {
    field("activation", &ActivationLayer::activation);
    field("name", &ActivationLayer::name);
  }
};

/// One layer of a model, of any type. A layer struct is a description, and each call of it makes a
/// new layer with weights of its own. Two models have weights of their own, also over the same
/// Symbols or the same Layer; within one, calls of a Layer (or of its copies) share weights:
///
///     Symbol a = Input{4}, b = Input{4};
///     Layer shared = Dense{.units = 8};
///     Symbol both = Add{}({shared(a), shared(b)});
class SLOY_EXPORT Layer {
 public:
  template <class T>
  requires(!std::same_as<T, Layer> && (LayerType<T> || detail::HasCall<T>))
      Layer(T layer) {  // NOLINT: Dense{…} is a layer
    static_assert(LayerType<T>,
                  "a layer's call must be `Value call(Scope& scope, Value x) const`, or "
                  "`Value call(Scope& scope, std::span<const Value> inputs) const`");
    if constexpr (LayerType<T>) held_ = std::make_shared<Held<T>>(std::move(layer));
  }
  Layer(Activation activation);  // NOLINT: an activation is a layer
  Layer(Activation::Function function) : Layer(Activation(function)) {}  // NOLINT: relu is one

  /// "Dense".
  std::string_view type() const { return held_->type(); }
  /// The name its user gave it, or empty.
  std::string name() const { return held_->name(); }
  /// Whether it was left to learn.
  bool trainable() const { return held_->trainable(); }
  /// The same layer, learning or not. Throws ConfigError where it has no member `trainable`.
  Layer with_trainable(bool trainable) const;
  /// The struct's fields, without the type. Throws ConfigError where it has members but no
  /// fields().
  Config fields() const { return held_->fields(); }
  /// The struct, where it is a T, else nullptr.
  template <class T>
  const T* as() const& {
    return held_->type_info() == typeid(T) ? static_cast<const T*>(held_->address()) : nullptr;
  }
  template <class T>
  const T* as() const&& = delete;

  /// Writes the layer into the scope's graph. An Error gets the layer's path as a note.
  std::vector<Value> call(Scope& scope, std::span<const Value> inputs) const;

  /// A call of this layer. Throws at once what doesn't fit: ShapeError, ConfigError.
  Symbol operator()(const Symbol& input) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  /// For layers with several results.
  std::vector<Symbol> apply(const std::vector<Symbol>& inputs) const;

  /// Whether two are the same layer, with the same weights.
  bool same(const Layer& other) const { return held_ == other.held_; }
  friend SLOY_EXPORT Config to_config(const Layer& layer);

 private:
  struct Interface : detail::DescribedBase {
    virtual std::string name() const = 0;
    virtual bool trainable() const = 0;
    /// Nothing where it can't be chosen.
    virtual std::shared_ptr<const Interface> with_trainable(bool trainable) const = 0;
    virtual std::vector<Value> call(Scope& scope, std::span<const Value> inputs) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    std::string name() const override {
      if constexpr (requires { std::string(this->value.name); }) return this->value.name;
      if constexpr (requires { std::string(this->value.name()); }) return this->value.name();
      return {};
    }
    bool trainable() const override {
      if constexpr (requires { bool(this->value.trainable()); }) {
        return this->value.trainable();
      } else if constexpr (requires { bool(this->value.trainable); }) {
        return this->value.trainable;
      }
      return true;
    }
    std::shared_ptr<const Interface> with_trainable(bool trainable) const override {
      if constexpr (requires(T & layer) { layer.trainable = trainable; }) {
        auto made = std::make_shared<Held>(this->value);
        made->value.trainable = trainable;
        return made;
      }
      return nullptr;
    }
    std::vector<Value> call(Scope& scope, std::span<const Value> inputs) const override {
      if constexpr (CallsForMany<T>) {
        return this->value.call(scope, inputs);
      } else if constexpr (CallsOnMany<T>) {
        return {this->value.call(scope, inputs)};
      } else {
        check_one_input(inputs.size());
        return {this->value.call(scope, inputs.front())};
      }
    }
  };
  static void check_one_input(std::size_t inputs);

  std::shared_ptr<const Interface> held_;
};

/// A new layer, as `layer` describes it, on one input or on several.
template <LayerType T>
Symbol apply(const T& layer, const Symbol& input) {
  return Layer(layer)(input);
}
template <LayerType T>
Symbol apply(const T& layer, const std::vector<Symbol>& inputs) {
  return Layer(layer)(inputs);
}

using LayerEntry = TypeEntry<Layer>;

/// Types of the user's own that files may name, for loading a model or reading a recipe:
///
///     Model::load("m.safetensors", {.custom = {.layers = {register_layer<Scale>()}}});
///
/// Each needs fields(), unless it has no members, and a default constructor.
struct CustomTypes {
  std::vector<LayerEntry> layers = {};
  std::vector<Activation> activations = {};  ///< with names
  std::vector<TypeEntry<Initializer>> initializers = {};
  std::vector<TypeEntry<Regularizer>> regularizers = {};
  std::vector<TypeEntry<Constraint>> constraints = {};
  std::vector<TypeEntry<Loss>> losses = {};             ///< register_loss<T>() of losses.h
  std::vector<TypeEntry<Metric>> metrics = {};          ///< register_metric<T>() of metrics.h
  std::vector<TypeEntry<Optimizer>> optimizers = {};    ///< register_optimizer<T>(); for recipes
  std::vector<TypeEntry<LearningRate>> schedules = {};  ///< register_schedule<T>(); likewise
  std::vector<TypeEntry<Callback>> callbacks = {};      ///< register_callback<T>(); likewise
  /// data::register_augmentation<T>(); likewise
  std::vector<TypeEntry<data::Augmentation>> augmentations = {};
};

template <LayerType T>
constexpr LayerEntry register_layer() {
  return type_entry<Layer, T>();
}
template <class T>
constexpr TypeEntry<Initializer> register_initializer() {
  return type_entry<Initializer, T>();
}
template <class T>
constexpr TypeEntry<Regularizer> register_regularizer() {
  return type_entry<Regularizer, T>();
}
template <class T>
constexpr TypeEntry<Constraint> register_constraint() {
  return type_entry<Constraint, T>();
}

/// The built-in layers, in the order of the reference.
SLOY_EXPORT std::span<const LayerEntry> layer_types();
/// { type = …, fields… } without what is absent and without the name, which is its model's. Throws
/// as Layer::fields does, and ConfigError on a type of one's own with the name of a built-in one.
SLOY_EXPORT Config to_config(const Layer& layer);
/// Built-in types and those of `custom`; keys that belong to the layer's place in a model
/// (`inputs`) must have been taken out. Throws ConfigError.
SLOY_EXPORT Layer layer_from_config(const Config& config, const CustomTypes& custom = {});

}  // namespace sloy
