/// Backend: for each op an ordered list of kernel offers, fastest first, the reference kernel last.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/op.h>
#include <sloy/program.h>

#include "tensor/layout.h"

namespace sloy {

/// Where a kernel's operands are in one run.
struct Pointers {
  const void* const* inputs;
  void* const* outputs;
  void* scratch;  ///< 64-byte aligned, of the size the proposal asked for
};

/// A kernel made ready for one node: everything that depends on shapes is done.
/// run() allocates nothing of ours and is called by one thread at a time.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const Pointers& pointers) const = 0;
};

/// One operand as the layout pass knows it when it asks.
struct Operand {
  const Type* type;
  /// The form it has; for a `free` operand the form it would get if nobody minds (plain).
  const Layout* layout;
  /// A variable nothing has chosen a form for yet, or a constant: it takes whatever form is asked
  /// for.
  bool free = false;
  /// Its numbers count as rounded to bfloat16, as which they may lie there already (the form
  /// tells).
  bool bfloat16 = false;
};

/// A node, concrete (no symbols), as an offer sees it.
struct Request {
  const Op* op;
  const void* attributes;
  std::span<const Operand> inputs;
  std::span<const Type> outputs;
  ConvolutionAlgorithm convolution = ConvolutionAlgorithm::automatic;
  /// Which results are to be bfloat16; empty where none is. A kernel that leaves them in float32
  /// gets a conversion behind it.
  std::vector<bool> bfloat16 = {};
  /// Which results nothing reads; empty where each is read. A kernel need not write those.
  std::vector<bool> unread = {};

  bool is_bfloat16(std::size_t result) const {
    return result < bfloat16.size() && bfloat16[result];
  }

  bool is_read(std::size_t result) const { return result >= unread.size() || !unread[result]; }

  template <class A>
  const A& as() const {
    return *static_cast<const A*>(attributes);
  }
};

/// An offer's answer to a node it accepts.
struct Proposal {
  std::vector<Layout> inputs;   ///< forms it reads; where one differs a reorder is put before it
  std::vector<Layout> outputs;  ///< forms it writes
  std::size_t scratch_bytes = 0;
  /// Result → input whose memory it may take over, element for element.
  std::vector<std::pair<int, int>> in_place = {};
  std::string implementation = {};
  std::shared_ptr<const Kernel> kernel;
};

/// One way to compute one op. `consider` accepts with a proposal, or refuses and says why.
struct Offer {
  const Op* op;
  std::string_view name;
  std::optional<Proposal> (*consider)(const Request& request, std::string& refusal);
  /// Where results are not exact on small integers: the error allowed there, in units of the
  /// output's root mean square (Winograd). 0: bit for bit.
  double integer_tolerance = 0;
  /// What it reaches of the machine's peak on the sizes of bench's workloads, as measured; for
  /// forecasts (Plan::seconds), never for a choice. Products of matrices and convolutions give
  /// theirs; all else does little with each number it reads.
  double share_of_peak = 0.05;
};

/// A set of offers. `offers(op)` is in order of preference; the reference kernel stands behind them
/// all and is not listed.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  /// What the times of its kernels depend on besides the nodes: processor, threads, versions.
  virtual std::string machine() const { return std::string(name()); }
  virtual std::vector<const Offer*> offers(const Op& op) const = 0;
  /// Channels in a block of an activation's blocked layout; 0 where the backend has no blocked
  /// form.
  virtual int block_width() const = 0;
  /// Whether it has a kernel for fused chains of element-wise ops (ops/fused.h).
  virtual bool fuses() const = 0;
};

/// No offers: every node runs the op's own reference kernel, on plain layouts, in float or double.
const Backend& reference_backend();
/// oneDNN and Highway (src/backends/cpu).
const Backend& cpu_backend();

/// The reference kernel of a node as a proposal: what every backend's list ends with.
Proposal reference_proposal(const Request& request, std::shared_ptr<const void> attributes,
                            NumericPrecision precision);

}  // namespace sloy
