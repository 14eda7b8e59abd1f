/// The autoencoders of the Keras blog (Chollet, "Building autoencoders in Keras", 2016).
#include <sloy/sloy.h>

#include "zoo/zoo.h"

namespace sloy::zoo {
namespace {

constexpr int pixels = 784;

Conv2D convolution(int filters) {
  return {.filters = filters, .kernel_size = 3, .padding = same, .activation = relu};
}

/// The last layer: a score for each pixel.
Conv2D to_image() { return {.filters = 1, .kernel_size = 3, .padding = same}; }

}  // namespace

Model autoencoder(int code) {
  return Sequential{Input{pixels}, Dense{.units = code, .activation = relu},
                    Dense{.units = pixels}};
}

Model sparse_autoencoder(int code, double activity) {
  return Sequential{
      Input{pixels},
      Dense{.units = code, .activation = relu, .activity_regularizer = L1{.l1 = activity}},
      Dense{.units = pixels}};
}

Model deep_autoencoder() {
  std::vector<Layer> layers{Input{pixels}};
  for (int units : {128, 64, 32, 64, 128}) {
    layers.emplace_back(Dense{.units = units, .activation = relu});
  }
  layers.emplace_back(Dense{.units = pixels});
  return Sequential(layers);
}

Model convolutional_autoencoder() {
  const MaxPool2D half{.padding = same};
  return Sequential{
      Input{28, 28, 1}, convolution(16), half, convolution(8), half, convolution(8), half,
      // 4×4×8 is the code.
      convolution(8), UpSampling2D{}, convolution(8), UpSampling2D{},
      Conv2D{.filters = 16, .kernel_size = 3, .activation = relu}, UpSampling2D{}, to_image()};
}

Model denoising_autoencoder(double noise) {
  const MaxPool2D half{.padding = same};
  return Sequential{Input{28, 28, 1}, GaussianNoise{.stddev = noise},
                    convolution(32),  half,
                    convolution(32),  half,
                    convolution(32),  UpSampling2D{},
                    convolution(32),  UpSampling2D{},
                    to_image()};
}

Model variational_autoencoder(int code, double beta) {
  const Symbol image = Input{pixels};
  const Symbol hidden = Dense{.units = 256, .activation = relu}(image);
  const Symbol mean = Dense{.units = code, .name = "mean"}(hidden);
  const Symbol log_variance = Dense{.units = code, .name = "log_variance"}(hidden);
  // The loss is a mean over pixels: the divergence, a sum, is put on the same footing.
  const Symbol drawn =
      GaussianSampling{.kl_weight = beta / pixels, .name = "code"}({mean, log_variance});
  const Symbol decoded = Dense{.units = 256, .activation = relu}(drawn);
  return {image, Dense{.units = pixels, .name = "image"}(decoded)};
}

}  // namespace sloy::zoo
