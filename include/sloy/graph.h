/// Graph: a computation written down before it runs.
///
///     Graph graph;
///     Value x = graph.input("x", {DType::float32, {batch, 784}});
///     VariableId id = graph.variables().add({.name = "w", .type = {DType::float32, {784, 10}}});
///     Value y = relu(matmul(x, graph.variable(id)));
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/tensor.h>

namespace sloy {

class Graph;
class Op;
struct Layout;
class StateForm;

/// One result of one op in a graph: a small handle, valid as long as its graph. Arithmetic on
/// Values builds graph (ops.h).
class SLOY_EXPORT Value {
 public:
  Value() = default;
  Value(Graph* graph, std::int32_t node, std::int32_t result)
      : graph_(graph), node_(node), result_(result) {}

  explicit operator bool() const { return graph_ != nullptr; }
  /// Throws ConfigError on an empty Value, as all that is asked of one does.
  Graph& graph() const {
    if (!graph_) refuse_empty();
    return *graph_;
  }
  /// Place of the node in its graph, and which of the node's results this is.
  std::int32_t node() const { return node_; }
  std::int32_t result() const { return result_; }

  const Type& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int rank() const { return shape().rank(); }
  Dim dim(int axis) const { return shape()[axis]; }

  bool operator==(const Value&) const = default;

 private:
  [[noreturn]] static void refuse_empty();
  Graph* graph_ = nullptr;
  std::int32_t node_ = -1;
  std::int32_t result_ = 0;
};

/// What a variable is for. Parameters are trained; statistics are kept by layers
/// (BatchNormalization's means); slots belong to optimisers; scalars (learning rate, step) are set
/// from outside.
enum class Role : std::uint8_t { parameter, statistic, slot, scalar };

using VariableId = std::int32_t;

/// A number or tensor that outlives a step.
struct Variable {
  std::string name;  ///< path of its layer, then its own: "conv2d/kernel"
  Type type;         ///< never symbolic
  Role role = Role::parameter;
  /// Its first value, in row-major order, from the run's seed. Absent: zeros.
  std::function<Tensor(std::uint64_t seed)> initial = {};
  bool trainable = true;  ///< whether an optimizer changes it; of parameters alone
  /// What an optimizer's update of it ends with, from the weight so far and the learning rate:
  /// constraints, proximal penalties. Absent: nothing.
  std::function<Value(Value updated, Value learning_rate)> after_update = {};
  /// Of a slot: the parameter it belongs to. Where their shapes are equal, it lies in memory as
  /// that one does.
  VariableId follows = -1;
};

/// The variables of one model, shared by all graphs built from it.
class SLOY_EXPORT Variables {
 public:
  Variables();
  ~Variables();
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  /// Throws ConfigError on a name already taken, where it follows a variable that is not there yet,
  /// and once there is a State of these variables; ShapeError on a symbolic shape.
  VariableId add(Variable variable);
  /// Throws ConfigError where there is no such variable.
  const Variable& operator[](VariableId id) const { return list_[place(id)]; }
  Variable& operator[](VariableId id) { return list_[place(id)]; }
  VariableId size() const { return static_cast<VariableId>(list_.size()); }
  /// The id, or -1.
  VariableId find(std::string_view name) const;

  /// How the variables lie in memory: decided by compile, fixed by the first State.
  StateForm& form() { return *form_; }
  const StateForm& form() const { return *form_; }

 private:
  std::size_t place(VariableId id) const {
    if (id < 0 || id >= size()) refuse(id);
    return static_cast<std::size_t>(id);
  }
  [[noreturn]] void refuse(VariableId id) const;

