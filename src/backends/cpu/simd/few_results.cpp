#include "backends/cpu/simd/few_results.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "backends/cpu/simd/few_results_tiles.h"
#include "backends/cpu/simd/partials.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Multiplications that make up for waking another thread.
constexpr std::int64_t work_of_a_thread = 1 << 18;
/// Numbers of an image's padded copy that stay in L2.
constexpr std::int64_t numbers_of_a_copy = 1 << 17;
/// Multiplications of a slab of the kernel gradient, and how many slabs there are at most.
constexpr std::int64_t work_of_a_slab = 1 << 19;
constexpr std::int64_t most_slabs = 64;
/// Of the widest vector.
constexpr std::int64_t most_lanes = 16;

std::int64_t rounded_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

/// A convolution to `results` numbers a position, forward or by the input.
struct Planar {
  std::int64_t batch, terms, results;
  Axis height, width;
  bool rectify;
  int threads;

  std::int64_t padded_width() const { return width.output + width.taps - 1; }
  std::int64_t taps() const { return height.taps * width.taps; }
  std::int64_t weights() const { return terms * taps() * results; }

  /// Rows of results that one job makes of an image.
  std::int64_t band_rows() const {
    const std::int64_t fitting = numbers_of_a_copy / (terms * padded_width()) - (height.taps - 1);
    const std::int64_t bands = (height.output - 1) / std::max<std::int64_t>(fitting, 1) + 1;
    return (height.output - 1) / bands + 1;
  }
  std::int64_t bands() const { return (height.output - 1) / band_rows() + 1; }
  /// Positions of a band, those in the padding between rows too, in whole vectors.
  std::int64_t positions(std::int64_t rows) const {
    return rounded_up(rows * padded_width(), most_lanes);
  }
  std::int64_t plane_step() const {
    const std::int64_t seen =
        positions(band_rows()) + (height.taps - 1) * padded_width() + width.taps - 1;
    // Behind the last row there is room for the rest of its last vector.
    const std::int64_t step = rounded_up(seen, most_lanes) + most_lanes;
    // Planes at a distance of pages would displace one another from L1.
    return step % 256 == 0 ? step + most_lanes : step;
  }
  std::int64_t jobs() const { return batch * bands(); }
  std::int64_t workers() const {
    const std::int64_t work = batch * height.output * width.output * weights();
    return std::clamp<std::int64_t>(work / work_of_a_thread, 1,
                                    std::min<std::int64_t>(threads, jobs()));
  }
  std::int64_t copy_size() const { return terms * plane_step(); }
  std::int64_t worker_size() const {
    return rounded_up(copy_size() + positions(band_rows()) * results, most_lanes);
  }
  std::int64_t scratch_size() const {
    return rounded_up(weights(), most_lanes) + workers() * worker_size();
  }
};

Planar forward(const FewResults& s) {
  return {s.batch, s.channels, s.filters, s.height, s.width, s.rectify, s.threads};
}

/// dx is a convolution of dy with the kernel turned round.
Planar backward(const FewResults& s) {
  const auto turned = [](const Axis& axis) {
    return Axis{.input = axis.output,
                .output = axis.input,
                .taps = axis.taps,
                .low = axis.taps - 1 - axis.low};
  };
  return {s.batch, s.filters, s.channels, turned(s.height), turned(s.width), false, s.threads};
}

/// The rows of x that rows [first, first + rows) of the results see, and where the copy of them
/// begins among the rows of padding and image.
struct SeenRows {
  std::int64_t first, last, at;
  SeenRows(const Axis& height, std::int64_t first_result, std::int64_t rows)
      : first(std::max<std::int64_t>(first_result - height.low, 0)),
        last(std::min(first_result - height.low + rows + height.taps - 1, height.input)),
        at(first - (first_result - height.low)) {}
  std::int64_t count() const { return std::max<std::int64_t>(last - first, 0); }
};

/// One axis's part of a row that lies in the copy: a negative `low` leaves out the first pixels.
struct Inside {
  std::int64_t from, to, count;
  Inside(const Axis& axis, std::int64_t padded)
      : from(std::max<std::int64_t>(-axis.low, 0)),
        to(std::max<std::int64_t>(axis.low, 0)),
        count(std::min(axis.input - from, padded - to)) {}
};

