#include "passes/rewrite.h"

#include <algorithm>
#include <cassert>

#include "graph/leaf.h"

namespace sloy {

Rewrite::Rewrite(const Graph& from)
    : from_(from),
      to_(std::make_unique<Graph>(from.shared_variables())),
      now_(from.nodes().size()) {
  for (Value input : from.inputs()) {
    const auto& attributes = OpDefinition<InputAttributes>::as(from.node(input).attributes);
    map(input, to_->input(attributes.name, input.type()));
  }
}

bool Rewrite::is_mapped(Value old) const {
  const auto& list = now_[static_cast<std::size_t>(old.node())];
  auto result = static_cast<std::size_t>(old.result());
  return result < list.size() && list[result];
}

Value Rewrite::operator()(Value old) const {
  assert(is_mapped(old));
  return now_[static_cast<std::size_t>(old.node())][static_cast<std::size_t>(old.result())];
}

void Rewrite::map(Value old, Value now) {
  auto& list = now_[static_cast<std::size_t>(old.node())];
  auto result = static_cast<std::size_t>(old.result());
  if (list.size() <= result) list.resize(result + 1);
  list[result] = now;
}

void Rewrite::copy(std::int32_t index) {
  const Node& old = from_.nodes()[static_cast<std::size_t>(index)];
  if (old.op == &input_op) return;
  Value first;
  if (old.op == &variable_op) {
    first = to_->variable(OpDefinition<VariableAttributes>::as(old.attributes).id);
  } else {
    Node node = old;
    for (Value& input : node.inputs) input = (*this)(input);
    first = to_->append(std::move(node));
  }
  auto count = static_cast<std::int32_t>(old.results.size());
  for (std::int32_t r = 0; r < count; ++r) {
    map({const_cast<Graph*>(&from_), index, r}, {to_.get(), first.node(), r});
  }
}

std::unique_ptr<Graph> Rewrite::finish() {
  for (const Graph::Output& output : from_.outputs()) {
    to_->output(output.name, (*this)(output.value));
  }
  for (const Graph::Update& update : from_.updates()) {
    to_->set_update(update.variable, (*this)(update.value));
  }
  return std::move(to_);
}

std::vector<bool> live_nodes(const Graph& graph) {
  std::vector<bool> live(graph.nodes().size(), false);
  auto mark = [&](Value value) { live[static_cast<std::size_t>(value.node())] = true; };
  for (const Graph::Output& output : graph.outputs()) mark(output.value);
  for (const Graph::Update& update : graph.updates()) mark(update.value);
  for (std::size_t n = graph.nodes().size(); n-- > 0;) {
    if (!live[n]) continue;
    for (Value input : graph.nodes()[n].inputs) mark(input);
  }
  return live;
}

std::vector<std::vector<std::vector<std::int32_t>>> readers(const Graph& graph) {
  std::vector<std::vector<std::vector<std::int32_t>>> of(graph.nodes().size());
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
    of[n].resize(graph.nodes()[n].results.size());
    for (Value input : graph.nodes()[n].inputs) {
      of[static_cast<std::size_t>(input.node())][static_cast<std::size_t>(input.result())]
          .push_back(static_cast<std::int32_t>(n));
    }
  }
  return of;
}

Uses::Uses(const Graph& graph)
    : graph_(graph), live_(live_nodes(graph)), readers_(sloy::readers(graph)) {
  for (auto& results : readers_) {
    for (auto& list : results) {
      std::erase_if(list, [&](std::int32_t n) { return !live_[static_cast<std::size_t>(n)]; });
    }
  }
}

const std::vector<std::int32_t>& Uses::readers(Value value) const {
  return readers_[static_cast<std::size_t>(value.node())][static_cast<std::size_t>(value.result())];
}

bool Uses::is_kept(Value value) const {
  const auto is_it = [&](const auto& named) { return named.value == value; };
  return std::ranges::any_of(graph_.outputs(), is_it) ||
         std::ranges::any_of(graph_.updates(), is_it);
}

}  // namespace sloy