  std::vector<Variable> list_;
  std::unique_ptr<StateForm> form_;
};

/// Which part of a training step a node serves: for profiles and pictures.
enum class Phase : std::uint8_t { forward, backward, update };

/// One result of a node. The layout is plain until compile chooses.
struct Result {
  Type type;
  std::shared_ptr<const Layout> layout = {};  ///< absent: plain
};

/// An op applied to values. Nodes are pure; variables change only through a graph's updates.
struct Node {
  const Op* op = nullptr;
  std::shared_ptr<const void> attributes;  ///< the op's own struct (op.h)
  std::vector<Value> inputs;
  std::vector<Result> results;
  std::string path;  ///< the layer that wrote it: "encoder/conv1"
  Phase phase = Phase::forward;
};

/// Ops over values, with inputs, outputs and updates of variables. A directed graph without cycles,
/// kept in an order in which every node follows its inputs. Building checks every shape at once.
/// What is given a value of another graph, or an empty one, throws ConfigError.
class SLOY_EXPORT Graph {
 public:
  struct Output {
    std::string name;
    Value value;
  };
  struct Update {
    VariableId variable;
    Value value;
  };

  explicit Graph(std::shared_ptr<Variables> variables = std::make_shared<Variables>());
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// A value fed at every run; feeds are bound in the order of these calls. Its first dimension may
  /// be `batch`, the only symbolic one.
  Value input(std::string name, Type type);
  /// A variable as it was before the step, whatever updates there are. Throws ConfigError where
  /// there is no such variable.
  Value variable(VariableId id);
  /// Numbers known now. Given in double they are float32, and keep their digits on the float64
  /// reference backend.
  Value constant(Tensor tensor);
  /// A scalar.
  Value constant(double value);

  /// An op's results. Throws ShapeError, with the layer path, where the op refuses its operands.
  /// What ops.h has is easier to call.
  std::vector<Value> apply(const Op& op, std::shared_ptr<const void> attributes,
                           std::vector<Value> inputs);

  /// Names a result that is written out with the graph, as text; compile is told its own.
  void output(std::string name, Value value);
  /// Sets what `id` is after the step: f of the update so far, or of the variable itself. Throws
  /// ShapeError where its type is not the variable's.
  void update(VariableId id, const std::function<Value(Value)>& f);

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(Value value) const { return nodes_[static_cast<std::size_t>(value.node())]; }
  const std::vector<Value>& inputs() const { return inputs_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  const std::vector<Update>& updates() const { return updates_; }
  Variables& variables() const { return *variables_; }
  const std::shared_ptr<Variables>& shared_variables() const { return variables_; }

  /// Nodes written while a Section lives carry its path (joined to the outer one by '/') or phase.
  class SLOY_EXPORT Section {
   public:
    Section(Graph& graph, std::string_view name);
    Section(Graph& graph, Phase phase);
    /// Takes the place of the current path: for gradients, which belong to their forward's layer.
    static Section at(Graph& graph, std::string path);
    ~Section();
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

   private:
    Section(Graph& graph, std::string path, Phase phase);
    Graph& graph_;
    std::string outer_path_;
    Phase outer_phase_;
  };
  const std::string& path() const { return path_; }
  Phase phase() const { return phase_; }

  /// For passes: a node of known result types, unchecked (the verifier runs after each pass).
  Value append(Node node);
  Node& node(std::int32_t index) { return nodes_[static_cast<std::size_t>(index)]; }
  void set_update(VariableId id, Value value);
  void set_output(std::size_t index, Value value) { outputs_[index].value = value; }

 private:
  /// Throws ConfigError on a value of another graph, or an empty one.
  void check_own(Value value, std::string_view what) const;

  std::vector<Node> nodes_;
  std::vector<Value> inputs_;
  std::vector<Output> outputs_;
  std::vector<Update> updates_;
  std::vector<Value> reads_;  ///< the one node that reads each variable
  std::shared_ptr<Variables> variables_;
  std::string path_;
  Phase phase_ = Phase::forward;
};

/// ∂of/∂w for each w, as values of the same graph; zeros where `of` does not depend on w.
/// `of` is a scalar, or its elements are summed. Throws ConfigError through an op that has no
/// gradient, and where a w is of another graph.
SLOY_EXPORT std::vector<Value> gradient(Value of, std::span<const Value> with_respect_to);

/// The graph as text, one node a line; parse_graph reads it back. First values of variables are not
/// in it.
SLOY_EXPORT std::string to_text(const Graph& graph);
/// Throws ConfigError, with the line, on text that is no graph, ShapeError as apply does.
SLOY_EXPORT std::unique_ptr<Graph> parse_graph(std::string_view text);

}  // namespace sloy
