#include "backends/cpu/simd/winograd.h"

#include <algorithm>

#include "backends/cpu/simd/winograd_pass.h"
#include "backends/cpu/simd/winograd_product.h"
#include "backends/cpu/simd/winograd_wide.h"
#include "base/parallel.h"

namespace sloy::cpu {

WinogradPass winograd_forward(const WinogradShape& s) {
  const std::int64_t block = channel_block();
  const std::int64_t down = divide_up(s.height.output, 4), across = divide_up(s.width.output, 4);
  return {.block = block,
          .tiles = s.batch * down * across,
          .source = {s.channels / block, s.height.input, s.width.input, down, across, s.height.low,
                     s.width.low, s.bfloat16},
          .target = {.blocks = s.filters / block,
                     .height = s.height.output,
                     .width = s.width.output,
                     .down = down,
                     .across = across,
                     .bfloat16 = s.bfloat16_result},
          .kernel = {s.channels / block, s.filters / block, s.bfloat16},
          .turned = false,
          .rectify = s.rectify};
}

WinogradPass winograd_backward(const WinogradShape& s) {
  const std::int64_t block = channel_block();
  const std::int64_t down = divide_up(s.height.input, 4), across = divide_up(s.width.input, 4);
  // Pixel i of dx sees dy from i + low - 2 on.
  return {.block = block,
          .tiles = s.batch * down * across,
          .source = {s.filters / block, s.height.output, s.width.output, down, across,
                     2 - s.height.low, 2 - s.width.low, s.bfloat16},
          .target = {.blocks = s.channels / block,
                     .height = s.height.input,
                     .width = s.width.input,
                     .down = down,
                     .across = across,
                     .bfloat16 = s.bfloat16_result},
          .kernel = {s.channels / block, s.filters / block, s.bfloat16},
          .turned = true,
          .rectify = false};
}

namespace {

/// Tiles that make up for waking another thread, and where pixels are kept for reading all of the
/// transformed kernel rather than its share of the filters.
constexpr std::int64_t tiles_of_a_thread = 16;
constexpr std::int64_t tiles_of_a_part = 64;

/// The transformed kernel is made and used this many bytes at a time, to stay in L3.
constexpr std::int64_t kernel_bytes = 9 << 20;

/// L2 of a core, about.
constexpr std::int64_t own_cache_bytes = 1 << 20;

/// Results that are larger do not wait in a cache for whoever reads them, and would displace what
/// is in use there: they go past it.
constexpr std::int64_t cached_bytes = 3 << 20;

/// How a pass is cut up: by filters, so that a part of the transformed kernel at a time is in use;
/// among the threads by tiles, and by filters too where there are few tiles; and into pieces, whose
/// matrices stay in the thread's own cache.
///
/// Where there are too many channels for that, and the transformed kernel has several parts, a
/// thread's tiles are one piece, transformed once for all parts, and each part of the kernel is
/// read once; of more tiles than memory is to be spent on, so many at a time, in rounds.
struct Plan {
  std::int64_t filter_blocks;  ///< at a time
  std::int64_t tile_parts, filter_parts;
  bool keeps_pixels;
  std::int64_t rounds;
  WinogradPiece piece;  ///< the largest
  bool stream;

  std::int64_t kernel_size() const {
    return winograd_points * piece.channel_blocks * filter_blocks * piece.block * piece.block +
           16 * winograd_points;
  }
  std::int64_t channels_size() const { return winograd_points * piece.channels_step(); }
  std::int64_t of_worker() const {
    return channels_size() + winograd_points * piece.filters_step();
  }
  std::int64_t workers() const { return tile_parts * filter_parts; }
  std::int64_t scratch() const { return kernel_size() + workers() * of_worker(); }
};

Plan plan_of(const WinogradPass& pass, int threads) {
  const std::int64_t of_block =
      bytes_of(winograd_points * pass.source.blocks * pass.block * pass.block);
  Plan plan;
  plan.filter_blocks =
      std::min(std::max<std::int64_t>(kernel_bytes / of_block / 2 * 2, 2), pass.target.blocks);
  const std::int64_t of_usual_piece =
      bytes_of(winograd_points * winograd_tiles * pass.source.blocks * pass.block);
  plan.keeps_pixels = plan.filter_blocks < pass.target.blocks && of_usual_piece > own_cache_bytes;
  plan.tile_parts = std::clamp<std::int64_t>(
      pass.tiles / (plan.keeps_pixels ? tiles_of_a_part : tiles_of_a_thread), 1, threads);
  plan.filter_parts =
      std::clamp<std::int64_t>(plan.filter_blocks / 2, 1, threads / plan.tile_parts);
  const std::int64_t of_worker = divide_up(pass.tiles, plan.tile_parts);
  plan.rounds = plan.keeps_pixels ? divide_up(of_worker, most_winograd_tiles) : 1;
  plan.piece = {.tiles = plan.keeps_pixels ? divide_up(pass.tiles, plan.tile_parts * plan.rounds)
                                           : TilePieces::most(of_worker),
                .channel_blocks = pass.source.blocks,
                .filter_blocks = 2 * divide_up(divide_up(plan.filter_blocks, 2), plan.filter_parts),
                .block = pass.block};
  const std::int64_t pixels =
      pass.tiles / pass.target.tiles() * pass.target.height * pass.target.width;
  plan.stream = pixels * pass.target.blocks * pass.block * pass.target.pixel_bytes() > cached_bytes;
  return plan;
}

struct Operands {
  const void* source;
  const void* kernel;
  const float* bias;
  void* target;
  float* scratch;
};

/// Filters [first, last) of a pass, in blocks, whose transformed kernel is in the scratch.
struct Filters {
  std::int64_t first, last;
  std::int64_t kernel_step;
};

Filters transform_filters(const WinogradPass& pass, const Plan& plan, const Operands& o,
                          std::int64_t first) {
  const std::int64_t last = std::min(first + plan.filter_blocks, pass.target.blocks);
  const WinogradPiece whole = {0, pass.source.blocks, last - first, pass.block};
  const KernelRange range = {0, pass.source.blocks, first, last - first, whole.kernel_step()};
  parallel_for((last - first) * pass.source.blocks, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t f = i / pass.source.blocks, c = i % pass.source.blocks;
      if (pass.turned)
        transform_turned_kernel(pass.kernel, range, c, f, o.kernel, o.scratch);
      else
        transform_kernel(pass.kernel, range, c, f, o.kernel, o.scratch);
    }
  });
  return {first, last, whole.kernel_step()};
}