class PlanarRun {
 public:
  PlanarRun(const Planar& planar, const float* x, const float* weights, const float* bias, float* y)
      : p_(planar), x_(x), y_(y), inside_(planar.width, planar.padded_width()) {
    for (std::int64_t tap = 0; tap < p_.taps(); ++tap) {
      offsets_[static_cast<std::size_t>(tap)] =
          tap / p_.width.taps * p_.padded_width() + tap % p_.width.taps;
    }
    run_ = {.planes = nullptr,
            .plane_step = p_.plane_step(),
            .terms = p_.terms,
            .offsets = offsets_.data(),
            .taps = p_.taps(),
            .weights = weights,
            .bias = bias,
            .rectify = p_.rectify,
            .results = nullptr,
            .count = p_.results,
            .positions = 0};
  }
  PlanarRun(const PlanarRun&) = delete;
  PlanarRun& operator=(const PlanarRun&) = delete;

  void run_job(std::int64_t job, float* memory) const {
    const std::int64_t image = job / p_.bands();
    const std::int64_t first = job % p_.bands() * p_.band_rows();
    const std::int64_t rows = std::min(p_.band_rows(), p_.height.output - first);
    copy_band(image, first, rows, memory);
    ResultsOfPlanes run = run_;
    run.planes = memory;
    run.results = memory + p_.copy_size();
    run.positions = p_.positions(rows);
    convolve_planes(run);
    const std::int64_t row_size = p_.width.output * p_.results;
    for (std::int64_t r = 0; r < rows; ++r) {
      std::copy_n(run.results + r * p_.padded_width() * p_.results, row_size,
                  y_ + (image * p_.height.output + first + r) * row_size);
    }
  }

 private:
  /// The band's pixels with zeros around them, a plane for each channel.
  void copy_band(std::int64_t image, std::int64_t first, std::int64_t rows, float* planes) const {
    std::fill_n(planes, p_.copy_size(), 0.0f);
    const SeenRows seen(p_.height, first, rows);
    if (seen.count() == 0 || inside_.count <= 0) return;
    const std::int64_t pixel =
        (image * p_.height.input + seen.first) * p_.width.input + inside_.from;
    turn_rows({.from = x_ + pixel * p_.terms,
               .from_row = p_.width.input * p_.terms,
               .to = planes + seen.at * p_.padded_width() + inside_.to,
               .to_row = p_.padded_width(),
               .to_channel = p_.plane_step(),
               .rows = seen.count(),
               .pixels = inside_.count,
               .channels = p_.terms});
  }

  const Planar& p_;
  const float* x_;
  float* y_;
  Inside inside_;
  std::array<std::int64_t, FewResults::most_taps> offsets_ = {};
  ResultsOfPlanes run_ = {};
};

void convolve(const Planar& p, const float* x, const float* bias, float* y, float* scratch) {
  const PlanarRun run(p, x, scratch, bias, y);
  const std::int64_t workers = p.workers();
  float* memory = scratch + rounded_up(p.weights(), most_lanes);
  parallel_for(workers, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t worker = first; worker < last; ++worker) {
      const std::int64_t end = p.jobs() * (worker + 1) / workers;
      for (std::int64_t job = p.jobs() * worker / workers; job < end; ++job) {
        run.run_job(job, memory + worker * p.worker_size());
      }
    }
  });
}

std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

/// The kernel gradient: slabs of images, each with sums of its own.
struct Slabs {
  const FewResults& s;

  std::int64_t padded_width() const { return s.width.output + s.width.taps - 1; }
  std::int64_t row_size() const { return padded_width() * s.channels; }
  std::int64_t band_rows() const {
    const std::int64_t fitting = numbers_of_a_copy / row_size() - (s.height.taps - 1);
    return std::clamp<std::int64_t>(fitting, 1, s.height.output);
  }
  /// A vector may read beyond the last window.
  std::int64_t copy_size() const {
    return rounded_up((band_rows() + s.height.taps - 1) * row_size(), most_lanes) + most_lanes;
  }
  std::int64_t line_size() const { return s.width.taps * s.channels; }
  std::int64_t sum_step() const { return rounded_up(line_size(), most_lanes); }
  std::int64_t sums() const { return s.filters * s.height.taps * sum_step(); }
  /// A power of two, so that threads have equal shares; all sums together are not more than what
  /// they are made of.
  std::int64_t count() const {
    const std::int64_t pixels = s.batch * s.height.output * s.width.output;
    const std::int64_t work = pixels * s.taps() * s.channels * s.filters;
    const std::int64_t operands = pixels * (s.channels + s.filters);
    const std::int64_t most =
        std::min({work / work_of_a_slab, operands / sums(), most_slabs, s.batch});
    return static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(most, 1))));
  }
  std::int64_t workers() const { return std::min<std::int64_t>(s.threads, count()); }
  std::int64_t scratch_size() const { return count() * sums() + workers() * copy_size(); }

  void add_image(const float* x, const float* dy, float* copy, float* to) const {
    const Inside inside(s.width, padded_width());
    for (std::int64_t first = 0; first < s.height.output; first += band_rows()) {
      const std::int64_t rows = std::min(band_rows(), s.height.output - first);
      std::fill_n(copy, copy_size(), 0.0f);
      const SeenRows seen(s.height, first, rows);
      for (std::int64_t r = 0; r < seen.count() && inside.count > 0; ++r) {
        std::copy_n(x + ((seen.first + r) * s.width.input + inside.from) * s.channels,
                    inside.count * s.channels,
                    copy + (seen.at + r) * row_size() + inside.to * s.channels);
      }
      add_kernel_sums({.x = copy,
                       .x_row = row_size(),
                       .channels = s.channels,
                       .dy = dy + first * s.width.output * s.filters,
                       .rows = rows,
                       .positions = s.width.output,
                       .filters = s.filters,
                       .lines = s.height.taps,
                       .line_size = line_size(),
                       .sum_step = sum_step(),
                       .sums = to});
    }
  }
};

