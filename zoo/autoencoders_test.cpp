/// What the autoencoders make small, and that they learn it.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <cmath>

#include "zoo/zoo.h"

namespace sloy {
namespace {

constexpr std::int64_t examples = 48, pixels = 784, side = 28;

/// Stripes of four directions and two widths, each a few times: pixels from 0 to 1.
Tensor stripes(bool as_images) {
  std::vector<float> numbers;
  for (std::int64_t n = 0; n < examples; ++n) {
    const double angle = 0.8 * double(n % 4), width = n % 8 < 4 ? 0.5 : 0.9;
    for (std::int64_t y = 0; y < side; ++y) {
      for (std::int64_t x = 0; x < side; ++x) {
        const double along = double(x) * std::cos(angle) + double(y) * std::sin(angle);
        numbers.push_back(static_cast<float>(0.5 + 0.5 * std::sin(width * along)));
      }
    }
  }
  return as_images ? Tensor({examples, side, side, 1}, numbers)
                   : Tensor({examples, pixels}, numbers);
}

struct Named {
  std::string name;
  Model model;
};
constexpr double activity = 1e-4;  ///< of the sparse one

std::vector<Named> all() {
  return {{"autoencoder", zoo::autoencoder()},
          {"sparse", zoo::sparse_autoencoder(32, activity)},
          {"deep", zoo::deep_autoencoder()},
          {"convolutional", zoo::convolutional_autoencoder()},
          {"denoising", zoo::denoising_autoencoder()},
          {"variational", zoo::variational_autoencoder(2, 3)}};
}

bool takes_images(const Model& model) { return model.input_types()[0].shape.rank() == 4; }

data::Dataset mirrored(const Model& model) {
  const Tensor x = stripes(takes_images(model));
  return data::from_tensors(x, x);
}

/// The mean of f(x, d(e(x))) over all pixels.
double mean_over_pixels(const Tensor& x, const Tensor& decoded, double (*f)(double, double)) {
  double sum = 0;
  for (std::size_t i = 0; i < x.values<float>().size(); ++i) {
    sum += f(x.values<float>()[i], decoded.values<float>()[i]);
  }
  return sum / double(x.size());
}

double squared_error(double x, double decoded) { return (x - decoded) * (x - decoded); }
double crossentropy(double x, double score) { return std::log1p(std::exp(score)) - x * score; }

/// What a model adds to the loss for these images: the L1 of the code, or β·(−½ Σ (1 + log σ² − μ²
/// − σ²)) over the number of pixels, as its reconstruction is a mean over them.
double penalty_of(const Named& of, const Tensor& x) {
  double sum = 0;
  if (of.name == "sparse") {
    for (float h : of.model.up_to("dense").predict(x).values<float>())
      sum += activity * std::abs(h);
  }
  if (of.name == "variational") {
    const Tensor means = of.model.up_to("mean").predict(x);
    const Tensor log_variances = of.model.up_to("log_variance").predict(x);
    for (std::size_t i = 0; i < means.values<float>().size(); ++i) {
      const double m = means.values<float>()[i], l = log_variances.values<float>()[i];
      sum -= 3.0 / pixels * 0.5 * (1 + l - m * m - std::exp(l));
    }
  }
  return sum / examples;
}

TEST(Autoencoders, MakeTheDistanceToTheirInputSmall) {
  for (Named& of : all()) {
    const Tensor x = stripes(takes_images(of.model));
    of.model.compile({.loss = MeanSquaredError{}, .seed = 3});
    const Tensor decoded = of.model.predict(x);
    const double penalty = penalty_of(of, x);
    EXPECT_EQ(penalty > 0, of.name == "sparse" || of.name == "variational") << of.name;
    const double squares = mean_over_pixels(x, decoded, squared_error) + penalty;
    EXPECT_NEAR(of.model.evaluate(mirrored(of.model)).loss, squares, 1e-5 * squares) << of.name;
    of.model.compile({.loss = BinaryCrossentropy{.from_logits = true}, .seed = 3});
    const double entropy = mean_over_pixels(x, decoded, crossentropy) + penalty;
    EXPECT_NEAR(of.model.evaluate(mirrored(of.model)).loss, entropy, 1e-5 * entropy) << of.name;
  }
}

/// A net that gives back what it is fed has the noise's variance for its loss: noise comes in, the
/// image as it was is the target. In use there is none.
TEST(Autoencoders, AreToTakeNoiseAway) {
  Sequential model{Input{pixels}, GaussianNoise{.stddev = 0.5},
                   Dense{.units = pixels, .kernel_initializer = Identity{}}};
  model.compile({.optimizer = SGD{.learning_rate = 0}, .loss = MeanSquaredError{}});
  const History history = model.fit(mirrored(model), {.verbose = Verbosity::silent});
  EXPECT_NEAR(history["loss"][0], 0.25, 5 * 0.25 * std::sqrt(2.0 / (examples * pixels)));
  EXPECT_EQ(model.evaluate(mirrored(model)).loss, 0);
}

/// What each pixel's mean over all images would give.
double crossentropy_of_the_mean_image(const Tensor& x) {
  double sum = 0;
  for (std::size_t i = 0; i < pixels; ++i) {
    double mean = 0;
    for (std::size_t n = 0; n < examples; ++n) mean += x.values<float>()[n * pixels + i] / examples;
    sum -= mean * std::log(mean) + (1 - mean) * std::log(1 - mean);
  }
  return sum / pixels;
}

TEST(Autoencoders, LearnMoreThanTheMeanImage) {
  for (Named& of : all()) {
    of.model.compile({.optimizer = Adam{.learning_rate = 5e-3},
                      .loss = BinaryCrossentropy{.from_logits = true},
                      .seed = 3});
    of.model.fit(mirrored(of.model),
                 {.epochs = 25, .batch_size = 16, .verbose = Verbosity::silent});
    const Tensor x = stripes(takes_images(of.model));
    const double reconstruction = mean_over_pixels(x, of.model.predict(x), crossentropy);
    EXPECT_LT(reconstruction, 0.95 * crossentropy_of_the_mean_image(x)) << of.name;
  }
}

}  // namespace
}  // namespace sloy
