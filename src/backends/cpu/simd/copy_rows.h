/// The inner loops of copies.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/copy.h"

namespace sloy::cpu {

/// The innermost two axes of a copy, or a part of them.
struct CopyPiece {
  const float* from;
  float* to;
  CopyAxis rows;
  CopyAxis inner;
};

/// inner.to is 1, and inner.from 1 (copy), or anything where rows.from is 1 (transpose).
void copy_rows(const CopyPiece& piece);
void transpose_rows(const CopyPiece& piece);

}  // namespace sloy::cpu
