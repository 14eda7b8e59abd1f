#include <fmt/format.h>

#include <array>

#include "backends/cpu/machine.h"
#include "backends/cpu/offers.h"
#include "backends/cpu/onednn/prepared.h"
#include "backends/cpu/simd/targets.h"
#include "base/version.h"

namespace sloy {
namespace {

class CpuBackend final : public Backend {
 public:
  CpuBackend() { cpu::limit_kernels(cpu::this_machine().instructions); }

  std::string_view name() const override { return "cpu"; }

  std::string machine() const override {
    const cpu::Machine machine = cpu::this_machine();
    const BuildInfo& build = build_info();
    return fmt::format("{}, {}, {} threads, Sloy {} {}, oneDNN {}", cpu::processor_name(),
                       cpu::name_of(machine.instructions), machine.threads, build.version,
                       build.commit, onednn::version());
  }

  std::vector<const Offer*> offers(const Op& op) const override {
    std::vector<const Offer*> found;
    for (std::span<const Offer> list : cpu::offer_lists()) {
      for (const Offer& offer : list) {
        if (offer.op == &op) found.push_back(&offer);
      }
    }
    return found;
  }

  int block_width() const override { return cpu::this_machine().channel_block(); }
  bool fuses() const override { return true; }
};

}  // namespace

const Backend& cpu_backend() {
  static const CpuBackend backend;
  return backend;
}

std::span<const std::span<const Offer>> cpu::offer_lists() {
  static const std::array lists{fused_offers(),
                                integer_offers(),
                                moments_offers(),
                                pool_offers(),
                                row_offers(),
                                copy_offers(),
                                random_offers(),
                                few_results_offers(),
                                few_channels_offers(),
                                few_pixels_offers(),
                                convolution_offers(),
                                convolution_input_gradient_offers(),
                                convolution_kernel_gradient_offers(),
                                any_convolution_offers(),
                                tiny_matmul_offers(),
                                few_rows_offers(),
                                panel_offers(),
                                matmul_offers(),
                                any_matmul_offers(),
                                product_update_offers(),
                                reorder_offers()};
  return lists;
}

}  // namespace sloy
