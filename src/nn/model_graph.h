/// A model's layers and how they are joined: what is built into graphs, summed up and saved.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sloy/layers.h>

namespace sloy {

/// Calls of layers, in an order in which every call follows its inputs.
struct ModelGraph {
  struct Member {
    Layer layer;
    std::string name;
  };
  /// One result of one call.
  struct Ref {
    int call = 0;
    int result = 0;
    bool operator==(const Ref&) const = default;
  };
  struct Call {
    int member = 0;
    int number = 0;  ///< of this member's calls
    std::vector<Ref> inputs;
    std::vector<Type> types;
    bool is_input = false;  ///< its value is fed
  };

  std::vector<Member> members;
  std::vector<Call> calls;
  std::vector<Ref> inputs;
  std::vector<Ref> outputs;

  const Type& type(Ref ref) const {
    return calls[static_cast<std::size_t>(ref.call)].types[static_cast<std::size_t>(ref.result)];
  }
  const Member& member(const Call& call) const {
    return members[static_cast<std::size_t>(call.member)];
  }
  /// Writes all calls into the scope's graph.
  std::vector<Value> build(Scope& scope, std::span<const Value> fed) const;
};

/// Puts a ModelGraph together, checking every call as it comes.
class ModelGraphBuilder {
 public:
  ModelGraphBuilder();

  /// Gives the layer its name: the given one, its own, or one made from its type. Throws
  /// ConfigError on a name that is taken or can't be part of a path.
  int add(const Layer& layer, const std::string& name = {});
  /// Throws what the layer throws, with its path. Returns the call's number.
  int call(int member, const std::vector<ModelGraph::Ref>& inputs);
  /// A call whose value is fed.
  int input(int member, const Type& type);

  const ModelGraph& graph() const { return graph_; }
  /// The call that made a name ("dense", "dense#1") or nothing.
  std::optional<int> find(std::string_view name) const;
  std::string name_of(int call) const;

  ModelGraph finish(std::vector<ModelGraph::Ref> inputs, std::vector<ModelGraph::Ref> outputs);

 private:
  std::string name_for(const Layer& layer, const std::string& given) const;
  bool is_taken(std::string_view name) const;

  ModelGraph graph_;
  Graph scratch_;
  Build build_;
  std::vector<std::vector<Value>> values_;
  std::vector<int> calls_of_;  ///< how often each member was called
};

/// "dense" for a layer's first call, "dense#1" for its second.
std::string call_name(const ModelGraph& graph, int call);

/// The calls that lead to the outputs, from symbols.
ModelGraph model_graph(const std::vector<Symbol>& inputs, const std::vector<Symbol>& outputs);
/// Layers in a row. REQUIRES: the first is an Input or a nested model, or `input` is given.
ModelGraph model_graph(std::span<const Layer> layers, const std::optional<Type>& input = {});

/// A model's layers as data, and back (docs/design/nn.md has the form).
Config to_config(const ModelGraph& graph);
ModelGraph model_graph(const Config& config, const CustomTypes& custom,
                       const std::optional<Type>& input);

/// What is fed, as the dtype the model takes: pixels (uint8) become value / 255.
Value as_model_input(Value fed, DType wanted);

}  // namespace sloy
