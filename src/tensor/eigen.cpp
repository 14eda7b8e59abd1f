#include "tensor/eigen.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace sloy {
namespace {

/// Cosine and sine of the angle that turns two axes.
struct Rotation {
  double cosine;
  double sine;
};

/// That which makes a_pq 0, of the two the smaller angle.
Rotation diagonalizing(double a_pp, double a_qq, double a_pq) {
  const double theta = (a_qq - a_pp) / (2 * a_pq);
  const double tangent = std::copysign(1 / (std::abs(theta) + std::hypot(theta, 1)), theta);
  const double cosine = 1 / std::hypot(tangent, 1);
  return {cosine, tangent * cosine};
}

class Jacobi {
 public:
  Jacobi(std::span<const double> matrix, std::size_t n) : n_(n), a_(n * n), vectors_(n * n) {
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      vectors_[i * n + i] = 1;
      for (std::size_t j = i; j < n; ++j) {
        a_[i * n + j] = a_[j * n + i] = matrix[i * n + j];
        squares += (i == j ? 1 : 2) * matrix[i * n + j] * matrix[i * n + j];
      }
    }
    // So much is lost to rounding anyway.
    negligible_ = std::numeric_limits<double>::epsilon() * std::sqrt(squares) /
                  static_cast<double>(std::max<std::size_t>(n, 1));
  }

  void run() {
    constexpr int most_sweeps = 100;  // about ten are needed: they converge quadratically
    for (int sweep = 0; sweep < most_sweeps; ++sweep) {
      if (!this->sweep()) return;
    }
    assert(false && "Jacobi's rotations converge");
  }

  Eigenvectors result() const {
    std::vector<std::size_t> order(n_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return a_[i * n_ + i] > a_[j * n_ + j]; });
    Eigenvectors result;
    for (std::size_t i : order) {
      result.values.push_back(a_[i * n_ + i]);
      const std::span<const double> vector = std::span(vectors_).subspan(i * n_, n_);
      const double largest =
          *std::max_element(vector.begin(), vector.end(),
                            [](double a, double b) { return std::abs(a) < std::abs(b); });
      for (double number : vector) result.vectors.push_back(largest < 0 ? -number : number);
    }
    return result;
  }

 private:
  /// Every pair of axes once. Returns whether any had to be turned.
  bool sweep() {
    bool turned = false;
    for (std::size_t p = 0; p + 1 < n_; ++p) {
      for (std::size_t q = p + 1; q < n_; ++q) {
        if (std::abs(a_[p * n_ + q]) <= negligible_) continue;
        turn(p, q);
        turned = true;
      }
    }
    return turned;
  }

  void turn(std::size_t p, std::size_t q) {
    const double a_pp = a_[p * n_ + p], a_qq = a_[q * n_ + q], a_pq = a_[p * n_ + q];
    const Rotation by = diagonalizing(a_pp, a_qq, a_pq);
    turn_rows(a_, p, q, by);
    turn_rows(vectors_, p, q, by);
    const double shift = by.sine / by.cosine * a_pq;
    a_[p * n_ + p] = a_pp - shift;
    a_[q * n_ + q] = a_qq + shift;
    a_[p * n_ + q] = a_[q * n_ + p] = 0;
    for (std::size_t k = 0; k < n_; ++k) {
      if (k == p || k == q) continue;
      a_[k * n_ + p] = a_[p * n_ + k];
      a_[k * n_ + q] = a_[q * n_ + k];
    }
  }

  void turn_rows(std::vector<double>& rows, std::size_t p, std::size_t q,
                 const Rotation& by) const {
    double* first = &rows[p * n_];
    double* second = &rows[q * n_];
    for (std::size_t k = 0; k < n_; ++k) {
      const double x = first[k], y = second[k];
      first[k] = by.cosine * x - by.sine * y;
      second[k] = by.sine * x + by.cosine * y;
    }
  }

  std::size_t n_;
  std::vector<double> a_;
  std::vector<double> vectors_;
  double negligible_ = 0;
};

}  // namespace

Eigenvectors symmetric_eigen(std::span<const double> matrix, std::size_t n) {
  Jacobi jacobi(matrix, n);
  jacobi.run();
  return jacobi.result();
}

}  // namespace sloy
