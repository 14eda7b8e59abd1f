/// Tuning: kernels chosen by their time on this machine instead of by a fixed rule.
///
///     Model model = Sequential{Input{8, 8, 3}, Conv2D{.filters = 32, .kernel_size = 3}};
///     model.compile({.loss = MeanSquaredError{},
///                    .tuning = Tuning::cached()});
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sloy/error.h>
#include <sloy/export.h>
#include <sloy/fields.h>

namespace sloy {

/// One kernel that was chosen by its time.
struct TunedChoice {
  std::string node = {};    ///< what is computed: op, arguments, shapes and layouts
  std::string kernel = {};  ///< the one taken
  double seconds = 0;       ///< what it took, with the reorders it needs

  bool operator==(const TunedChoice&) const = default;
  static void fields(auto&& field) {
    field("node", &TunedChoice::node, Needed{});
    field("kernel", &TunedChoice::kernel, Needed{});
    field("seconds", &TunedChoice::seconds, Needed{});
  }
};

/// How the kernels of convolutions, of matrix products and of their gradients are chosen. Empty: by
/// a fixed rule of processor and shape, so that a run repeats anywhere on such a machine. Else each
/// kernel that can do the work is timed on the node's own shapes when a program is compiled, and
/// the fastest is taken. Which one that is may change with what else the machine does, and the
/// results with it in their last bits: what was chosen is kept, so that it can be repeated.
///
/// A handle: copies share what was chosen. Programs that share one are compiled on one thread at a
/// time.
class SLOY_EXPORT Tuning {
 public:
  Tuning() = default;
  /// Remembers its choices for later processes in a file under $XDG_CACHE_HOME/sloy, or
  /// ~/.cache/sloy: one for each processor, number of threads and version of Sloy and oneDNN. Where
  /// neither place is known it remembers nothing.
  static Tuning cached();
  /// Remembers them in this file.
  static Tuning cached(const std::string& file);
  /// Remembers nothing: everything is timed anew.
  static Tuning measured();
  /// Repeats what `save` wrote, on whatever machine; what is not in it is timed. Throws FileError
  /// and ConfigError where the file can't be read or is no such record.
  static Tuning recorded(const std::string& file);

  explicit operator bool() const { return impl_ != nullptr; }

  /// What was chosen for the programs compiled with it so far, in the order of first use.
  std::vector<TunedChoice> choices() const;
  /// Writes the choices, whole or not at all. Throws FileError.
  void save(const std::string& file) const;
  /// What a person should know: a cache that is damaged or can't be written, a choice that can't be
  /// repeated here. All went on without it.
  std::vector<Error> complaints() const;

  struct Impl;
  /// As tests make it (src/passes/tuning.h).
  explicit Tuning(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Impl* impl() const { return impl_.get(); }

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace sloy
