/// Products with a packed weight on our own kernel. Each thread keeps to panels of its own: what it
/// updates stays in its caches until it multiplies by it.
#include <hwy/cache_control.h>

#include <algorithm>

#include "backends/cpu/machine.h"
#include "backends/cpu/matmul.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/panel_jobs.h"
#include "backends/cpu/simd/copy_rows.h"
#include "backends/cpu/simd/panel_product.h"
#include "base/parallel.h"
#include "ops/matmul.h"

namespace sloy::cpu {
namespace {

using onednn::MatmulGeometry;

/// Summands for which a part of a panel stays in L2.
constexpr std::int64_t summands = 512;
/// Rows that pay for turning the weight, which the product with its transpose takes.
constexpr std::int64_t least_rows_of_transposed = 8;

class PanelKernel final : public Kernel {
 public:
  PanelKernel(const MatmulGeometry& geometry, bool has_bias, bool rectify)
      : g_(geometry),
        has_bias_(has_bias),
        rectify_(rectify),
        jobs_(g_.rows, g_.columns, threads_for(geometry)),
        workers_(std::min(std::int64_t{threads_for(geometry)}, jobs_.count())) {}

  std::size_t scratch_bytes() const {
    if (!g_.transpose_a && !g_.transpose_b) return 0;
    return static_cast<std::size_t>(workers_ * part_floats()) * sizeof(float);
  }

  void run(const Pointers& pointers) const override {
    parallel_for(workers_, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t w = first; w < last; ++w) {
        float* part = static_cast<float*>(pointers.scratch) + w * part_floats();
        for (std::int64_t i = jobs_.count() * w / workers_; i < jobs_.count() * (w + 1) / workers_;
             ++i) {
          multiply(jobs_[i], pointers, part);
        }
      }
    });
  }

 private:
  static int threads_for(const MatmulGeometry& geometry) {
    constexpr double flops_of_a_thread = 1 << 19;
    const double most = this_machine().threads;
    return static_cast<int>(std::clamp(geometry.flops() / flops_of_a_thread, 1.0, most));
  }

  std::int64_t part_floats() const { return std::min(g_.inner, summands) * panel_columns; }

  void multiply(const PanelJob& job, const Pointers& pointers, float* part) const {
    const auto* a = static_cast<const float*>(pointers.inputs[0]);
    const auto* b = static_cast<const float*>(pointers.inputs[1]);
    auto* c = static_cast<float*>(pointers.outputs[0]);
    const std::int64_t column = job.panel * panel_columns;
    const std::int64_t c_row = g_.transpose_a ? panel_columns : g_.columns;
    const std::int64_t a_row = g_.transpose_a ? 1 : g_.inner;
    PanelProduct product{.a = a,
                         .a_group = row_group * a_row,
                         .a_row = a_row,
                         .a_step = g_.transpose_a ? g_.rows : 1,
                         .b = part,
                         .inner = 0,
                         .rows = job.rows,
                         .columns = std::min(panel_columns, g_.columns - column),
                         .c = c + (g_.transpose_a ? column * g_.rows : column) + job.row * c_row,
                         .c_row = c_row};
    for (std::int64_t k = 0; k < g_.inner; k += summands) {
      product.a = a + job.row * product.a_row + k * product.a_step;
      product.inner = std::min(summands, g_.inner - k);
      product.adds = k > 0;
      if (g_.transpose_a) {
        pack_columns(b + k * g_.columns + column, product.inner, g_.columns, panel_columns, 0, 1,
                     part);
      } else if (g_.transpose_b) {
        transpose(b, k, product, column, part);
      } else {
        product.b = b + (job.panel * g_.inner + k) * panel_columns;
      }
      if (k + product.inner == g_.inner) {
        if (has_bias_) product.bias = static_cast<const float*>(pointers.inputs[2]) + column;
        product.rectify = rectify_;
      }
      multiply_panel(product);
    }
  }

  /// Rows [column, column + product.columns) of the weight from unit k on, as columns. Asks for the
  /// next panel's rows meanwhile: they are far away, and no stream.
  void transpose(const float* weight, std::int64_t k, const PanelProduct& product,
                 std::int64_t column, float* part) const {
    constexpr std::int64_t line = 16;
    for (std::int64_t unit = 0; unit < product.inner; unit += panel_columns) {
      const std::int64_t panel = k + unit;
      const float* rows = weight + (panel * g_.columns + column * panel_columns);
      if (panel + panel_columns < g_.inner) {
        const float* next = rows + panel_columns * g_.columns;
        for (std::int64_t i = 0; i < product.columns * panel_columns; i += line) {
          hwy::Prefetch(next + i);
        }
      }
      transpose_rows({.from = rows,
                      .to = part + unit * panel_columns,
                      .rows = {.size = panel_columns, .from = 1, .to = panel_columns},
                      .inner = {.size = product.columns, .from = panel_columns, .to = 1}});
    }
  }

  MatmulGeometry g_;
  bool has_bias_;
  bool rectify_;
  PanelJobs jobs_;
  std::int64_t workers_;
};

std::optional<Proposal> consider(const Request& request, std::string& refusal) {
  const MatmulGeometry geometry = geometry_of_matmul(request);
  const Layout weight = form_of_weight(request, geometry);
  if (weight.is_plain()) {
    refusal = "the weight is plain, or packing would pad it";
    return {};
  }
  const auto is_bfloat16 = [](const Operand& operand) { return operand.bfloat16; };
  if (std::ranges::any_of(request.inputs, is_bfloat16) || request.is_bfloat16(0)) {
    refusal = "an operand or the result is bfloat16";
    return {};
  }
  if (geometry.transpose_b && geometry.rows < least_rows_of_transposed) {
    refusal = "too few rows to turn the weight for";
    return {};
  }
  Proposal proposal;
  proposal.inputs.resize(request.inputs.size());
  if (!geometry.transpose_a) proposal.inputs[1] = weight;
  proposal.outputs.push_back(geometry.transpose_a ? weight : Layout{});
  auto kernel = std::make_shared<PanelKernel>(geometry, request.inputs.size() == 3,
                                              request.as<MatmulAttributes>().relu);
  proposal.scratch_bytes = kernel->scratch_bytes();
  proposal.implementation = "packed";
  proposal.kernel = std::move(kernel);
  return proposal;
}

constexpr Offer offers[] = {
    {.op = &matmul_op, .name = "panels", .consider = consider, .share_of_peak = 0.9}};

}  // namespace

/// None where nothing is packed.
std::span<const Offer> panel_offers() {
  const bool packs = this_machine().instructions == InstructionSet::avx512;
  return packs ? std::span(offers) : std::span<const Offer>();
}

}  // namespace sloy::cpu
