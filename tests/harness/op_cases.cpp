#include "harness/op_cases.h"

#include <algorithm>

namespace sloy {
namespace {

std::vector<Type> operands_of(const Row& row) {
  std::vector<Type> operands(std::max(row.shapes.size(), row.values.size()));
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (i < row.dtypes.size()) operands[i].dtype = row.dtypes[i];
    if (i < row.shapes.size()) {
      operands[i].shape = row.shapes[i];
    } else {
      operands[i].shape = {static_cast<std::int64_t>(row.values[i].size())};
    }
  }
  return operands;
}

}  // namespace

void OpCases::add(const Op& op, Op::Any attributes, const Row& row, const OpCasesOptions& options) {
  rows_.push_back({.op = &op,
                   .attributes = std::move(attributes),
                   .operands = operands_of(row),
                   .values = row.values,
                   .domain = row.domain,
                   .below = row.below,
                   .expect = row.expect,
                   .error = row.error,
                   .mostly_constant = row.mostly_constant,
                   .differentiate = row.differentiate,
                   .accuracy = row.accuracy.value_or(options.accuracy),
                   .prepare = options.prepare,
                   .name = std::string(op.name()) + "_" + std::to_string(rows_.size())});
}

}  // namespace sloy
