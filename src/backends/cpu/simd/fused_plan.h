/// What a fused program becomes: steps over slots, sorted by how often they run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backends/cpu/simd/fused.h"
#include "backends/cpu/simd/fused_loops.h"
#include "backends/cpu/simd/fused_phrases.h"

namespace sloy::cpu {

/// How many numbers a slot holds.
enum class Extent : std::uint8_t {
  one,       ///< one number, 16 times
  columns,   ///< one for each column of the item
  rows,      ///< one for each row of the tile
  elements,  ///< one for each element of the tile
};

/// Where a slot's numbers are.
enum class Place : std::uint8_t {
  buffer,   ///< in the worker's own memory, at `offset`
  full,     ///< in input `input` as it is
  channel,  ///< likewise
  row,      ///< likewise
  window,   ///< slot `input`, repeated with the period mask + 1, or from the tile's first column on
};

struct Slot {
  Place place = Place::buffer;
  Extent extent = Extent::elements;
  std::uint16_t input = 0;
  std::uintptr_t mask = ~std::uintptr_t{0};
  std::int64_t offset = 0;  ///< in floats
};

/// What one loop does to the result of another instruction, x; y and z are further operands.
enum class Then : std::uint8_t {
  nothing,
  add,            ///< x + y
  subtract,       ///< x − y
  subtract_from,  ///< y − x
  multiply,       ///< x · y
  rectify,        ///< 0 where x ≤ 0, else x
  where,          ///< y where x is not 0, else z
};

struct Step {
  enum class Kind : std::uint8_t {
    compute,
    load_int32,     ///< of input a
    load_uint8,     ///< of input a
    load_bfloat16,  ///< of input a, full
    load_scalar,    ///< of input a, float32
    repeat,         ///< columns of slot a, as often as fits
    spread,         ///< each row's number of slot a, for every element of the row
    random,         ///< randoms[a]
  };
  Kind kind = Kind::compute;
  Opcode opcode = Opcode::move;
  Indexing indexing = Indexing::full;  ///< of a load
  std::uint16_t out = 0;
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  std::uint16_t c = 0;
  std::uint16_t d = 0;
  std::uint16_t e = 0;
  std::uint16_t f = 0;
  float immediate = 0;
  Then then = Then::nothing;     ///< with what follows b as its operands y and z: c and d
  Phrase phrase = Phrase::none;  ///< in the place of opcode and then, of as many operands as it has
  std::uint16_t ahead[2] = {nothing_ahead, nothing_ahead};  ///< inputs whose next tile it fetches

  static constexpr std::uint16_t nothing_ahead = 0xffff;
};

/// A result at the end of a tile.
struct Sink {
  Result result = Result::full;
  std::uint16_t slot = 0;
  bool bfloat16 = false;      ///< full, converted at the end of the tile
  std::int64_t sums = 0;      ///< where the worker adds up, in floats
  std::int64_t partials = 0;  ///< where slabs leave their sums, in floats after the workers' memory
  std::int64_t defined = -1;  ///< the tile step that makes the slot
};

/// Full operands, for in-place checks: the last tile step that reads one.
struct LastUse {
  std::uint16_t input;
  std::int64_t step;
};

/// A full input that comes from afar: it is fetched ahead.
struct Stream {
  std::uint16_t input;
  std::uint16_t bytes;  ///< of an element
};

struct FusedPlan {
  Space space;
  std::vector<FusedProgram::Random> randoms;

  // A worker takes items: slab by slab, in each every block or strip of columns.
  Slabs slabs;
  std::int64_t strip = 1;  ///< columns of an item
  std::int64_t strips = 1;
  bool many_rows = false;  ///< a tile holds whole rows, else a part of one
  std::int64_t tile_rows = 1;
  std::int64_t tile_columns = 1;  ///< the whole width where many_rows
  std::int64_t period = 1;        ///< of sums over rows within a tile
  std::int64_t items = 1;
  std::int64_t workers = 1;

  std::vector<Slot> slots;
  std::vector<std::uint16_t> views_of_item;
  std::vector<std::uint16_t> views_of_tile;
  std::vector<Step> once;      ///< in each run
  std::vector<Step> per_item;  ///< in each item
  std::vector<Step> per_tile;
  std::vector<Sink> sinks;
  std::vector<LastUse> last_uses;
  std::vector<Stream> streams;
  /// What does a tile instead of `per_tile`, sinks and all. Tiles and slabs stay as they would be.
  std::optional<LoopChoice> loop;
  bool stream_results = false;  ///< a loop's, where they are too large for the caches

  std::int64_t views_offset = 0;   ///< where a worker notes the slots' places, in floats
  std::int64_t worker_floats = 0;  ///< each worker's own memory
  std::int64_t partial_floats = 0;

  std::int64_t tile_elements() const { return tile_rows * tile_columns; }
};

/// Decides everything about a program that does not depend on pointers.
FusedPlan plan_fused(FusedProgram program, Space space, int threads);

/// Runs items [first, last) as worker `worker`, partial sums going to `partials`.
struct FusedRun {
  const FusedPlan& plan;
  const void* const* inputs;
  void* const* outputs;
  float* scratch;
  float* partials;
};
void run_fused_worker(const FusedRun& run, std::int64_t worker);

}  // namespace sloy::cpu
