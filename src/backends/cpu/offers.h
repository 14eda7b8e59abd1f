/// The CPU backend's offers: each file of kernels lists its own, in order of preference.
#pragma once

#include <span>

#include "passes/backend.h"

namespace sloy::cpu {

std::span<const Offer> fused_offers();
std::span<const Offer> integer_offers();
std::span<const Offer> moments_offers();
std::span<const Offer> pool_offers();
std::span<const Offer> row_offers();
std::span<const Offer> copy_offers();
std::span<const Offer> random_offers();
std::span<const Offer> few_results_offers();
std::span<const Offer> few_channels_offers();
std::span<const Offer> few_pixels_offers();
std::span<const Offer> convolution_offers();
std::span<const Offer> convolution_input_gradient_offers();
std::span<const Offer> convolution_kernel_gradient_offers();
std::span<const Offer> any_convolution_offers();
std::span<const Offer> tiny_matmul_offers();
std::span<const Offer> few_rows_offers();
std::span<const Offer> panel_offers();
std::span<const Offer> matmul_offers();
std::span<const Offer> any_matmul_offers();
std::span<const Offer> product_update_offers();
std::span<const Offer> reorder_offers();

/// All lists, one after another; for one op, earlier offers are preferred.
std::span<const std::span<const Offer>> offer_lists();

}  // namespace sloy::cpu
