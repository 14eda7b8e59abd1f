/// Op: everything the engine knows about one primitive, in one place. The built-in ops are written
/// with this header, and so are a user's own: they run in fit, plan, profile and the op tests
/// alike.
#pragma once

#include <cassert>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <sloy/config.h>
#include <sloy/error.h>
#include <sloy/fields.h>
#include <sloy/graph.h>

namespace sloy {

/// The types of an op's inputs, as its shape rule sees them.
class Operands {
 public:
  explicit Operands(std::span<const Type> types) : types_(types) {}
  int size() const { return static_cast<int>(types_.size()); }
  const Type& operator[](int i) const { return types_[static_cast<std::size_t>(i)]; }
  const Shape& shape(int i) const { return (*this)[i].shape; }

 private:
  std::span<const Type> types_;
};

/// What a gradient rule works with. Which forward values it reads is seen in the graph it emits.
class Backward {
 public:
  Backward(std::span<const Value> inputs, std::span<const Value> outputs,
           std::span<const Value> output_gradients, const std::vector<bool>& needed)
      : inputs_(inputs), outputs_(outputs), output_gradients_(output_gradients), needed_(needed) {}
  int inputs() const { return static_cast<int>(inputs_.size()); }
  Value input(int i = 0) const { return inputs_[static_cast<std::size_t>(i)]; }
  Value output(int i = 0) const { return outputs_[static_cast<std::size_t>(i)]; }
  /// Null where nothing depends on that output.
  Value output_gradient(int i = 0) const { return output_gradients_[static_cast<std::size_t>(i)]; }
  /// Whether anyone asks for the gradient of input `i`; costly ones are skipped otherwise.
  bool needs(int i) const { return needed_[static_cast<std::size_t>(i)]; }

 private:
  std::span<const Value> inputs_;
  std::span<const Value> outputs_;
  std::span<const Value> output_gradients_;
  const std::vector<bool>& needed_;
};

/// Memory of one value at run time.
struct Buffer {
  DType dtype = DType::float32;
  Shape shape = {};  ///< without symbols
  void* data = nullptr;
};

/// A buffer whose elements are known to be T, in row-major order.
template <class T>
struct View {
  const Shape& shape;
  T* data;
  std::int64_t size() const { return shape.size(); }
  T& operator[](std::int64_t i) const { return data[i]; }
  T* begin() const { return data; }
  T* end() const { return data + size(); }
};

/// What a kernel runs on. On the float64 reference backend the data of float32 values is double.
struct Buffers {
  std::span<const Buffer> inputs;
  std::span<const Buffer> outputs;
  void* scratch = nullptr;

  /// REQUIRES: T is what the operand's elements are.
  template <class T>
  View<const T> input(int i = 0) const {
    const Buffer& buffer = inputs[static_cast<std::size_t>(i)];
    return {buffer.shape, static_cast<const T*>(buffer.data)};
  }
  template <class T>
  View<T> output(int i = 0) const {
    const Buffer& buffer = outputs[static_cast<std::size_t>(i)];
    return {buffer.shape, static_cast<T*>(buffer.data)};
  }
};

/// Work of one node, for plans: arithmetic operations, a multiply-add counting as two.
struct Cost {
  double flops = 0;
};

/// A rule that can't be left out: without it the definition does not compile.
template <class T>
class Required {
 public:
  Required() = delete;
  template <class From>
  requires(std::convertible_to<From, T> && !std::same_as<From, T>) constexpr Required(From value)
      : value_(value) {}                           // NOLINT: written as the value itself
  constexpr Required(T value) : value_(value) {}   // NOLINT: picks among overloaded functions
  constexpr operator T() const { return value_; }  // NOLINT

 private:
  T value_;
};

/// Attributes of ops that have none.
struct NoAttributes {
  bool operator==(const NoAttributes&) const = default;
  static void fields(auto&&) {}
};

/// Where an op stands to fusion.
enum class Kind : std::uint8_t {
  leaf,          ///< input, variable, constant
  element_wise,  ///< each element of the result from the same (broadcast) elements of the inputs
  view,          ///< the same bytes under another shape
  other
};

/// The rules of one primitive with attributes A. A is a struct with fields() and ==.
template <class A>
struct OpRules {
  using Infer = std::vector<Type> (*)(const A&, Operands);
  using Gradient = std::vector<Value> (*)(const A&, const Backward&);
  using Reference = void (*)(const A&, const Buffers&);
  using CostRule = Cost (*)(const A&, Operands, std::span<const Type> results);
  struct References {
    Reference f32 = nullptr;
    Reference f64 = nullptr;
  };

  Required<std::string_view> name;
  Required<Infer> infer;           ///< types of the results; throws ShapeError (without the name)
  Required<Gradient> gradient;     ///< gradients of the inputs, or not_differentiable
  Required<References> reference;  ///< the formula as plain loops, in float and double
  CostRule cost = nullptr;         ///< absent: one operation an element of the results
  Kind kind = Kind::other;
  std::string_view onnx = {};     ///< the name there, where there is one
  std::string_view formula = {};  ///< in one line, for the reference
};

/// A rule for ops through which no gradient flows: asking for one is an error.
template <class A>
constexpr typename OpRules<A>::Gradient not_differentiable() {
  return nullptr;
}

namespace detail {
/// Puts the batch size into every Dim and Shape among the fields.
template <class T>
void bind_batch(T& value, std::int64_t batch_size) {
  if constexpr (std::same_as<T, Dim> || std::same_as<T, Shape>) {
    value = value.bind(batch_size);
  } else if constexpr (Described<T>) {
    T::fields([&](auto, auto member, auto...) { bind_batch(value.*member, batch_size); });
  }
}
}  // namespace detail

/// An op without its attribute type: what graphs, passes and backends see.
class SLOY_EXPORT Op {
 public:
  constexpr std::string_view name() const { return name_; }
  constexpr std::string_view onnx() const { return onnx_; }
  constexpr std::string_view formula() const { return formula_; }
  constexpr Kind kind() const { return kind_; }
  constexpr bool differentiable() const { return differentiable_; }

