/// Rows: what an op's tests are made from. A row is a node (shapes or numbers of its operands, its
/// attributes) and what is known of it; from the rows alone come checks of values, gradients,
/// text and every backend's kernels (op_checks.h). Rows stand beside the op:
///
///     template <>
///     OpCases cases<softmax_op>() {
///       return {softmax_op,
///               {{.shapes = {{4, 7}}},
///                {.values = {{1e4, 1e4, -1e4}}, .expect = {{0.5, 0.5, 0}}},
///                {.shapes = {{}}, .error = "softmax: a scalar has no axis -1"}},
///               {.accuracy = Accuracy::function}};
///     }
#pragma once

#include <sloy/op.h>

#include <cassert>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

namespace sloy {

/// Where the random numbers of float operands come from.
enum class Domain {
  normal,    ///< standard normal
  positive,  ///< between ½ and 2, where logarithms and roots are smooth
  distinct   ///< no two alike and none zero, so that no largest and no sign changes nearby
};

/// How near a float32 kernel must come to the double reference, rounded to float32.
enum class Accuracy {
  exact,      ///< bit for bit: at most one rounding an element
  sums,       ///< sums of K products: 4 ε √K Σ|ab|; small integers bit for bit
  function,   ///< 4 units in the last place of the element
  statistic,  ///< 4 ε √K of the largest element, of the operands or of their magnitudes
  chain       ///< as statistic for what is rounded again and again; small integers bit for bit
};

/// A row's attributes: of any op, or none given, which means the op's defaults.
class RowAttributes {
 public:
  RowAttributes() = default;
  template <class A>
  RowAttributes(A attributes)  // NOLINT: written as the attributes themselves
      : any_(std::make_shared<const A>(std::move(attributes))), type_(&typeid(A)) {}

  /// REQUIRES: none given, or an A.
  template <class A>
  Op::Any as() const {
    assert(!any_ || *type_ == typeid(A));
    return any_ ? any_ : std::make_shared<const A>();
  }

 private:
  Op::Any any_;
  const std::type_info* type_ = nullptr;
};

struct Row {
  std::vector<Shape> shapes = {};  ///< of the operands; `batch` stands for 2
  /// Numbers of the operands, where they are not random. Their shape is (n) where none is given.
  std::vector<std::vector<double>> values = {};
  std::vector<DType> dtypes = {};  ///< float32 where not given
  RowAttributes attributes = {};
  Domain domain = Domain::normal;
  int below = 5;                                 ///< random integers are 0 ≤ i < below
  std::vector<std::vector<double>> expect = {};  ///< the results, element by element
  std::string error = {};                        ///< the refusal's first sentence
  bool mostly_constant = false;  ///< the results may be zeros or all alike: see op_checks.h
  bool differentiate = true;     ///< false for forms that only fusion writes
  std::optional<Accuracy> accuracy = {};  ///< the op's where not given
};

/// A row made ready: a node, and what is known of it.
struct OpCase {
  const Op* op = nullptr;
  Op::Any attributes;
  std::vector<Type> operands;
  std::vector<std::vector<double>> values;
  Domain domain = Domain::normal;
  int below = 5;
  std::vector<std::vector<double>> expect;
  std::string error;
  bool mostly_constant = false;
  bool differentiate = true;
  Accuracy accuracy = Accuracy::sums;
  /// Changes random operands into ones that mean something to the op: places that won a pool.
  std::function<void(const OpCase&, std::vector<Tensor>&)> prepare;
  std::string name;  ///< "softmax_3"
};

struct OpCasesOptions {
  Accuracy accuracy = Accuracy::sums;
  std::function<void(const OpCase&, std::vector<Tensor>&)> prepare = {};
};

/// All rows of one op.
class OpCases {
 public:
  template <class A>
  OpCases(const OpDefinition<A>& op, std::vector<Row> rows, OpCasesOptions options = {}) {
    for (Row& row : rows) add(op, row.attributes.as<A>(), row, options);
  }

  const std::vector<OpCase>& rows() const { return rows_; }

 private:
  void add(const Op& op, Op::Any attributes, const Row& row, const OpCasesOptions& options);

  std::vector<OpCase> rows_;
};

/// The rows of an op. Declared here for every op and defined beside each: an op of the table
/// without rows does not link.
template <const auto& op>
OpCases cases();

}  // namespace sloy
