/// Numbers for the rows of ops: operands, the reference kernels' results, and comparing them.
#pragma once

#include <random>
#include <span>
#include <string>
#include <vector>

#include "harness/op_cases.h"

namespace sloy {

/// What `batch` stands for when a row is run.
constexpr std::int64_t row_batch_size = 2;

/// A row with the batch size put in: its operands' types, attributes and results' types.
struct BoundCase {
  explicit BoundCase(const OpCase& row);
  const Op* op;
  Op::Any attributes;
  std::vector<Type> operands;
  std::vector<Type> results;
  double flops;

  /// Operations for one element of a result, in pairs.
  double products(std::size_t result) const;
};

enum class Numbers {
  random,         ///< of the row's domain
  small_integers  ///< few and small enough that sums of products are exact in float32
};

/// Operands as float32 (or integer) tensors; numbers the row gives are taken as they are.
std::vector<Tensor> operands(const OpCase& row, Numbers numbers);

/// Float tensors as float64, for the reference kernels in double; others as they are.
std::vector<Tensor> widened(std::vector<Tensor> tensors);

/// The op's reference kernel, in double where the operands are.
std::vector<Tensor> run_reference(const BoundCase& bound, const std::vector<Tensor>& operands);

/// How far each element of the results may be from the exact one.
struct Bounds {
  std::vector<Tensor> exact;    ///< the reference kernel's results in double
  std::vector<Tensor> allowed;  ///< the error allowed, element by element
};
Bounds bounds(const OpCase& row, const BoundCase& bound, const std::vector<Tensor>& operands,
              Numbers numbers);

/// Where `got` is farther from the exact results than allowed: the first place, in words. Empty
/// where all is well. `tolerance`, in units of each result's root mean square, is allowed besides.
std::string difference(const Bounds& bounds, const std::vector<Tensor>& got, double tolerance = 0);

}  // namespace sloy
