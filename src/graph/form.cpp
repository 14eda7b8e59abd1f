#include "graph/form.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "base/huge_pages.h"

namespace sloy {
namespace {

constexpr std::align_val_t cache_line{64};

/// Elements of a variable with what is left free behind it: 64 bytes are 16 elements of four.
std::int64_t space_of(const Variable& variable, const std::optional<Layout>& layout) {
  constexpr std::int64_t line = 16;
  const std::int64_t size = (layout ? *layout : Layout{}).elements(variable.type.shape);
  return (size + line - 1) / line * line;
}

}  // namespace

VariableId form_owner(const Variables& variables, VariableId id) {
  const VariableId follows = variables[id].follows;
  if (follows < 0 || variables[follows].type.shape != variables[id].type.shape) return id;
  return form_owner(variables, follows);
}

Arena::~Arena() { ::operator delete(block_, cache_line); }

void Arena::require(std::size_t bytes) { required_ = std::max(required_, bytes); }

std::byte* Arena::data() {
  if (held_ < required_) {
    ::operator delete(block_, cache_line);
    block_ = static_cast<std::byte*>(::operator new(required_, cache_line));
    prefer_huge_pages(block_, required_);
    held_ = required_;
  }
  return block_;
}

const std::optional<Layout>& StateForm::layout(VariableId id) const {
  static const std::optional<Layout> none;
  auto place = static_cast<std::size_t>(id);
  return place < layouts_.size() ? layouts_[place] : none;
}

void StateForm::choose(VariableId id, Layout layout) {
  assert(!fixed_);
  auto place = static_cast<std::size_t>(id);
  if (layouts_.size() <= place) layouts_.resize(place + 1);
  layouts_[place] = std::move(layout);
}

void StateForm::fix(const Variables& variables) {
  if (fixed_) return;
  layouts_.resize(static_cast<std::size_t>(variables.size()));
  for (VariableId id = 0; id < variables.size(); ++id) {
    auto& layout = layouts_[static_cast<std::size_t>(id)];
    // A parameter stands before what follows it, so it has its form by now.
    const VariableId owner = form_owner(variables, id);
    if (owner != id) layout = layouts_[static_cast<std::size_t>(owner)];
    if (!layout) layout = Layout{};
    offsets_.push_back(elements_);
    elements_ += space_of(variables[id], layout);
  }
  fixed_ = true;
}

std::int64_t StateForm::elements(const Variables& variables) const {
  if (fixed_) return elements_;
  std::int64_t elements = 0;
  for (VariableId id = 0; id < variables.size(); ++id) {
    elements += space_of(variables[id], layout(form_owner(variables, id)));
  }
  return elements;
}

}  // namespace sloy
