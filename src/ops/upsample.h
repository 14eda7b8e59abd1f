/// Images enlarged by whole factors.
#pragma once

#include <sloy/op.h>

namespace sloy {

struct UpsampleAttributes {
  std::vector<std::int64_t> factors;  ///< one a spatial dimension
  bool operator==(const UpsampleAttributes&) const = default;
  static void fields(auto&& field) { field("factors", &UpsampleAttributes::factors); }
};

extern const OpDefinition<UpsampleAttributes> upsample_op;
extern const OpDefinition<UpsampleAttributes> upsample_gradient_op;

}  // namespace sloy
