/// Parts of a model by their names: to freeze them, and to go on from them.
#include <fmt/format.h>
#include <sloy/nearest.h>

#include <algorithm>

#include "nn/model_impl.h"

namespace sloy {
namespace {

[[noreturn]] void no_such_layer(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  throw ConfigError(fmt::format("the model has no layer '{}'", name), {},
                    did_you_mean(name, names, "Model::summary and `sloy summary` name the layers"));
}

std::vector<std::string> member_names(const ModelGraph& graph) {
  std::vector<std::string> names;
  for (const ModelGraph::Member& member : graph.members) names.push_back(member.name);
  return names;
}

/// The last call of a name, "dense", or that of a numbered one, "dense#1".
int call_named(const ModelGraph& graph, std::string_view name) {
  std::vector<std::string> names;
  for (int call = 0; call < static_cast<int>(graph.calls.size()); ++call) {
    names.push_back(call_name(graph, call));
    if (names.back() == name) return call;
  }
  no_such_layer(name, names);
}

/// The calls that lead to `last`, in their order.
class Pruned {
 public:
  Pruned(const ModelGraph& graph, int last) : graph_(graph), needed_(graph.calls.size()) {
    mark(last);
    for (std::size_t call = 0; call < graph.calls.size(); ++call) {
      if (needed_[call]) add(call);
    }
    for (const ModelGraph::Ref input : graph.inputs) {
      if (needed_[static_cast<std::size_t>(input.call)])
        result_.inputs.push_back(renumbered(input));
    }
    const auto results = static_cast<int>(graph.calls[static_cast<std::size_t>(last)].types.size());
    for (int result = 0; result < results; ++result) {
      result_.outputs.push_back(renumbered({last, result}));
    }
  }
  ModelGraph take() { return std::move(result_); }

 private:
  void mark(int last) {
    needed_[static_cast<std::size_t>(last)] = true;
    for (auto call = static_cast<std::size_t>(last) + 1; call-- > 0;) {
      if (!needed_[call]) continue;
      for (const ModelGraph::Ref input : graph_.calls[call].inputs) {
        needed_[static_cast<std::size_t>(input.call)] = true;
      }
    }
  }
  void add(std::size_t call) {
    ModelGraph::Call copy = graph_.calls[call];
    const auto found = std::find(members_.begin(), members_.end(), copy.member);
    if (found == members_.end()) {
      result_.members.push_back(graph_.member(copy));
      members_.push_back(copy.member);
      copy.member = static_cast<int>(members_.size()) - 1;
    } else {
      copy.member = static_cast<int>(found - members_.begin());
    }
    for (ModelGraph::Ref& input : copy.inputs) input = renumbered(input);
    result_.calls.push_back(std::move(copy));
    calls_.push_back(static_cast<int>(call));
  }
  ModelGraph::Ref renumbered(ModelGraph::Ref ref) const {
    const auto found = std::find(calls_.begin(), calls_.end(), ref.call);
    return {static_cast<int>(found - calls_.begin()), ref.result};
  }

  const ModelGraph& graph_;
  std::vector<bool> needed_;
  ModelGraph result_;
  std::vector<int> members_;  ///< old numbers, in the order of the new
  std::vector<int> calls_;
};

}  // namespace

void Model::set_trainable(std::string_view layer, bool trainable) {
  static_cast<void>(impl_->built());
  auto& members = impl_->graph.members;
  const std::string_view first = layer.substr(0, layer.find('/'));
  const auto member = std::find_if(members.begin(), members.end(),
                                   [&](const auto& known) { return known.name == first; });
  if (member == members.end()) no_such_layer(layer, member_names(impl_->graph));
  const Model* within = as_model(member->layer);
  if (first.size() < layer.size()) {
    if (!within) no_such_layer(layer, member_names(impl_->graph));
    Model(*within).set_trainable(layer.substr(first.size() + 1), trainable);
  } else if (within) {
    Model(*within).set_trainable(trainable);
  } else {
    member->layer = member->layer.with_trainable(trainable);
  }
}

Model Model::up_to(std::string_view layer) const {
  const ModelGraph& graph = impl_->built();
  auto part = std::make_shared<Impl>();
  part->graph = Pruned(graph, call_named(graph, layer)).take();
  part->trainable = impl_->trainable;
  part->seed = impl_->seed;
  part->image_form = impl_->image_form;
  part->table_form = impl_->table_form;
  if (impl_->keeps_weights) {
    copy_by_name(impl_->state, part->weights(), is_weight);
    part->keeps_weights = true;
  }
  return Model(std::move(part));
}

}  // namespace sloy
