/// reorder: the same numbers in another physical form. Written by the layout pass alone.
#pragma once

#include <sloy/op.h>

#include "tensor/layout.h"

namespace sloy {

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
