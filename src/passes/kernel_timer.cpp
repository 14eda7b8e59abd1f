/// Times kernels by running them.
#include <algorithm>
#include <memory>
#include <new>

#include "base/clock.h"
#include "passes/tuning.h"

namespace sloy {
namespace {

/// A run shorter than this is repeated, so that the clock's own steps don't count.
constexpr double least_seconds = 2e-4;
/// Of each candidate that is not far behind, at most, and of all of them together, about.
constexpr int rounds = 7;
constexpr double enough_seconds = 0.5;
/// A candidate that took this much longer than another in its second run is not run again.
constexpr double far_behind = 1.5;

/// Memory for operands: numbers between -1 and 1 where they are floats, as zeros and what a block
/// held before (denormal numbers) can take another time.
class Memory {
 public:
  void require(std::size_t bytes) { bytes_ = std::max(bytes_, bytes); }
  void fill() {
    if (bytes_ == 0) return;
    block_.reset(static_cast<float*>(::operator new(bytes_, alignment)));
    std::uint32_t bits = 1;
    for (std::size_t i = 0; i < bytes_ / sizeof(float); ++i) {
      bits = bits * 1664525U + 1013904223U;
      block_[i] = static_cast<float>(bits >> 8) * 0x1p-23f - 1.0f;
    }
  }
  void* data() const { return block_.get(); }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(float* block) const { ::operator delete(block, alignment); }
  };
  std::size_t bytes_ = 0;
  std::unique_ptr<float[], Free> block_;
};

std::size_t bytes_in(const Type& type, const Layout& layout) {
  return static_cast<std::size_t>(layout.elements(type.shape)) * size_of(type.dtype);
}

/// Operands that all candidates run on in turn: whatever their forms, the numbers are as good.
class Workspace {
 public:
  Workspace(const Request& request, std::span<const Candidate> candidates)
      : inputs_(request.inputs.size()), outputs_(request.outputs.size()) {
    for (const Candidate& candidate : candidates) {
      const Proposal& proposal = candidate.proposal;
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        inputs_[i].require(bytes_in(*request.inputs[i].type, proposal.inputs[i]));
      }
      for (std::size_t i = 0; i < outputs_.size(); ++i) {
        outputs_[i].require(bytes_in(request.outputs[i], proposal.outputs[i]));
      }
      scratch_.require(proposal.scratch_bytes);
      for (const Candidate::Reorder& reorder : candidate.reorders) {
        from_.require(bytes_in(reorder.type, reorder.proposal.inputs[0]));
        to_.require(bytes_in(reorder.type, reorder.proposal.outputs[0]));
        scratch_.require(reorder.proposal.scratch_bytes);
      }
    }
    for (std::vector<Memory>* all : {&inputs_, &outputs_}) {
      for (Memory& memory : *all) memory.fill();
    }
    for (Memory* memory : {&scratch_, &from_, &to_}) memory->fill();
    for (const Memory& memory : inputs_) input_pointers_.push_back(memory.data());
    for (const Memory& memory : outputs_) output_pointers_.push_back(memory.data());
  }

  void run(const Candidate& candidate) {
    const void* from = from_.data();
    void* to = to_.data();
    for (const Candidate::Reorder& reorder : candidate.reorders) {
      reorder.proposal.kernel->run({&from, &to, scratch_.data()});
    }
    candidate.proposal.kernel->run(
        {input_pointers_.data(), output_pointers_.data(), scratch_.data()});
  }

 private:
  std::vector<Memory> inputs_, outputs_;
  Memory scratch_, from_, to_;
  std::vector<const void*> input_pointers_;
  std::vector<void*> output_pointers_;
};

class RealTimer final : public KernelTimer {
 public:
  std::vector<double> seconds(const Request& request,
                              std::span<const Candidate> candidates) override {
    Workspace workspace(request, candidates);
    const double begun = real_clock().seconds();
    std::vector<double> best;
    for (const Candidate& candidate : candidates) {
      workspace.run(candidate);
      best.push_back(time(workspace, candidate));
    }
    const double limit = far_behind * *std::min_element(best.begin(), best.end());
    for (int round = 0; round < rounds; ++round) {
      if (round > 1 && real_clock().seconds() - begun > enough_seconds) break;
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (best[i] <= limit) best[i] = std::min(best[i], time(workspace, candidates[i]));
      }
    }
    return best;
  }

 private:
  static double time(Workspace& workspace, const Candidate& candidate) {
    for (int times = 1;; times *= 4) {
      const double begun = real_clock().seconds();
      for (int i = 0; i < times; ++i) workspace.run(candidate);
      const double taken = real_clock().seconds() - begun;
      if (taken >= least_seconds) return taken / times;
    }
  }
};

}  // namespace

KernelTimer& real_timer() {
  static RealTimer timer;
  return timer;
}

}  // namespace sloy
