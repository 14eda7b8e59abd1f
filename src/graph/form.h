/// StateForm: how the variables of a model lie in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <sloy/graph.h>

#include "tensor/layout.h"

namespace sloy {

/// Memory for activations and gradients, shared by all programs of one model: it has the size of
/// the largest, and is not touched before the first run.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  void require(std::size_t bytes);
  std::size_t required() const { return required_; }
  /// The block, 64-byte aligned. It moves when more has been required since the last call.
  std::byte* data();

 private:
  std::size_t required_ = 0;
  std::size_t held_ = 0;
  std::byte* block_ = nullptr;
};

/// The variable whose form `id` has: a slot lies as the parameter it follows, where they have one
/// shape; every other variable has its own.
VariableId form_owner(const Variables& variables, VariableId id);

/// Layouts are chosen by the first program compiled that uses a variable in a kernel; every later
/// program takes them as given. The first State fixes what is left to plain, and all offsets.
class StateForm {
 public:
  /// The layout chosen for a variable, if one is. Before it is fixed ask for its form_owner's.
  const std::optional<Layout>& layout(VariableId id) const;
  void choose(VariableId id, Layout layout);

  /// Whether a State exists: after that no layout changes and no variable is added.
  bool fixed() const { return fixed_; }
  void fix(const Variables& variables);
  /// Elements of a State of these variables. Before it is fixed: with those that have no form yet
  /// in plain form.
  std::int64_t elements(const Variables& variables) const;

  /// From here on: REQUIRES fixed. Offsets and sizes count elements, so that they hold for float
  /// states and for double ones; every variable starts on a 64-byte boundary of either.
  std::int64_t offset(VariableId id) const { return offsets_[static_cast<std::size_t>(id)]; }
  std::int64_t elements() const { return elements_; }

  Arena& arena() { return arena_; }

 private:
  std::vector<std::optional<Layout>> layouts_;
  std::vector<std::int64_t> offsets_;
  std::int64_t elements_ = 0;
  bool fixed_ = false;
  Arena arena_;
};

}  // namespace sloy
