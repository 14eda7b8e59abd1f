#include "graph/form.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace sloy {
namespace {
constexpr std::align_val_t cache_line{64};
}

Arena::~Arena() { ::operator delete(block_, cache_line); }

void Arena::require(std::size_t bytes) { required_ = std::max(required_, bytes); }

std::byte* Arena::data() {
  if (held_ < required_) {
    ::operator delete(block_, cache_line);
    block_ = static_cast<std::byte*>(::operator new(required_, cache_line));
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
  constexpr std::int64_t line = 16;  // elements of four bytes in 64
  layouts_.resize(static_cast<std::size_t>(variables.size()));
  for (VariableId id = 0; id < variables.size(); ++id) {
    auto& layout = layouts_[static_cast<std::size_t>(id)];
    if (!layout) layout = Layout{};
    offsets_.push_back(elements_);
    std::int64_t size = layout->elements(variables[id].type.shape);
    elements_ += (size + line - 1) / line * line;
  }
  fixed_ = true;
}

}  // namespace sloy
