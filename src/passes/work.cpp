#include <algorithm>

#include "passes/lowered.h"

namespace sloy {
namespace {

/// Of the machine's peak, by the reference kernels: plain loops on one thread.
constexpr double reference_share = 0.005;

}  // namespace

Work work_of(const Graph& graph, const Node& node, const Selection& selection) {
  std::vector<Type> inputs;
  std::vector<Type> results;
  Work work;
  const auto add = [&work](const Result& operand, std::vector<Type>& types) {
    types.push_back(operand.type);
    const std::size_t own = size_of(operand.type.dtype);
    const std::size_t width = operand.layout ? operand.layout->element_bytes(own) : own;
    work.bytes += static_cast<double>(operand.type.shape.size()) * static_cast<double>(width);
  };
  for (Value input : node.inputs) {
    add(graph.node(input).results[static_cast<std::size_t>(input.result())], inputs);
  }
  for (const Result& result : node.results) add(result, results);
  work.flops = node.op->cost(node.attributes, Operands(inputs), results).flops;
  work.share_of_peak = selection.offer ? selection.offer->share_of_peak : reference_share;
  return work;
}

double seconds_of(const Work& work, double gigaflops, double gigabytes_per_second) {
  return std::max(work.flops / (1e9 * gigaflops * work.share_of_peak),
                  work.bytes / (1e9 * gigabytes_per_second));
}

}  // namespace sloy
