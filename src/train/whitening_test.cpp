#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

/// Two numbers that say much of the same, and a third.
Tensor correlated(std::int64_t rows) {
  Tensor features(DType::float32, {rows, 3});
  auto values = features.mutable_values<float>();
  for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i) {
    const double a = std::sin(1.7 * static_cast<double>(i));
    const double b = std::cos(0.9 * static_cast<double>(i));
    const double c = std::sin(3.1 * static_cast<double>(i) + 1);
    values[3 * i] = static_cast<float>(10 + 5 * a);
    values[3 * i + 1] = static_cast<float>(-3 + 5 * a + b);
    values[3 * i + 2] = static_cast<float>(100 * c + 20 * b);
  }
  return features;
}

/// Covariance of (n, columns) in double.
std::vector<double> covariance_of(const Tensor& numbers) {
  const auto x = numbers.values<float>();
  const auto columns = static_cast<std::size_t>(numbers.shape().size(-1));
  const std::size_t rows = x.size() / columns;
  std::vector<double> mean(columns), result(columns * columns);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % columns] += x[i] / double(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t a = 0; a < columns; ++a) {
      for (std::size_t b = 0; b < columns; ++b) {
        result[a * columns + b] +=
            (x[i * columns + a] - mean[a]) * (x[i * columns + b] - mean[b]) / double(rows);
      }
    }
  }
  return result;
}

TEST(Whitening, MakesTheCovarianceOne) {
  for (const WhiteningMethod method : {WhiteningMethod::zca, WhiteningMethod::pca}) {
    const Tensor features = correlated(200);
    Sequential model{Input{3}, Whitening{.method = method, .epsilon = 1e-9}};
    model.adapt(data::from_tensors(features));
    const std::vector<double> covariance = covariance_of(model.predict(features));
    for (std::size_t i = 0; i < 9; ++i) {
      EXPECT_NEAR(covariance[i], i % 4 == 0 ? 1 : 0, 1e-3) << i;
    }
  }
}

/// Covariance [[5, 4], [4, 5]]: eigenvalues 9 and 1 of (1, 1) / √2 and (1, −1) / √2.
TEST(Whitening, HasTheMatricesOfItsDefinition) {
  const Tensor features({4, 2}, {13.f, 3.f, 7.f, -3.f, 11.f, -1.f, 9.f, 1.f});
  const auto matrix_of = [&](const Whitening& layer) {
    Sequential model{Input{2}, layer};
    model.adapt(data::from_tensors(features));
    EXPECT_EQ(model.weight("whitening/mean"), Tensor({2}, {10.f, 0.f}));
    const Tensor matrix = model.weight("whitening/matrix");
    return std::vector<float>(matrix.values<float>().begin(), matrix.values<float>().end());
  };
  const double half = std::sqrt(0.5);
  const auto expect = [](const std::vector<float>& found, const std::vector<double>& wanted) {
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found[i], wanted[i], 1e-6) << i;
  };
  // Least change: symmetric, of the square roots' reciprocals 1/3 and 1.
  expect(matrix_of({.epsilon = 1e-12}), {2. / 3, -1. / 3, -1. / 3, 2. / 3});
  expect(matrix_of({.epsilon = 7}), {0.5 / 4 + 0.5 / std::sqrt(8), 0.5 / 4 - 0.5 / std::sqrt(8),
                                     0.5 / 4 - 0.5 / std::sqrt(8), 0.5 / 4 + 0.5 / std::sqrt(8)});
  // Components in columns, that of the largest variance first.
  const std::vector<float> pca = matrix_of({.method = WhiteningMethod::pca, .epsilon = 1e-12});
  EXPECT_NEAR(pca[0], half / 3, 1e-6);
  EXPECT_NEAR(pca[2], half / 3, 1e-6);
  EXPECT_NEAR(std::abs(pca[1]), half, 1e-6);
  EXPECT_NEAR(pca[1], -pca[3], 1e-6);
}

