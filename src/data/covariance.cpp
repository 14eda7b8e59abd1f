#include "data/covariance.h"

#include <sloy/error.h>

#include <algorithm>

#include "base/parallel.h"
#include "data/example_memory.h"

namespace sloy::data {
namespace {

/// Sums over rows: their number, mean, and the products of their deviations from it, the upper half
/// of a matrix. Blocks of rows merge without the cancellation that plain sums of products suffer
/// from (Chan, Golub and LeVeque 1983).
class Products {
 public:
  explicit Products(std::size_t length)
      : length_(length), mean_(length), sums_(length * length), block_mean_(length) {}

  /// Takes rows that lie one after another; they are written over.
  void add(std::span<double> rows) {
    const auto added = static_cast<double>(rows.size() / length_);
    subtract_mean(rows);
    const double total = count_ + added;
    const double weight = count_ * added / total;
    std::vector<double> shift(length_);
    for (std::size_t i = 0; i < length_; ++i) shift[i] = block_mean_[i] - mean_[i];
    // A row of the matrix is one thread's, whichever: it adds in the order of the examples.
    constexpr std::int64_t rows_worth_a_thread = 16;
    parallel_for(static_cast<std::int64_t>(length_), rows_worth_a_thread,
                 [&](std::int64_t first, std::int64_t last) {
                   for (auto i = static_cast<std::size_t>(first);
                        i < static_cast<std::size_t>(last); ++i) {
                     double* sums = &sums_[i * length_];
                     for (std::size_t j = i; j < length_; ++j)
                       sums[j] += weight * shift[i] * shift[j];
                     for (std::size_t row = 0; row < rows.size(); row += length_) {
                       const double* deviations = &rows[row];
                       for (std::size_t j = i; j < length_; ++j) {
                         sums[j] += deviations[i] * deviations[j];
                       }
                     }
                   }
                 });
    for (std::size_t i = 0; i < length_; ++i) mean_[i] += shift[i] * added / total;
    count_ = total;
  }

  Covariance result() && {
    for (std::size_t i = 0; i < length_; ++i) {
      for (std::size_t j = i; j < length_; ++j) {
        sums_[i * length_ + j] /= count_;
        sums_[j * length_ + i] = sums_[i * length_ + j];
      }
    }
    return {std::move(mean_), std::move(sums_)};
  }

 private:
  void subtract_mean(std::span<double> rows) {
    std::fill(block_mean_.begin(), block_mean_.end(), 0.0);
    for (std::size_t i = 0; i < rows.size(); ++i) block_mean_[i % length_] += rows[i];
    const auto count = static_cast<double>(rows.size() / length_);
    for (double& mean : block_mean_) mean /= count;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] -= block_mean_[i % length_];
  }

  std::size_t length_;
  double count_ = 0;
  std::vector<double> mean_;
  std::vector<double> sums_;
  std::vector<double> block_mean_;
};

}  // namespace

Covariance covariance(const Dataset& dataset, std::size_t part, std::size_t length) {
  if (dataset.empty()) throw DataError("an empty data set has no covariance");
  const auto numbers = static_cast<std::size_t>(dataset.spec().features[part].shape.size());
  constexpr std::int64_t numbers_of_a_block = 1 << 18;  // 2 MB
  const auto block =
      std::max<std::int64_t>(1, numbers_of_a_block / static_cast<std::int64_t>(numbers));
  Products products(length);
  std::vector<double> rows;
  for (std::int64_t first = 0; first < dataset.size(); first += block) {
    const std::int64_t count = std::min(block, dataset.size() - first);
    rows.resize(static_cast<std::size_t>(count) * numbers);
    parallel_for(count, 64, [&](std::int64_t begin, std::int64_t end) {
      const ExampleMemory memory(dataset.spec());
      for (std::int64_t example = begin; example < end; ++example) {
        dataset.read(first + example, memory.slot());
        const Tensor values = memory.tensors().features[part].cast(DType::float64);
        std::ranges::copy(values.values<double>(),
                          rows.begin() + example * static_cast<std::int64_t>(numbers));
      }
    });
    products.add(rows);
  }
  return std::move(products).result();
}

}  // namespace sloy::data
