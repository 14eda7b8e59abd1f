/// reorder: the same numbers in another physical form. Written by passes alone.
#pragma once

#include <sloy/op.h>

#include "tensor/layout.h"

namespace sloy {

/// The forms are where the kernel finds the numbers and leaves them. Values are logical, and so are
/// the rules: the result is the operand, whatever the forms.
struct ReorderAttributes {
  Layout from;
  Layout to;
  bool operator==(const ReorderAttributes&) const = default;
  static void fields(auto&& field) {
    field("from", &ReorderAttributes::from);
    field("to", &ReorderAttributes::to);
  }
};

extern const OpDefinition<ReorderAttributes> reorder_op;

}  // namespace sloy
