/// What is derived from a row. Each check gives what is wrong in words; empty where all is well.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/op_cases.h"
#include "harness/op_gradients.h"
#include "passes/backend.h"

namespace sloy {

/// For a row with an error: the op refuses it with that sentence.
std::string check_refusal(const OpCase& row);

/// For rows without one:
/// The reference kernels in float and double give what the row expects, and a row whose results
/// are zeros for more than 70 % or all alike, which would let much go unseen, says so.
std::string check_values(const OpCase& row);
/// The float reference kernel comes as near to the double one as the op's accuracy asks.
std::string check_float(const OpCase& row);
/// Attributes and the node itself survive being written as text and read back.
std::string check_text(const OpCase& row);
/// What the shape rule says of open batch dimensions holds when they are bound.
std::string check_binding(const OpCase& row);

/// Every offer of the backend that accepts the row, in every form it takes it in, and the reference
/// kernel behind them, against the double reference.
std::string check_offers(const OpCase& row, const Backend& backend);

/// What rows reach of a backend.
struct BackendUse {
  struct Forms {
    Type type;
    std::vector<Layout> layouts;
  };
  std::set<const Offer*> offers;  ///< those that accept one
  std::vector<Forms> forms;       ///< in which operands are read and results written
};
/// Adds a row's.
void find_use(const OpCase& row, const Backend& backend, BackendUse& use);

}  // namespace sloy
