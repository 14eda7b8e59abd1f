/// Kernels along the rows of a (rows, classes) matrix.
#pragma once

#include <cstdint>

namespace sloy::cpu {

struct RowsShape {
  std::int64_t rows = 0;
  std::int64_t classes = 0;
};

/// exp(x − max) over its sum. `y` may be `x`.
void softmax(const RowsShape& shape, const float* x, float* y);

/// log Σ exp(scores) − the label's score, stable. Not-a-number where the label is no class.
void softmax_cross_entropy(const RowsShape& shape, const float* scores, const std::int32_t* labels,
                           float* loss);

/// Index of the largest, the first of equals; NaN is larger than any number.
void argmax(const RowsShape& shape, const float* x, std::int32_t* indices);

/// One at the index, zero elsewhere; all zeros where the index is no class.
void one_hot(const RowsShape& shape, const std::int32_t* indices, float* y);

}  // namespace sloy::cpu
