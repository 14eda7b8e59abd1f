#include <fmt/format.h>
#include <sloy/callbacks.h>

#include <algorithm>

#include "base/words.h"

namespace sloy {
namespace {

/// Of a step that is slow: where it stands, what it does, and why nothing faster took it.
Note note_of(const Plan::Step& step) {
  std::string work = fmt::format("{}, {:.3g} GFLOP", step.op, step.flops / 1e9);
  std::string reason;
  for (const auto& [kernel, why] : step.refused) {
    reason += fmt::format("{}not {}: {}", reason.empty() ? "" : "; ", kernel, why);
  }
  return {step.path.empty() ? "step" : step.path, std::move(work), std::move(reason)};
}

}  // namespace

std::vector<Notice> notices(const Plan& plan) {
  constexpr std::size_t shown = 3;
  std::vector<const Plan::Step*> slow;
  for (const Plan::Step& step : plan.steps) {
    if (step.slow) slow.push_back(&step);
  }
  if (slow.empty()) return {};
  std::stable_sort(slow.begin(), slow.end(),
                   [](const Plan::Step* a, const Plan::Step* b) { return a->flops > b->flops; });
  std::vector<Note> notes;
  for (std::size_t i = 0; i < std::min(slow.size(), shown); ++i) notes.push_back(note_of(*slow[i]));
  if (slow.size() > shown) notes.push_back({"and", counted(slow.size() - shown, "step") + " more"});
  return {Notice("the program is slow: " + counted(slow.size(), "step") +
                     " with much work run on reference kernels, plain loops on one thread",
                 std::move(notes), "use another op, or other shapes or dtypes of its operands")};
}

std::vector<Notice> notices(const Tuning& tuning) {
  std::vector<Notice> all;
  for (const Error& complaint : tuning.complaints()) {
    all.emplace_back(complaint.sentence(), complaint.notes(), complaint.fix());
  }
  return all;
}

}  // namespace sloy
