#include "backends/cpu/simd/fused_plan.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/fused_run.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/instructions-inl.h"
#include "backends/cpu/simd/philox-inl.h"
#include "backends/cpu/simd/phrases-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// Bytes of a cache line.
constexpr std::size_t line = 64;

/// One thread's part of a run: goes through its items and keeps the slots' places up to date.
class Worker {
 public:
  Worker(const FusedRun& run, std::int64_t number)
      : plan_(run.plan),
        run_(run),
        memory_(run.scratch + number * plan_.worker_floats),
        views_(reinterpret_cast<Tile*>(memory_ + plan_.views_offset)) {
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      views_[i] = {memory_ + plan_.slots[i].offset, plan_.slots[i].mask};
    }
    const std::size_t results = plan_.sinks.size();
    for (std::size_t i = 0; i < results; ++i)
      directs_[i / 64] |= std::uint64_t{direct(i)} << i % 64;
    stream_ = streams_results();
    execute(plan_.once);
  }

  /// Works on item [first, last) one after the other.
  void work(std::int64_t first, std::int64_t last) {
    for (std::int64_t item = first; item < last; ++item) {
      after_item_ = item + 1 < last ? first_element(item + 1) : nowhere;
      work(item);
    }
    if (stream_) hwy::FlushStream();
  }

 private:
  static constexpr std::int64_t nowhere = -1;

  struct Cut {
    std::int64_t slab, block, strip;
  };
  Cut cut(std::int64_t item) const {
    const std::int64_t units = plan_.space.blocks * plan_.strips;
    return {item / units, item % units / plan_.strips, item % plan_.strips * plan_.strip};
  }
  std::int64_t element_at(std::int64_t panel, std::int64_t row, std::int64_t column) const {
    return (panel * plan_.space.rows + row) * plan_.space.width + column;
  }
  std::int64_t first_element(std::int64_t item) const {
    const auto [slab, block, strip] = cut(item);
    const Slabs::Range range = plan_.slabs.range(plan_.space, slab);
    return element_at(range.first_example * plan_.space.blocks + block, range.first_row, strip);
  }

  void work(std::int64_t item) {
    const Space& space = plan_.space;
    const Cut where = cut(item);
    slab_ = where.slab;
    block_ = where.block;
    strip_ = where.strip;
    columns_ = std::min(plan_.strip, space.width - strip_);
    const Slabs::Range range = plan_.slabs.range(space, slab_);

    item_ = item;
    last_example_ = range.last_example;
    clear_sums(Result::channel_sum);
    clear_sums(Result::total_sum);
    place(plan_.views_of_item);
    execute(plan_.per_item);
    for (example_ = range.first_example; example_ < range.last_example; ++example_) {
      work_on_panel(range.first_row, range.last_row);
    }
    for (std::size_t i = 0; i < plan_.sinks.size(); ++i) leave_sums(i);
  }

  void work_on_panel(std::int64_t row, std::int64_t end_row) {
    panel_ = example_ * plan_.space.blocks + block_;
    for (row_ = row; row_ < end_row; row_ += plan_.tile_rows) {
      rows_ = std::min(plan_.tile_rows, end_row - row_);
      for (column_ = strip_; column_ < strip_ + columns_; column_ += plan_.tile_columns) {
        after_tile_ = element_after(row, end_row);
        work_on_tile(std::min(plan_.tile_columns, strip_ + columns_ - column_));
      }
    }
  }

  /// The first element of the tile that follows.
  std::int64_t element_after(std::int64_t first_row, std::int64_t end_row) const {
    const std::int64_t column = column_ + plan_.tile_columns;
    if (column < strip_ + columns_) return element_at(panel_, row_, column);
    const std::int64_t row = row_ + plan_.tile_rows;
    if (row < end_row) return element_at(panel_, row, strip_);
    if (example_ + 1 == last_example_) return after_item_;
    return element_at(panel_ + plan_.space.blocks, first_row, strip_);
  }

  void work_on_tile(std::int64_t tile_columns) {
    elements_ = rows_ * tile_columns;
    element_ = element_at(panel_, row_, column_);
    if (plan_.loop) return run_loop_over_tile(*plan_.loop);
    logical_row_ = example_ * plan_.space.rows + row_;
    place(plan_.views_of_tile);
    for (std::size_t i = 0; i < plan_.sinks.size(); ++i) {
      if (is_direct(i)) views_[plan_.sinks[i].slot].data = output(i) + element_;
    }
    execute_tile();
    // Sums read operands in place, which a full result may be about to overwrite.
    for (std::size_t i = 0; i < plan_.sinks.size(); ++i) {
      if (plan_.sinks[i].result != Result::full) sink(i);
    }
    for (std::size_t i = 0; i < plan_.sinks.size(); ++i) {
      if (plan_.sinks[i].result == Result::full) sink(i);
    }
  }

  void run_loop_over_tile(const LoopChoice& loop) const {
    const std::int64_t full = element_ * std::int64_t{loop.bfloat16 ? 2 : 4};
    const std::int64_t channel = index_of(Place::channel) * 4;
    LoopRun run = {.count = elements_};
    for (int i = 0; i < loop.code.loads; ++i) {
      const Indexing indexing = loop.code.indexing[i];
      run.operands[i] =
          static_cast<const std::byte*>(run_.inputs[i]) + (indexing == Indexing::full      ? full
                                                           : indexing == Indexing::channel ? channel
                                                                                           : 0);
    }
    for (int i = 0; i < loop.code.stores; ++i) {
      run.results[i] = loop.code.store[i].is_sum ? static_cast<void*>(memory_ + plan_.sinks[i].sums)
                                                 : static_cast<std::byte*>(run_.outputs[i]) + full;
    }
    if (!plan_.streams.empty() && after_tile_ != nowhere) run.ahead = after_tile_ - element_;
    run.stream = stream_;
    run_loop(loop, run);
  }

  /// Whether full results go past the caches: not where one takes an operand's place.
  bool streams_results() const {
    if (!plan_.stream_results) return false;
    const void* const* first = run_.inputs;
    const void* const* last = run_.inputs + plan_.loop->code.loads;
    for (std::size_t i = 0; i < plan_.sinks.size(); ++i) {
      if (plan_.sinks[i].result != Result::full) continue;
      const void* to = run_.outputs[i];
      const bool is_aligned = reinterpret_cast<std::uintptr_t>(to) % line == 0;
      if (!is_aligned || std::find(first, last, to) != last) return false;
    }
    return true;
  }

  void place(const std::vector<std::uint16_t>& numbers) {
    for (const std::uint16_t number : numbers) {
      const Slot& slot = plan_.slots[number];
      const float* input = static_cast<const float*>(
          slot.place == Place::window ? nullptr : run_.inputs[slot.input]);
      switch (slot.place) {
        case Place::buffer: break;
        case Place::full: views_[number].data = input + element_; break;
        case Place::channel:
        case Place::row: views_[number].data = input + index_of(slot.place); break;
        case Place::window:
          views_[number].data = views_[slot.input].data + (plan_.many_rows ? 0 : column_ - strip_);
          break;
      }
    }
  }
  std::int64_t index_of(Place place) const {
    if (place == Place::channel) return block_ * plan_.space.width + strip_;
    return place == Place::row ? logical_row_ : element_;
  }
  std::int64_t index_of(Indexing indexing) const {
    switch (indexing) {
      case Indexing::full: return element_;
      case Indexing::channel: return index_of(Place::channel);
      case Indexing::row: return logical_row_;
      case Indexing::scalar: return 0;
    }
    return 0;
  }
  std::size_t count_of(Extent extent) const {
    switch (extent) {
      case Extent::one: return 16;
      case Extent::columns: return static_cast<std::size_t>(columns_);
      case Extent::rows: return static_cast<std::size_t>(rows_);
      case Extent::elements: return static_cast<std::size_t>(elements_);
    }
    return 0;
  }

  void execute(const std::vector<Step>& steps) {
    for (const Step& step : steps) execute(step);
  }
  void execute_tile() {
    if (plan_.streams.empty() || after_tile_ == nowhere) return execute(plan_.per_tile);
    const std::size_t steps = plan_.per_tile.size();
    const auto elements = static_cast<std::size_t>(elements_);
    for (std::size_t i = 0; i < steps; ++i) {
      prefetch(elements * i / steps, elements * (i + 1) / steps);
      execute(plan_.per_tile[i]);
    }
  }
  /// Asks for elements [first, last) of the operands' next tile. Done bit by bit, as more than
  /// the cache has room to wait for would hold up the step at hand. Inline, as g++ takes a function
  /// that does nothing else for one without effect.
  HWY_INLINE void prefetch(std::size_t first, std::size_t last) const {
    for (const Stream& stream : plan_.streams) {
      const char* next = static_cast<const char*>(run_.inputs[stream.input]) +
                         after_tile_ * static_cast<std::int64_t>(stream.bytes);
      // The line in which the first begins has been asked for with those before it.
      const std::size_t begin = (first * stream.bytes + line - 1) / line * line;
      for (std::size_t i = begin; i < last * stream.bytes; i += line) hwy::Prefetch(next + i);
    }
  }

  void execute(const Step& step) {
    const Extent extent = plan_.slots[step.out].extent;
    const std::size_t count = count_of(extent);
    float* out = const_cast<float*>(views_[step.out].data);
    switch (step.kind) {
      case Step::Kind::compute:
        if (step.opcode == Opcode::row_sum || step.opcode == Opcode::row_max) {
          reduce_rows(step.opcode, views_[step.a].data, out);
        } else if (step.phrase != Phrase::none) {
          phrase(step, out, count);
        } else if (step.then != Then::nothing) {
          compute_pair(step.opcode, step.then, views_[step.a], views_[step.b], views_[step.c],
                       views_[step.d], out, count);
        } else {
          compute(step.opcode, views_[step.a], views_[step.b], views_[step.c], step.immediate, out,
                  count);
        }
        break;
      case Step::Kind::load_scalar:
      case Step::Kind::load_int32:
      case Step::Kind::load_uint8: load(step, extent, out, count); break;
      case Step::Kind::load_bfloat16:
        convert_run(static_cast<const bfloat16*>(run_.inputs[step.a]) + element_, out,
                    static_cast<std::int64_t>(count));
        break;
      case Step::Kind::repeat:
        repeat(views_[step.a].data, out,
               extent == Extent::one ? 16 : static_cast<std::size_t>(plan_.tile_elements()));
        break;
      case Step::Kind::spread: spread(views_[step.a].data, extent, out); break;
      case Step::Kind::random: random(plan_.randoms[step.a], out); break;
    }
  }

  void phrase(const Step& step, float* out, std::size_t count) const {
    const Tile operands[most_operands] = {views_[step.a], views_[step.b], views_[step.c],
                                          views_[step.d], views_[step.e], views_[step.f]};
    const float* ahead[2] = {out, out};
    for (int i = 0; i < 2 && after_tile_ != nowhere; ++i) {
      if (step.ahead[i] == Step::nothing_ahead) continue;
      ahead[i] = static_cast<const float*>(run_.inputs[step.ahead[i]]) + after_tile_;
    }
    compute_phrase(step.phrase, operands, ahead, out, count);
  }

  void load(const Step& step, Extent extent, float* out, std::size_t count) {
    const void* input = run_.inputs[step.a];
    const std::int64_t first = index_of(step.indexing);
    const auto convert = [&]<class T>(const T* from) {
      if (extent == Extent::one) {
        std::fill_n(out, count, static_cast<float>(*from));
      } else {
        for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(from[i]);
      }
    };
    switch (step.kind) {
      case Step::Kind::load_int32: convert(static_cast<const std::int32_t*>(input) + first); break;
      case Step::Kind::load_uint8: convert(static_cast<const std::uint8_t*>(input) + first); break;
      default: convert(static_cast<const float*>(input) + first); break;
    }
  }

  void repeat(const float* from, float* out, std::size_t count) {
    const auto width = static_cast<std::size_t>(plan_.space.width);
    for (std::size_t i = 0; i < count; i += width) {
      std::memcpy(out + i, from, std::min(width, count - i) * sizeof(float));
    }
  }

  /// Writes up to 15 numbers too many, which the next row replaces; buffers have room for them.
  void spread(const float* from, Extent extent, float* out) {
    const std::size_t width =
        extent == Extent::one ? 16 : static_cast<std::size_t>(plan_.space.width);
    for (std::int64_t row = 0; row < rows_; ++row) {
      const V number = hn::Set(D(), from[row]);
      for (std::size_t i = 0; i < width; i += lanes) hn::StoreU(number, D(), out + i);
      out += width;
    }
  }

  void reduce_rows(Opcode opcode, const float* from, float* out) {
    const auto width = static_cast<std::size_t>(plan_.space.width);
    for (std::int64_t row = 0; row < rows_; ++row, from += width) {
      if (opcode == Opcode::row_sum) {
        Sum16 sum(0.0f);
        sum.take(from, width, 0.0f);
        out[row] = sum.fold();
      } else {
        Max16 max(-math::infinity);
        max.take(from, width, -math::infinity);
        out[row] = max.fold();
      }
    }
  }

  void random(const FusedProgram::Random& source, float* out) {
    const auto* seed = static_cast<const std::uint32_t*>(run_.inputs[source.seed_input]);
    const auto step = *static_cast<const std::uint32_t*>(run_.inputs[source.step_input]);
    const PhiloxKeys keys(random_key(seed[0] | std::uint64_t{seed[1]} << 32,
                                     static_cast<Purpose>(source.purpose), source.stream));
    const std::int64_t channels = plan_.space.channels();
    const std::int64_t width = elements_ / rows_;
    const std::int64_t column = block_ * plan_.space.width + column_;
    for (std::int64_t row = 0; row < rows_;) {
      const std::int64_t logical = logical_row_ + row;
      const std::int64_t inside = logical % source.rows_per_example;
      const std::int64_t rows = std::min(rows_ - row, source.rows_per_example - inside);
      const auto example = static_cast<std::uint64_t>(logical / source.rows_per_example);
      const RandomBlock counter = random_counter({step, example}, 0);
      const auto first = static_cast<std::uint64_t>(inside * channels + column);
      float* numbers = out + row * width;
      if (width == channels || rows == 1) {
        fill_uniform_run(keys, counter, first, static_cast<std::size_t>(rows * width), numbers);
      } else if (first % 4 == 0 && channels % 4 == 0 && width % 4 == 0) {
        fill_uniform_rows(keys, counter, first, static_cast<std::uint64_t>(channels),
                          static_cast<std::size_t>(width), static_cast<std::size_t>(rows), numbers);
      } else {
        for (std::int64_t i = 0; i < rows; ++i) {
          fill_uniform_run(keys, counter, first + static_cast<std::uint64_t>(i * channels),
                           static_cast<std::size_t>(width), numbers + i * width);
        }
      }
      row += rows;
    }
  }

  float* output(std::size_t sink) const { return static_cast<float*>(run_.outputs[sink]); }

  /// Whether the step that makes a full result may write it out at once: not if the memory is that
  /// of an operand a later step reads.
  bool direct(std::size_t number) const {
    const Sink& sink = plan_.sinks[number];
    if (sink.result != Result::full || sink.bfloat16) return false;
    return std::ranges::none_of(plan_.last_uses, [&](const LastUse& use) {
      return run_.inputs[use.input] == run_.outputs[number] && use.step > sink.defined;
    });
  }
  bool is_direct(std::size_t number) const { return directs_[number / 64] >> number % 64 & 1; }

  void sink(std::size_t number) {
    const Sink& sink = plan_.sinks[number];
    const float* from = views_[sink.slot].data;
    switch (sink.result) {
      case Result::full:
        if (sink.bfloat16) {
          convert_run(from, static_cast<bfloat16*>(run_.outputs[number]) + element_, elements_);
        } else if (!is_direct(number)) {
          std::memcpy(output(number) + element_, from, static_cast<std::size_t>(elements_) * 4);
        }
        break;
      case Result::row:
        std::memcpy(output(number) + logical_row_, from, static_cast<std::size_t>(rows_) * 4);
        break;
      case Result::channel_sum:
        add_rows(from, memory_ + sink.sums + (plan_.many_rows ? 0 : column_ - strip_));
        break;
      case Result::total_sum: add_all(from, memory_ + sink.sums); break;
    }
  }

  /// sums[i % period] += from[i].
  void add_rows(const float* from, float* sums) const {
    const auto count = static_cast<std::size_t>(elements_);
    const std::size_t period = plan_.many_rows ? static_cast<std::size_t>(plan_.period) : count;
    std::size_t i = 0;
    for (; i + lanes <= period; i += lanes) {
      V sum = hn::LoadU(D(), sums + i);
      std::size_t k = i;
      for (; k + lanes <= count; k += period) sum = hn::Add(sum, hn::LoadU(D(), from + k));
      if (k < count) sum = hn::Add(sum, load_first(from + k, count - k));
      hn::StoreU(sum, D(), sums + i);
    }
    for (; i < period; ++i) {
      for (std::size_t k = i; k < count; k += period) sums[i] += from[k];
    }
  }

  void add_all(const float* from, float* sums) const {
    Sum16 sum(0.0f);
    for (std::size_t lane = 0; lane < 16; lane += lanes) {
      sum.take(lane, hn::LoadU(D(), sums + lane));
    }
    sum.take(from, static_cast<std::size_t>(elements_), 0.0f);
    sum.store(sums);
  }

  void clear_sums(Result kind) {
    for (const Sink& sink : plan_.sinks) {
      if (sink.result != kind) continue;
      std::fill_n(memory_ + sink.sums, kind == Result::total_sum ? 16 : plan_.period, 0.0f);
    }
  }

  /// Leaves an item's sums where finish() will find them, or in place if no others follow.
  void leave_sums(std::size_t number) {
    const Sink& sink = plan_.sinks[number];
    const float* sums = memory_ + sink.sums;
    if (sink.result == Result::total_sum) {
      Sum16 sum(0.0f);
      sum.take(sums, 16, 0.0f);
      run_.partials[sink.partials + item_] = sum.fold();
    } else if (sink.result == Result::channel_sum) {
      float* to = output(number);
      if (plan_.slabs.count > 1)
        to = run_.partials + sink.partials + slab_ * plan_.space.channels();
      fold_period(sums, to + block_ * plan_.space.width + strip_);
    }
  }
  /// to[c] = Σ sums[c + i · width].
  void fold_period(const float* sums, float* to) const {
    const std::int64_t width = plan_.many_rows ? plan_.space.width : columns_;
    std::copy_n(sums, width, to);
    for (std::int64_t i = width; i + width <= plan_.period && plan_.many_rows; i += width) {
      for (std::int64_t c = 0; c < width; ++c) to[c] += sums[i + c];
    }
  }

  const FusedPlan& plan_;
  const FusedRun& run_;
  float* memory_;
  Tile* views_;
  std::uint64_t directs_[4] = {};
  bool stream_ = false;
  // Where we are.
  std::int64_t item_ = 0;
  std::int64_t slab_ = 0;
  std::int64_t block_ = 0;
  std::int64_t strip_ = 0;    ///< first column of the item
  std::int64_t columns_ = 0;  ///< of the item
  std::int64_t example_ = 0;
  std::int64_t last_example_ = 0;  ///< of the item, and one
  std::int64_t panel_ = 0;
  std::int64_t row_ = 0;
  std::int64_t rows_ = 0;  ///< of the tile
  std::int64_t column_ = 0;
  std::int64_t elements_ = 0;  ///< of the tile
  std::int64_t element_ = 0;   ///< the tile's first
  std::int64_t logical_row_ = 0;
  std::int64_t after_tile_ = nowhere;  ///< where the next tile begins
  std::int64_t after_item_ = nowhere;
};

void run_worker(const FusedRun& run, std::int64_t number) {
  const FusedPlan& plan = run.plan;
  Worker worker(run, number);
  const std::int64_t first = plan.items * number / plan.workers;
  const std::int64_t last = plan.items * (number + 1) / plan.workers;
  worker.work(first, last);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(run_worker);

void run_fused_worker(const FusedRun& run, std::int64_t worker) {
  HWY_DYNAMIC_DISPATCH(run_worker)(run, worker);
}

}  // namespace sloy::cpu
#endif
