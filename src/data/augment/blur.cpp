#include "data/augment/blur.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <cmath>
#include <vector>

#include "base/arguments.h"
#include "data/augment/values.h"

namespace sloy::data {
namespace {

int mirrored(int place, int size) {
  if (size == 1) return 0;
  const int period = 2 * (size - 1);
  const int in_period = (place % period + period) % period;
  return in_period < size ? in_period : period - in_period;
}

/// The image smoothed by [1 1 1; 1 5 1; 1 1 1]/13, a pixel at its border as it is.
template <class T>
float smoothed(const ImageIn<T>& image, int y, int x, int channel) {
  if (y == 0 || x == 0 || y == image.height - 1 || x == image.width - 1) {
    return static_cast<float>(image.at(y, x, channel));
  }
  float sum = 4 * static_cast<float>(image.at(y, x, channel));
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) sum += static_cast<float>(image.at(y + dy, x + dx, channel));
  }
  return sum / 13;
}

void check_sizes(const Sizes<2>& sizes) {
  for (int size : sizes.numbers()) {
    if (size > 0 && size % 2 == 1) continue;
    throw ConfigError(fmt::format("a kernel_size of a blur can't be {}", size), {},
                      "give an odd number, so that it has a middle");
  }
}

}  // namespace

std::vector<float> gaussian_kernel(int size, double sigma) {
  std::vector<double> weights;
  double sum = 0;
  for (int i = 0; i < size; ++i) {
    const double distance = i - size / 2;
    weights.push_back(sigma > 0 ? std::exp(-0.5 * std::pow(distance / sigma, 2))
                                : (distance == 0 ? 1.0 : 0.0));
    sum += weights.back();
  }
  std::vector<float> kernel;
  for (double weight : weights) kernel.push_back(static_cast<float>(weight / sum));
  return kernel;
}

template <class T>
void blur(const ImageIn<T>& in, const ImageOut<T>& out, std::span<const float> down,
          std::span<const float> across) {
  thread_local std::vector<float> kept;  // rows convolved, columns not yet
  kept.resize(static_cast<std::size_t>(in.size()));
  const Image<float> rows{kept.data(), in.height, in.width, in.channels};
  const auto reach = [](std::span<const float> kernel) {
    return static_cast<int>(kernel.size() / 2);
  };
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      for (int c = 0; c < in.channels; ++c) {
        float sum = 0;
        for (std::size_t k = 0; k < across.size(); ++k) {
          const int from = mirrored(x + static_cast<int>(k) - reach(across), in.width);
          sum += across[k] * static_cast<float>(in.at(y, from, c));
        }
        rows.at(y, x, c) = sum;
      }
    }
  }
  thread_local std::vector<float> sums;
  for (int y = 0; y < in.height; ++y) {
    sums.assign(static_cast<std::size_t>(in.width) * in.channels, 0.0f);
    for (std::size_t k = 0; k < down.size(); ++k) {
      const float* row = rows.row(mirrored(y + static_cast<int>(k) - reach(down), in.height));
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += down[k] * row[i];
    }
    std::transform(sums.begin(), sums.end(), out.row(y), rounded<T>);
  }
}
template void blur(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                   std::span<const float>, std::span<const float>);
template void blur(const ImageIn<float>&, const ImageOut<float>&, std::span<const float>,
                   std::span<const float>);

ImageShape RandomGaussianBlur::output_shape(const ImageShape& shape) const {
  check("factor", factor, 0, 1);
  check_sizes(kernel_size);
  constexpr double widest = 1e6;
  check("sigma", sigma, 0, widest);
  return shape;
}
template <class T>
void RandomGaussianBlur::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  const double probability = drawn_from_zero(factor, random);
  if (!random.chance(probability)) return copy(in, out);
  const double down = random.uniform(sigma.low(), sigma.high());
  const double across = random.uniform(sigma.low(), sigma.high());
  blur<T>(in, out, gaussian_kernel(kernel_size[0], down), gaussian_kernel(kernel_size[1], across));
}

ImageShape RandomSharpness::output_shape(const ImageShape& shape) const {
  check("factor", factor, 0, 1);
  return shape;
}
template <class T>
void RandomSharpness::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomSharpness", in);
  const auto share = static_cast<float>(2 * drawn_from_zero(factor, random));
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      for (int c = 0; c < in.channels; ++c) {
        const float smooth = smoothed(in, y, x, c);
        out.at(y, x, c) =
            as_value<T>(smooth + share * (static_cast<float>(in.at(y, x, c)) - smooth));
      }
    }
  }
}

template void RandomGaussianBlur::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                        Random&) const;
template void RandomGaussianBlur::apply(const ImageIn<float>&, const ImageOut<float>&,
                                        Random&) const;
template void RandomSharpness::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                     Random&) const;
template void RandomSharpness::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

}  // namespace sloy::data
