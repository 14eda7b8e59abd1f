#include "backends/cpu/simd/fused.h"

#include <cassert>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "backends/cpu/simd/fused_plan.h"
#include "backends/cpu/simd/partials.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

int available_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

void finish(const FusedPlan& plan, const Sink& sink, const float* partials, float* out) {
  if (sink.result == Result::channel_sum && plan.slabs.count > 1) {
    const std::int64_t channels = plan.space.channels();
    add_partials(partials + sink.partials, plan.slabs.count, channels, channels, out);
  }
  if (sink.result == Result::total_sum) {
    add_partials(partials + sink.partials, plan.items, 1, 1, out);
  }
}

}  // namespace

FusedKernel::FusedKernel(const FusedProgram& program, const Space& space, int threads) {
  assert(space.size() > 0 && space.panels % space.blocks == 0);
  plan_ = std::make_unique<const FusedPlan>(
      plan_fused(program, space, threads > 0 ? threads : available_threads()));
}

FusedKernel::~FusedKernel() = default;

std::size_t FusedKernel::scratch_bytes() const {
  const std::int64_t floats = plan_->workers * plan_->worker_floats + plan_->partial_floats;
  return static_cast<std::size_t>(floats) * sizeof(float);
}

bool FusedKernel::is_one_loop() const { return plan_->loop.has_value(); }

void FusedKernel::run(const void* const* inputs, void* const* outputs, void* scratch) const {
  const FusedPlan& plan = *plan_;
  float* memory = static_cast<float*>(scratch);
  const FusedRun run{plan, inputs, outputs, memory, memory + plan.workers * plan.worker_floats};
  parallel_for(plan.workers, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t worker = first; worker < last; ++worker) run_fused_worker(run, worker);
  });
  for (std::size_t i = 0; i < plan.sinks.size(); ++i) {
    finish(plan, plan.sinks[i], run.partials, static_cast<float*>(outputs[i]));
  }
}

}  // namespace sloy::cpu
