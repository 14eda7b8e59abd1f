/// What the offers over oneDNN share.
#pragma once

#include <memory>
#include <optional>

#include "backends/cpu/onednn/prepared.h"
#include "passes/backend.h"

namespace sloy::cpu {

/// oneDNN counts in 32 bits. Says so in `refusal` where a dimension needs more.
bool counts_in_32_bits(const Request& request, std::string& refusal);

/// Whether both factors of a product are bfloat16 and the CPU multiplies that. Says in `refusal`
/// what is missing.
bool multiplies_bfloat16(const Request& request, std::string& refusal);

/// A proposal of a prepared kernel, its operands in the node's order. With `relu` negative elements
/// of the first result become 0 in a pass of our own: oneDNN's ReLU makes 0 of not-a-number, which
/// would hide from the run's guard that training has diverged.
Proposal propose(std::shared_ptr<const onednn::Prepared> kernel, bool relu = false);

/// `wanted`, or the form the operand has where that is the same bytes.
Layout adopt(const Operand& operand, const Layout& wanted);

}  // namespace sloy::cpu