[[maybe_unused]] bool is_possible(const FewResults& s) {
  const auto is_plain = [](const Axis& axis) { return axis.stride == 1 && axis.dilation == 1; };
  return is_plain(s.height) && is_plain(s.width) && s.taps() <= FewResults::most_taps;
}

}  // namespace

std::size_t convolve_to_few_scratch_bytes(const FewResults& s) {
  return bytes(forward(s).scratch_size());
}

void convolve_to_few(const FewResults& s, const float* x, const float* kernel, const float* bias,
                     float* y, float* scratch) {
  assert(is_possible(s) && s.filters <= most_results);
  float* weights = scratch;
  for (std::int64_t channel = 0; channel < s.channels; ++channel) {
    for (std::int64_t tap = 0; tap < s.taps(); ++tap) {
      weights = std::copy_n(kernel + (tap * s.channels + channel) * s.filters, s.filters, weights);
    }
  }
  convolve(forward(s), x, bias, y, scratch);
}

std::size_t input_gradient_of_few_scratch_bytes(const FewResults& s) {
  return bytes(backward(s).scratch_size());
}

void input_gradient_of_few(const FewResults& s, const float* dy, const float* kernel, float* dx,
                           float* scratch) {
  assert(is_possible(s) && s.channels <= most_results);
  float* weights = scratch;
  for (std::int64_t filter = 0; filter < s.filters; ++filter) {
    for (std::int64_t tap = s.taps(); tap-- > 0;) {
      for (std::int64_t channel = 0; channel < s.channels; ++channel) {
        *weights++ = kernel[(tap * s.channels + channel) * s.filters + filter];
      }
    }
  }
  convolve(backward(s), dy, nullptr, dx, scratch);
}

std::size_t kernel_gradient_of_few_scratch_bytes(const FewResults& s) {
  return bytes(Slabs{s}.scratch_size());
}

void kernel_gradient_of_few(const FewResults& s, const float* x, const float* dy, float* dkernel,
                            float* scratch) {
  assert(is_possible(s) && s.filters <= most_results);
  const Slabs slabs{s};
  const std::int64_t x_size = s.height.input * s.width.input * s.channels;
  const std::int64_t dy_size = s.height.output * s.width.output * s.filters;
  const std::int64_t count = slabs.count(), workers = slabs.workers(), size = slabs.sums();
  float* copies = scratch + count * size;
  parallel_for(workers, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t worker = first; worker < last; ++worker) {
      for (std::int64_t slab = count * worker / workers; slab < count * (worker + 1) / workers;
           ++slab) {
        float* sums = scratch + slab * size;
        std::fill_n(sums, size, 0.0f);
        for (std::int64_t n = s.batch * slab / count; n < s.batch * (slab + 1) / count; ++n) {
          slabs.add_image(x + n * x_size, dy + n * dy_size, copies + worker * slabs.copy_size(),
                          sums);
        }
      }
    }
  });
  for (std::int64_t line = 0; line < s.filters * s.height.taps; ++line) {
    const std::int64_t filter = line / s.height.taps, tap_line = line % s.height.taps;
    add_partials(scratch + line * slabs.sum_step(), count, size, slabs.line_size(),
                 dkernel + tap_line * slabs.line_size() * s.filters + filter, s.filters);
  }
}

}  // namespace sloy::cpu