/// A worker's part of a round's tiles and of the filters.
void convolve_part(const WinogradPass& pass, const Plan& plan, const Operands& o,
                   const Filters& filters, std::int64_t round, std::int64_t worker) {
  const std::int64_t tile_part = round * plan.tile_parts + worker / plan.filter_parts;
  const std::int64_t tile_parts = plan.rounds * plan.tile_parts;
  const std::int64_t filter_part = worker % plan.filter_parts;
  const std::int64_t panels = divide_up(filters.last - filters.first, 2);
  const std::int64_t panel = part(panels, filter_part, plan.filter_parts);
  const std::int64_t first_block = filters.first + 2 * panel;
  const std::int64_t last_block =
      std::min(filters.first + 2 * part(panels, filter_part + 1, plan.filter_parts), filters.last);
  const TilePieces pieces = {part(pass.tiles, tile_part, tile_parts),
                             part(pass.tiles, tile_part + 1, tile_parts), plan.keeps_pixels};
  const float* kernel = o.scratch + panel * 2 * pass.block * pass.source.blocks * pass.block;
  float* channels = o.scratch + plan.kernel_size() + worker * plan.of_worker();
  float* products = channels + plan.channels_size();

  for (std::int64_t p = 0; p < pieces.count(); ++p) {
    const WinogradPiece piece = {pieces.size(p), pass.source.blocks, last_block - first_block,
                                 pass.block};
    const TileRange read = {pieces.start(p), piece.tiles, 0, piece.channel_blocks,
                            piece.channels_step()};
    const bool are_kept = plan.keeps_pixels && filters.first > 0;
    if (!are_kept) transform_patches(pass.source, read, o.source, channels);
    const TileRange next = {pieces.start(p + 1), pieces.size(p + 1), 0, pass.source.blocks, 0};
    TileFetch fetch(pass.source, next, o.source, pass.block, 6,
                    winograd_points * divide_up(piece.filter_blocks, 2));
    multiply_points(piece, channels, kernel, filters.kernel_step, products, fetch);
    const TileRange written = {pieces.start(p), piece.tiles, first_block, piece.filter_blocks,
                               piece.filters_step()};
    transform_results(pass.target, written, products, o.bias, pass.rectify, plan.stream, o.target);
  }
}

void convolve(const WinogradPass& pass, int threads, const Operands& o) {
  const Plan plan = plan_of(pass, threads);
  for (std::int64_t round = 0; round < plan.rounds; ++round) {
    for (std::int64_t first = 0; first < pass.target.blocks; first += plan.filter_blocks) {
      const Filters filters = transform_filters(pass, plan, o, first);
      parallel_for(plan.workers(), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t worker = begin; worker < end; ++worker) {
          convolve_part(pass, plan, o, filters, round, worker);
        }
      });
    }
  }
}

}  // namespace

void winograd_convolution(const WinogradShape& shape, int threads, const void* x,
                          const void* kernel, const float* bias, void* y, float* scratch) {
  if (is_wide(shape)) {
    return winograd_wide_convolution(shape, threads, x, kernel, bias, y, scratch);
  }
  convolve(winograd_forward(shape), threads, {x, kernel, bias, y, scratch});
}

std::size_t winograd_convolution_scratch_bytes(const WinogradShape& shape, int threads) {
  if (is_wide(shape)) return winograd_wide_convolution_scratch_bytes(shape, threads);
  return static_cast<std::size_t>(bytes_of(plan_of(winograd_forward(shape), threads).scratch()));
}

void winograd_input_gradient(const WinogradShape& shape, int threads, const void* dy,
                             const void* kernel, void* dx, float* scratch) {
  if (is_wide(shape)) {
    return winograd_wide_input_gradient(shape, threads, dy, kernel, dx, scratch);
  }
  convolve(winograd_backward(shape), threads, {dy, kernel, nullptr, dx, scratch});
}

std::size_t winograd_input_gradient_scratch_bytes(const WinogradShape& shape, int threads) {
  if (is_wide(shape)) return winograd_wide_input_gradient_scratch_bytes(shape, threads);
  return static_cast<std::size_t>(bytes_of(plan_of(winograd_backward(shape), threads).scratch()));
}

}  // namespace sloy::cpu
