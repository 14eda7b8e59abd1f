#include <algorithm>

#include "passes/lowered.h"

namespace sloy {
namespace {

/// Of the machine's peak, by the reference kernels: plain loops on one thread.
constexpr double reference_share = 0.005;

}  // namespace

Work work_of(const Node& node, const Selection& selection) {
  std::vector<Type> inputs;
  std::vector<Type> results;
  for (Value input : node.inputs) inputs.push_back(input.type());
  for (const Result& result : node.results) results.push_back(result.type);
  Work work;
  for (const std::vector<Type>* types : {&inputs, &results}) {
    for (const Type& type : *types) work.bytes += static_cast<double>(type.bytes());
  }
  work.flops = node.op->cost(node.attributes, Operands(inputs), results).flops;
  work.share_of_peak = selection.offer ? selection.offer->share_of_peak : reference_share;
  return work;
}

double seconds_of(const Work& work, double gigaflops, double gigabytes_per_second) {
  return std::max(work.flops / (1e9 * gigaflops * work.share_of_peak),
                  work.bytes / (1e9 * gigabytes_per_second));
}

}  // namespace sloy
