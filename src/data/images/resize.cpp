#include "data/images/resize.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "data/images/resize_rows.h"

namespace sloy::data {
namespace {

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

/// Keys (1981) with a = −½.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

struct Filter {
  double (*weight)(double distance);
  double radius;
};

Filter filter_of(Interpolation interpolation) {
  return interpolation == Interpolation::bicubic ? Filter{cubic, 2} : Filter{triangle, 1};
}

/// For every pixel of a result, along one direction, what of the image it is made of.
struct Taps {
  std::vector<TapRun> runs;
  std::vector<std::int32_t> weights;  ///< of all runs, `longest` for each
};

/// What a result's pixel covers widens with the scale where the image gets smaller.
Taps make_taps(Filter filter, double from, double to, std::int64_t in, std::int64_t out) {
  const double scale = (to - from) / static_cast<double>(out);
  const double widening = std::max(scale, 1.0), narrowing = 1 / widening;
  const double radius = filter.radius * widening;
  const std::int64_t longest = static_cast<std::int64_t>(std::ceil(radius)) * 2 + 1;
  Taps taps;
  taps.weights.resize(static_cast<std::size_t>(longest * out));
  taps.runs.reserve(static_cast<std::size_t>(out));
  std::vector<double> exact(static_cast<std::size_t>(longest));
  for (std::int64_t at = 0; at < out; ++at) {
    const double center = from + (static_cast<double>(at) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(center - radius + 0.5), 0);
    const auto end = std::min(static_cast<std::int64_t>(center + radius + 0.5), in);
    double sum = 0;
    for (std::int64_t tap = first; tap < end; ++tap) {
      const double distance = (static_cast<double>(tap) - center + 0.5) * narrowing;
      sum += exact[static_cast<std::size_t>(tap - first)] = filter.weight(distance);
    }
    std::int32_t* weights = taps.weights.data() + at * longest;
    for (std::int64_t tap = 0; tap < end - first; ++tap) {
      const double weight = exact[static_cast<std::size_t>(tap)] / sum * (1 << fraction_bits);
      weights[tap] = static_cast<std::int32_t>(weight + (weight < 0 ? -0.5 : 0.5));
    }
    taps.runs.push_back({first, end - first, weights});
  }
  return taps;
}

/// A row of a result, number by number.
void resize_row(const std::uint8_t* in, std::int64_t channels, const Taps& taps,
                std::uint8_t* out) {
  for (const TapRun& run : taps.runs) {
    for (std::int64_t c = 0; c < channels; ++c) {
      std::int32_t sum = 1 << (fraction_bits - 1);
      for (std::int64_t tap = 0; tap < run.count; ++tap) {
        sum += run.weights[tap] * in[(run.first + tap) * channels + c];
      }
      *out++ = static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255));
    }
  }
}

void resize_nearest(const ImageIn<std::uint8_t>& in, const Box& box,
                    const ImageOut<std::uint8_t>& out) {
  const auto place = [](double from, double to, int at, int steps, int size) {
    const double exact = std::floor(from + (at + 0.5) * ((to - from) / steps));
    return std::clamp(static_cast<int>(exact), 0, size - 1);
  };
  for (int y = 0; y < out.height; ++y) {
    const int row = place(box.top, box.bottom, y, out.height, in.height);
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x) {
      const int column = place(box.left, box.right, x, out.width, in.width);
      to = std::copy_n(&in.at(row, column, 0), in.channels, to);
    }
  }
}

bool is_whole(const ImageIn<std::uint8_t>& in, const Box& box) {
  return box.top == 0 && box.left == 0 && box.bottom == in.height && box.right == in.width;
}

template <class T>
Image<T> image_at(T* pixels, const Shape& shape) {
  return {pixels, static_cast<int>(shape.size(0)), static_cast<int>(shape.size(1)),
          static_cast<int>(shape.size(2))};
}

}  // namespace

ImageIn<std::uint8_t> image_of(const Tensor& tensor) {
  return image_at(tensor.values<std::uint8_t>().data(), tensor.shape());
}
ImageOut<std::uint8_t> mutable_image_of(Tensor& tensor) {
  return image_at(tensor.mutable_values<std::uint8_t>().data(), tensor.shape());
}

void resize(const ImageIn<std::uint8_t>& in, const Box& box, Interpolation interpolation,
            const ImageOut<std::uint8_t>& out) {
  assert(in.channels == out.channels);
  if (in.height == out.height && in.width == out.width && is_whole(in, box)) {
    std::ranges::copy(in.values(), out.pixels);
    return;
  }
  if (interpolation == Interpolation::nearest) return resize_nearest(in, box, out);
  const Filter filter = filter_of(interpolation);
  const Taps across = make_taps(filter, box.left, box.right, in.width, out.width);
  const Taps down = make_taps(filter, box.top, box.bottom, in.height, out.height);

  // Only rows that the result has a use for, and behind each a byte that is written.
  const std::int64_t first = down.runs.front().first;
  const std::int64_t last = down.runs.back().first + down.runs.back().count;
  const std::int64_t width = std::int64_t{out.width} * out.channels;
  const std::int64_t stride = width + 1;
  // A thread keeps the memory: taking it anew would cost as much as half the sums.
  thread_local std::vector<std::uint8_t> narrowed;
  narrowed.resize(std::max(narrowed.size(), static_cast<std::size_t>((last - first) * stride)));
  // Behind the image's last row there is nothing that could be read.
  const std::int64_t together =
      in.channels == 3 ? std::min<std::int64_t>(last, in.height - 1) - first : 0;
  const std::int64_t in_stride = std::int64_t{in.width} * in.channels;
  sum_pixels_of_three({in.row(static_cast<int>(first)), in_stride}, together, across.runs,
                      {narrowed.data(), stride});
  for (std::int64_t y = first + together; y < last; ++y) {
    resize_row(in.row(static_cast<int>(y)), in.channels, across,
               narrowed.data() + (y - first) * stride);
  }
  for (int y = 0; y < out.height; ++y) {
    TapRun run = down.runs[static_cast<std::size_t>(y)];
    run.first -= first;
    sum_rows({narrowed.data(), stride}, width, run, out.row(y));
  }
}

Box whole_of(const ImageIn<std::uint8_t>& image) {
  return {.top = 0,
          .left = 0,
          .bottom = static_cast<double>(image.height),
          .right = static_cast<double>(image.width)};
}

Box middle_of(const ImageIn<std::uint8_t>& image, ImageSize wanted) {
  const double height = image.height, width = image.width;
  const double shape = static_cast<double>(wanted.width) / static_cast<double>(wanted.height);
  const double kept_height = std::min(height, width / shape);
  const double kept_width = std::min(width, height * shape);
  const double top = (height - kept_height) / 2, left = (width - kept_width) / 2;
  return {.top = top, .left = left, .bottom = top + kept_height, .right = left + kept_width};
}

}  // namespace sloy::data
