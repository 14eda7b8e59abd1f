/// The kernel's gradient by Winograd's algorithm.
#include <algorithm>
#include <bit>

#include "backends/cpu/simd/partials.h"
#include "backends/cpu/simd/winograd.h"
#include "backends/cpu/simd/winograd_pass.h"
#include "backends/cpu/simd/winograd_product.h"
#include "backends/cpu/simd/winograd_wide.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Channels, and filters, of a chunk: its sums are 2.4 MB.
constexpr std::int64_t chunk_channels = 128;

/// Slabs of tiles have sums of their own, which are then added up: slabs of fewer tiles, or more
/// jobs, would make that a burden.
constexpr std::int64_t slab_tiles = 256;
constexpr std::int64_t most_jobs = 32;

/// Jobs, whose number follows from the shape alone: chunks of channels by filters, whose sums stay
/// in the caches, times slabs of tiles.
struct Plan {
  WinogradPass pass;
  std::int64_t channel_chunks = 1, filter_chunks = 1;
  std::int64_t slabs = 1;
  std::int64_t workers = 1;
  WinogradPiece piece = {};  ///< the largest

  std::int64_t chunks() const { return channel_chunks * filter_chunks; }
  std::int64_t jobs() const { return chunks() * slabs; }
  std::int64_t kernel_size() const {
    return 9 * pass.source.blocks * pass.target.blocks * pass.block * pass.block;
  }
  /// The slabs' gradients, where there are several.
  std::int64_t partials() const { return slabs == 1 ? 0 : slabs * kernel_size(); }
  std::int64_t channels_size() const { return winograd_points * piece.channels_step(); }
  std::int64_t filters_size() const { return winograd_points * piece.filters_step(); }
  std::int64_t of_worker() const {
    return channels_size() + filters_size() + winograd_points * piece.kernel_step();
  }
};

Plan plan_of(const WinogradShape& shape, int threads) {
  const WinogradPass pass = winograd_forward(shape);
  Plan plan = {.pass = pass};
  plan.channel_chunks = divide_up(pass.source.blocks * pass.block, chunk_channels);
  plan.filter_chunks = divide_up(pass.target.blocks * pass.block, chunk_channels);
  const std::int64_t slabs = std::clamp<std::int64_t>(
      pass.tiles / slab_tiles, 1, std::max<std::int64_t>(most_jobs / plan.chunks(), 1));
  plan.slabs = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(slabs)));
  plan.workers = std::min<std::int64_t>(threads, plan.jobs());
  plan.piece = {TilePieces::most(divide_up(pass.tiles, plan.slabs)),
                divide_up(pass.source.blocks, plan.channel_chunks),
                divide_up(pass.target.blocks, plan.filter_chunks), pass.block};
  return plan;
}

struct Operands {
  const void* x;
  const void* dy;
  float* results;  ///< of all slabs
};

void run_job(const Plan& plan, const Operands& o, std::int64_t job, float* scratch) {
  const TiledImages& source = plan.pass.source;
  TiledImages target = plan.pass.target;
  target.bfloat16 = source.bfloat16;
  const std::int64_t slab = job / plan.chunks(), chunk = job % plan.chunks();
  const std::int64_t i = chunk / plan.filter_chunks, j = chunk % plan.filter_chunks;
  const std::int64_t c = part(source.blocks, i, plan.channel_chunks);
  const std::int64_t f = part(target.blocks, j, plan.filter_chunks);
  WinogradPiece piece = {0, part(source.blocks, i + 1, plan.channel_chunks) - c,
                         part(target.blocks, j + 1, plan.filter_chunks) - f, plan.pass.block};
  float* channels = scratch;
  float* filters = channels + plan.channels_size();
  float* sums = filters + plan.filters_size();

  const TilePieces pieces = {part(plan.pass.tiles, slab, plan.slabs),
                             part(plan.pass.tiles, slab + 1, plan.slabs)};
  for (std::int64_t p = 0; p < pieces.count(); ++p) {
    piece.tiles = pieces.size(p);
    const std::int64_t start = pieces.start(p);
    const TileRange of_x = {start, piece.tiles, c, piece.channel_blocks, piece.channels_step()};
    const TileRange of_dy = {start, piece.tiles, f, piece.filter_blocks, piece.filters_step()};
    transform_patches(source, of_x, o.x, channels);
    transform_result_gradients(target, of_dy, o.dy, filters);
    const std::int64_t next = pieces.start(p + 1), count = pieces.size(p + 1);
    TileFetch fetch_x(source, {next, count, c, piece.channel_blocks, 0}, o.x, piece.block, 6,
                      winograd_points);
    TileFetch fetch_dy(target, {next, count, f, piece.filter_blocks, 0}, o.dy, piece.block, 4,
                       winograd_points);
    add_points(piece, channels, filters, p == 0, sums, fetch_x, fetch_dy);
  }
  const KernelRange range = {c, piece.channel_blocks, f, piece.filter_blocks, piece.kernel_step()};
  for (std::int64_t k = 0; k < piece.channel_blocks; ++k) {
    for (std::int64_t l = 0; l < piece.filter_blocks; ++l) {
      transform_kernel_gradient(plan.pass.kernel, range, k, l, sums,
                                o.results + slab * plan.kernel_size());
    }
  }
}

}  // namespace

void winograd_kernel_gradient(const WinogradShape& shape, int threads, const void* x,
                              const void* dy, float* dkernel, float* scratch) {
  if (is_wide(shape)) {
    return winograd_wide_kernel_gradient(shape, threads, x, dy, dkernel, scratch);
  }
  const Plan plan = plan_of(shape, threads);
  const Operands operands = {x, dy, plan.slabs == 1 ? dkernel : scratch};
  float* of_workers = scratch + plan.partials();
  parallel_for(plan.workers, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t worker = begin; worker < end; ++worker) {
      const std::int64_t last = part(plan.jobs(), worker + 1, plan.workers);
      for (std::int64_t job = part(plan.jobs(), worker, plan.workers); job < last; ++job) {
        run_job(plan, operands, job, of_workers + worker * plan.of_worker());
      }
    }
  });
  if (plan.slabs == 1) return;
  parallel_for(plan.kernel_size(), 4096, [&](std::int64_t first, std::int64_t last) {
    add_partials(scratch + first, plan.slabs, plan.kernel_size(), last - first, dkernel + first);
  });
}

std::size_t winograd_kernel_gradient_scratch_bytes(const WinogradShape& shape, int threads) {
  if (is_wide(shape)) return winograd_wide_kernel_gradient_scratch_bytes(shape, threads);
  const Plan plan = plan_of(shape, threads);
  return static_cast<std::size_t>(bytes_of(plan.partials() + plan.workers * plan.of_worker()));
}

}  // namespace sloy::cpu
