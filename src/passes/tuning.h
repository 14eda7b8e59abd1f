/// Tuning, from within: kernels timed for one node, and what was chosen for it before.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sloy/tuning.h>

#include "base/files.h"
#include "passes/backend.h"

namespace sloy {

/// One way to compute a node, with what it costs besides: operands in another form.
struct Candidate {
  std::string_view kernel;  ///< the offer's name
  Proposal proposal;
  struct Reorder {
    Type type;
    Proposal proposal;
  };
  std::vector<Reorder> reorders = {};
};

/// Times kernels: a seam, so that tests say how long each takes.
class KernelTimer {
 public:
  virtual ~KernelTimer() = default;
  /// Seconds of each candidate for the node.
  virtual std::vector<double> seconds(const Request& request,
                                      std::span<const Candidate> candidates) = 0;
};

/// Runs them, in turn, on numbers of its own.
KernelTimer& real_timer();

/// Whether an op's kernels are worth timing: products and convolutions, and their gradients.
bool is_tuned(const Op& op);

/// What a node's kernels depend on, in words: the same for equal nodes of any program.
std::string describe(const Request& request, std::shared_ptr<const void> attributes);

struct Tuning::Impl {
  /// Where choices are remembered; empty: nowhere.
  std::filesystem::path file = {};
  /// Whether `file` is a folder, in which each machine has a file of its own.
  bool in_folder = false;
  FileSystem* files = &real_files();
  KernelTimer* timer = &real_timer();

  /// Choices made before, by node.
  std::map<std::string, TunedChoice, std::less<>> known = {};
  /// What programs were compiled with.
  std::vector<TunedChoice> used = {};
  std::vector<Error> complaints = {};
  std::string machine = {};
  bool is_open = false;   ///< whether the cache was looked for
  bool has_news = false;  ///< that the cache doesn't hold

  /// Reads the cache of this backend's machine, once. A cache that is no good is complained about
  /// and left out.
  void open(const Backend& backend);
  /// The place of the fastest candidate. One that was chosen before is taken as it was. The first,
  /// which the fixed rule would take, stays unless another is faster by more than what two
  /// measurements of one kernel differ by. REQUIRES: open; two candidates or more.
  std::size_t choose(const std::string& node, const Request& request,
                     std::span<const Candidate> candidates);
  /// Writes what is new to the cache, with what other processes wrote there meanwhile.
  void remember();

 private:
  void use(const TunedChoice& choice);
  void complain(const Error& error, std::string sentence);
};

}  // namespace sloy