  /// An op's attributes, of the type its definition knows.
  using Any = std::shared_ptr<const void>;
  /// The types of the results. Throws ShapeError, with the op's name.
  virtual std::vector<Type> infer(const Any& attributes, Operands operands) const = 0;
  /// One value for each input, null where none was needed. REQUIRES: differentiable.
  virtual std::vector<Value> gradient(const Any& attributes, const Backward& backward) const = 0;
  /// Runs the reference kernel; `in_double` says that float values are double.
  virtual void reference(const Any& attributes, const Buffers& buffers, bool in_double) const = 0;
  /// REQUIRES: types without symbols.
  virtual Cost cost(const Any& attributes, Operands operands,
                    std::span<const Type> results) const = 0;
  /// Whether attributes are the same.
  virtual bool equal(const Any& a, const Any& b) const = 0;
  /// The attributes with the batch size put into every Dim and Shape.
  virtual Any bind(const Any& attributes, std::int64_t batch_size) const = 0;
  /// The attributes as data, and back. Throws ConfigError on a key or value the op doesn't have.
  virtual Config to_config(const Any& attributes) const = 0;
  virtual Any parse(const Config& config) const = 0;

 protected:
  constexpr Op(std::string_view name, std::string_view onnx, std::string_view formula, Kind kind,
               bool differentiable)
      : name_(name), onnx_(onnx), formula_(formula), kind_(kind), differentiable_(differentiable) {}
  ~Op() = default;
  /// Throws a shape rule's error again with the op's name before its sentence.
  [[noreturn]] void refuse(const ShapeError& error) const;
  /// The graph of the first. Throws ConfigError where there is none.
  Graph& graph_of(const std::vector<Value>& inputs) const;

 private:
  std::string_view name_;
  std::string_view onnx_;
  std::string_view formula_;
  Kind kind_;
  bool differentiable_;
};

/// The built-in op of that name, or nullptr.
SLOY_EXPORT const Op* find_op(std::string_view name);
/// All built-in ops, in the order of the table (src/ops/table.cpp).
SLOY_EXPORT std::span<const Op* const> all_ops();

/// One primitive. Define it as a namespace-scope `constinit const OpDefinition<A>`.
template <class A>
class OpDefinition final : public Op {
 public:
  constexpr OpDefinition(OpRules<A> rules)  // NOLINT: written as the rules themselves
      : Op(rules.name, rules.onnx, rules.formula, rules.kind,
           static_cast<typename OpRules<A>::Gradient>(rules.gradient) != nullptr),
        rules_(rules) {}

  static const A& as(const Any& attributes) { return *static_cast<const A*>(attributes.get()); }
  static Any box(A attributes) { return std::make_shared<const A>(std::move(attributes)); }

  std::vector<Type> infer(const Any& attributes, Operands operands) const override {
    try {
      return static_cast<typename OpRules<A>::Infer>(rules_.infer)(as(attributes), operands);
    } catch (const ShapeError& error) {
      refuse(error);
    }
  }
  std::vector<Value> gradient(const Any& attributes, const Backward& backward) const override {
    return static_cast<typename OpRules<A>::Gradient>(rules_.gradient)(as(attributes), backward);
  }
  void reference(const Any& attributes, const Buffers& buffers, bool in_double) const override {
    typename OpRules<A>::References kernels = rules_.reference;
    (in_double ? kernels.f64 : kernels.f32)(as(attributes), buffers);
  }
  Cost cost(const Any& attributes, Operands operands,
            std::span<const Type> results) const override {
    if (rules_.cost) return rules_.cost(as(attributes), operands, results);
    Cost cost;
    if (rules_.kind == Kind::leaf || rules_.kind == Kind::view) return cost;
    for (const Type& type : results) cost.flops += static_cast<double>(type.shape.size());
    return cost;
  }
  bool equal(const Any& a, const Any& b) const override { return a == b || as(a) == as(b); }
  Any bind(const Any& attributes, std::int64_t batch_size) const override {
    A bound = as(attributes);
    detail::bind_batch(bound, batch_size);
    return box(std::move(bound));
  }
  Config to_config(const Any& attributes) const override { return sloy::to_config(as(attributes)); }
  Any parse(const Config& config) const override {
    A attributes{};
    from_config(config, attributes);
    return box(std::move(attributes));
  }

  /// Applies the op in the graph of its inputs; `graph` is for ops without inputs. Throws
  /// ConfigError on no inputs, on an empty one and on one of another graph; ShapeError where the
  /// shape rule refuses them.
  std::vector<Value> operator()(A attributes, std::vector<Value> inputs) const {
    Graph& graph = graph_of(inputs);
    return graph.apply(*this, box(std::move(attributes)), std::move(inputs));
  }
  std::vector<Value> operator()(Graph& graph, A attributes) const {
    return graph.apply(*this, box(std::move(attributes)), {});
  }

 private:
  OpRules<A> rules_;
};

}  // namespace sloy
