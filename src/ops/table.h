/// The table of built-in ops: the one list that the library, its documentation and the tests of ops
/// are made from.
#pragma once

#include "ops/convolution.h"
#include "ops/elementwise.h"
#include "ops/fused.h"
#include "ops/matmul.h"
#include "ops/moments.h"
#include "ops/pool.h"
#include "ops/product_update.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/reorder.h"
#include "ops/shape.h"
#include "ops/softmax.h"
#include "ops/upsample.h"

namespace sloy {

template <const auto&... definitions>
struct OpList {};

using Table = OpList<
    // element by element
    add_op, subtract_op, multiply_op, divide_op, maximum_op, minimum_op, power_op, equal_op,
    not_equal_op, greater_op, greater_equal_op, less_op, less_equal_op, where_op, negative_op,
    absolute_op, sign_op, floor_op, exp_op, log_op, log1p_op, expm1_op, square_op, sqrt_op,
    rsqrt_op, reciprocal_op, tanh_op, sigmoid_op, erf_op, rectify_op, cast_op, stop_gradient_op,
    // reductions
    sum_op, max_op, argmax_op, moments_op, count_op,
    // shapes
    reshape_op, transpose_op, broadcast_to_op, concatenate_op, slice_op, pad_op, one_hot_op,
    // products
    matmul_op, convolution_op, convolution_input_gradient_op, convolution_kernel_gradient_op,
    // windows
    max_pool_op, max_pool_gradient_op, max_pool_gather_op, average_pool_op,
    average_pool_gradient_op, upsample_op, upsample_gradient_op,
    // probabilities and random numbers
    softmax_op, softmax_cross_entropy_op, random_uniform_op, random_normal_op>;

/// Ops that passes alone write into a graph. They keep the same rules: what is asked of an op of
/// the table is asked of them.
using PassTable = OpList<fused_op, reorder_op, product_update_op>;

}  // namespace sloy
