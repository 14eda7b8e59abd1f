#include "tensor/eigen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tensor/random.h"

namespace sloy {
namespace {

using Numbers = std::vector<double>;

/// Symmetric, of numbers without a pattern.
Numbers random_matrix(std::size_t n, std::uint64_t seed) {
  std::vector<float> numbers(n * n);
  fill_normal(random_key(seed, Purpose::generate), {}, 0, numbers);
  Numbers matrix(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) {
      matrix[i * n + j] = matrix[j * n + i] = numbers[i * n + j];
    }
  }
  return matrix;
}

/// That matrix·vector = value·vector, and that the vectors are orthonormal.
void expect_solved(const Numbers& matrix, const Eigenvectors& found, double tolerance) {
  const std::size_t n = found.values.size();
  for (std::size_t v = 0; v < n; ++v) {
    const double* vector = &found.vectors[v * n];
    for (std::size_t i = 0; i < n; ++i) {
      double product = 0;
      for (std::size_t j = 0; j < n; ++j) product += matrix[i * n + j] * vector[j];
      EXPECT_NEAR(product, found.values[v] * vector[i], tolerance);
    }
    for (std::size_t w = 0; w < n; ++w) {
      double product = 0;
      for (std::size_t j = 0; j < n; ++j) product += vector[j] * found.vectors[w * n + j];
      EXPECT_NEAR(product, v == w ? 1 : 0, 1e-13);
    }
  }
}

TEST(SymmetricEigen, OfTwoByHand) {
  const Eigenvectors found = symmetric_eigen(Numbers{2, 1, 1, 2}, 2);
  const double half = 1 / std::numbers::sqrt2;
  EXPECT_DOUBLE_EQ(found.values[0], 3);
  EXPECT_DOUBLE_EQ(found.values[1], 1);
  EXPECT_DOUBLE_EQ(found.vectors[0], half);
  EXPECT_DOUBLE_EQ(found.vectors[1], half);
  EXPECT_DOUBLE_EQ(std::abs(found.vectors[2]), half);
  EXPECT_DOUBLE_EQ(found.vectors[2], -found.vectors[3]);
}

/// Second differences: 2 − 2·cos(kπ / (n + 1)).
TEST(SymmetricEigen, OfSecondDifferencesAreKnown) {
  constexpr std::size_t n = 24;
  Numbers matrix(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    matrix[i * n + i] = 2;
    if (i + 1 < n) matrix[i * n + i + 1] = matrix[(i + 1) * n + i] = -1;
  }
  const Eigenvectors found = symmetric_eigen(matrix, n);
  for (std::size_t k = 0; k < n; ++k) {
    const double angle = static_cast<double>(n - k) * std::numbers::pi / (n + 1);
    EXPECT_NEAR(found.values[k], 2 - 2 * std::cos(angle), 1e-14);
  }
  expect_solved(matrix, found, 1e-14);
}

TEST(SymmetricEigen, SolvesWhatItIsGiven) {
  for (std::size_t n : {1, 2, 3, 7, 40}) {
    const Numbers matrix = random_matrix(n, n);
    const Eigenvectors found = symmetric_eigen(matrix, n);
    EXPECT_TRUE(std::is_sorted(found.values.rbegin(), found.values.rend()));
    expect_solved(matrix, found, 1e-13);
  }
}

TEST(SymmetricEigen, MakesTheLargestNumberOfAVectorPositive) {
  constexpr std::size_t n = 12;
  const Eigenvectors found = symmetric_eigen(random_matrix(n, 3), n);
  for (std::size_t v = 0; v < n; ++v) {
    double largest = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double number = found.vectors[v * n + j];
      if (std::abs(number) > std::abs(largest)) largest = number;
    }
    EXPECT_GT(largest, 0);
  }
}

/// Values that are equal, zero, or of very different sizes.
TEST(SymmetricEigen, OfHardMatrices) {
  const Numbers zeros(9);
  EXPECT_EQ(symmetric_eigen(zeros, 3).values, Numbers(3));
  expect_solved(zeros, symmetric_eigen(zeros, 3), 0);

  const Numbers ones(25, 1);  // of rank 1
  const Eigenvectors found = symmetric_eigen(ones, 5);
  EXPECT_NEAR(found.values[0], 5, 1e-14);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_NEAR(found.values[i], 0, 1e-14);
  expect_solved(ones, found, 1e-14);

  const Numbers steep{1e12, 1e5, 3, 1e5, 1, 1e-3, 3, 1e-3, 1e-6};
  expect_solved(steep, symmetric_eigen(steep, 3), 1e12 * 1e-15);
}

TEST(SymmetricEigen, LooksAtTheUpperHalfAlone) {
  const Numbers matrix{2, 1, 0.5, 1, 3, -1, 0.5, -1, 4};
  const Numbers upper{2, 1, 0.5, 99, 3, -1, 99, 99, 4};
  EXPECT_EQ(symmetric_eigen(upper, 3).vectors, symmetric_eigen(matrix, 3).vectors);
  EXPECT_EQ(symmetric_eigen(upper, 3).values, symmetric_eigen(matrix, 3).values);
}

}  // namespace
}  // namespace sloy
