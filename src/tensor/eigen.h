/// Eigenvectors of symmetric matrices.
#pragma once

#include <span>
#include <vector>

namespace sloy {

/// matrix·vector = value·vector, the values in falling order.
struct Eigenvectors {
  std::vector<double> values;
  /// (n, n), one vector a row: of length 1, orthogonal to the others, its largest number positive.
  std::vector<double> vectors;
};

/// By Jacobi's rotations (Golub and Van Loan, Matrix Computations, 8.5), whose values are exact to
/// rounding of the matrix's norm. Takes some ten times n³ operations, in an order of their own: the
/// same matrix gives the same bits. REQUIRES: n × n finite numbers; what is below the diagonal is
/// not looked at.
Eigenvectors symmetric_eigen(std::span<const double> matrix, std::size_t n);

}  // namespace sloy
