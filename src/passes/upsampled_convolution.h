/// Convolutions of enlarged images: computed on the images as they were.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// REQUIRES: a graph without symbols.
///
/// Where an image is enlarged by repeating its pixels and then convolved, several taps of the
/// kernel lie on one pixel of the small image. For each of the f·f places that a result can have
/// within an enlarged pixel their weights are added up first: with factor 2 and a 3×3 kernel four
/// kernels of 2×2, one convolution of the small image with four times the filters, 16 products
/// where there were
/// 36. Its results are then put side by side. The gradients likewise:
///
///     convolution(upsample(x), k)                           = spread(convolution(x, fold(k)))
///     upsample_gradient(convolution_input_gradient(dy, k))  = input gradient(gather(dy), fold(k))
///     convolution_kernel_gradient(upsample(x), dy)          = unfold(kernel gradient(x,
///     gather(dy)))
///
/// Sums are rounded in another order. Done where each direction moves by one, undilated and
/// ungrouped, and products get fewer by a third or more.
std::unique_ptr<Graph> fold_upsampling(const Graph& graph);

}  // namespace sloy
