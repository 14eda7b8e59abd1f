/// Gradient rules against differences of the reference kernels, in double.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/op_cases.h"

namespace sloy {

/// Writes a computation over inputs.
using Computation = std::function<std::vector<Value>(Graph&, const std::vector<Value>&)>;

/// A computation and where it is looked at. `types` may leave the batch open: rules must
/// differentiate it so, and `row_batch_size` is put in afterwards.
struct Differentiated {
  Computation computation;
  std::vector<Type> types;
  std::vector<Tensor> operands;
};
/// The types are the operands' own.
Differentiated differentiated(Computation computation, std::vector<Tensor> operands);

/// Compares every element of the Jacobian with a central difference. Empty where all is well.
std::string check_gradient(const Differentiated& at);

/// The same for the gradient's own gradients, along random directions.
std::string check_second_gradient(const Differentiated& at);

/// Whether a row has anything to differentiate, and little enough of it; no row of an op that is
/// `not_differentiable` has. Rows that expect numbers stand at kinks and infinities, where
/// differences mean nothing.
bool has_gradient(const OpCase& row);
std::string check_gradient(const OpCase& row);
std::string check_second_gradient(const OpCase& row);

}  // namespace sloy