/// (n, 2, 2, 2) of bytes: colours together, or behind a Flatten all eight numbers.
TEST(Whitening, IsOverTheLastAxisOrOverAllOfAnExample) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 60 * 8; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(128 + 100 * std::sin(0.7 * i * i)));
  }
  for (std::size_t i = 1; i < bytes.size(); i += 2) {
    bytes[i] = static_cast<std::uint8_t>((bytes[i] + bytes[i - 1]) / 2);
  }
  const Tensor images({60, 2, 2, 2}, bytes);
  Sequential colours{Input{2, 2, 2}, Whitening{.epsilon = 1e-9}};
  colours.adapt(data::from_tensors(images));
  EXPECT_EQ(colours.weight("whitening/matrix").shape(), (Shape{2, 2}));
  const std::vector<double> two = covariance_of(colours.predict(images));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(two[i], i % 3 == 0 ? 1 : 0, 1e-3);

  Sequential all{Input{2, 2, 2}, Flatten{}, Whitening{.epsilon = 1e-9}};
  all.adapt(data::from_tensors(images));
  EXPECT_EQ(all.weight("whitening/matrix").shape(), (Shape{8, 8}));
  const std::vector<double> eight = covariance_of(all.predict(images));
  for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(eight[i], i % 9 == 0 ? 1 : 0, 1e-3);
}

/// What never varies is 0 there, and what varies less than ε is not blown up.
TEST(Whitening, OfWhatDoesNotVaryIsFinite) {
  Tensor features = correlated(50);
  for (std::size_t i = 0; i < 50; ++i) features.mutable_values<float>()[3 * i + 1] = 7;
  Sequential model{Input{3}, Whitening{.epsilon = 0.01}};
  model.adapt(data::from_tensors(features));
  const Tensor given = model.predict(features);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_NEAR(given.values<float>()[3 * i + 1], 0, 1e-5);
  const Tensor matrix = model.weight("whitening/matrix");
  EXPECT_NEAR(matrix.values<float>()[4], 10, 1e-4);  // 1 / √0.01
}

TEST(Whitening, IsMeasuredByFitAndStoredWithTheModel) {
  const TemporaryDirectory folder;
  const Tensor features = correlated(20);
  Sequential model{Input{3}, Whitening{}, Dense{.units = 1}};
  model.compile({.loss = MeanSquaredError{}});
  const std::string message =
      "predict needs the mean and matrix of a Whitening, which were never measured\n"
      "  layer    whitening\n"
      "  to fix   call fit or adapt first, which measure them";
  EXPECT_EQ(message_of([&] { model.predict(features); }), message);
  model.fit(data::from_tensors(features, Tensor(DType::float32, {20, 1})),
            {.verbose = Verbosity::silent});
  const Tensor before = model.predict(features);
  model.save(folder / "model");
  EXPECT_EQ(Model::load(folder / "model").predict(features), before);
  EXPECT_EQ(model.parameters(), 4) << "what is measured isn't trained";
}

TEST(Whitening, StandsRightAfterTheInput) {
  const data::Dataset data = data::from_tensors(correlated(5));
  Sequential later{Input{3}, Dense{.units = 2}, Whitening{}};
  EXPECT_EQ(message_of([&] { later.adapt(data); }),
            "a Whitening stands right after the input, or after a Flatten that does\n"
            "  layer    whitening\n"
            "  to fix   move it there");
  Sequential flattened{Input{3}, Dense{.units = 2}, Flatten{}, Whitening{}};
  EXPECT_THROW(flattened.adapt(data), ConfigError);
}

TEST(Whitening, SaysWhatIsNotFinite) {
  Tensor features = correlated(5);
  features.mutable_values<float>()[7] = INFINITY;
  Sequential model{Input{3}, Whitening{}};
  EXPECT_EQ(message_of([&] { model.adapt(data::from_tensors(features)); }),
            "the features hold a number that is not finite: inf\n"
            "  example    2 of 5, counted from 0\n"
            "  position   (1) of (3)\n"
            "  layer      whitening   measures their mean and covariance\n"
            "  to fix     correct the data, or leave such examples out");
}

}  // namespace
}  // namespace sloy
