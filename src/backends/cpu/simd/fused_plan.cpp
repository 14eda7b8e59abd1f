#include "backends/cpu/simd/fused_plan.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "backends/cpu/simd/find_phrase.h"
#include "backends/cpu/simd/fused_pairs.h"

namespace sloy::cpu {
namespace {

/// Tiles and streams of one step of the loop should fit L1 together.
constexpr std::int64_t l1_floats = 8192;
/// Wider rows are cut into tiles; of narrower ones several make a tile.
constexpr std::int64_t widest_whole_row = 512;
/// Element instructions that make up for waking another thread.
constexpr std::int64_t work_of_a_thread = 65536;

/// Operands and results of fewer bytes together are taken to lie in the caches.
constexpr std::int64_t near_bytes = 512 * 1024;
/// Results of more bytes together are out of the caches before anyone reads them.
constexpr std::int64_t cached_bytes = 8 << 20;
/// Chains of fewer steps are left to the CPU, which sees what comes next.
constexpr std::int64_t fewest_steps_to_prefetch = 4;
/// Steps that a phrase is counted as.
constexpr std::int64_t steps_of_a_phrase = 3;

constexpr std::uint16_t none = 0xffff;

bool any_load(const FusedProgram& program, Indexing indexing) {
  return std::ranges::any_of(program.loads,
                             [&](const auto& load) { return load.indexing == indexing; });
}

bool any_store(const FusedProgram& program, Result result) {
  return std::ranges::any_of(program.stores,
                             [&](const auto& store) { return store.result == result; });
}

bool reduces_rows(Opcode opcode) { return opcode == Opcode::row_sum || opcode == Opcode::row_max; }

bool any_row_reduction(const FusedProgram& program) {
  return std::ranges::any_of(program.instructions,
                             [](const auto& step) { return reduces_rows(step.opcode); });
}

/// Rows of one element are no rows: says the same with simpler operands.
void simplify_columns(FusedProgram& program) {
  for (auto& load : program.loads) {
    if (load.indexing == Indexing::row) load.indexing = Indexing::full;
    if (load.indexing == Indexing::channel) load.indexing = Indexing::scalar;
  }
  for (auto& step : program.instructions) {
    if (reduces_rows(step.opcode)) step.opcode = Opcode::move;
  }
  for (auto& store : program.stores) {
    if (store.result == Result::row) store.result = Result::full;
    if (store.result == Result::channel_sum) store.result = Result::total_sum;
  }
}

Space simplest_space(const FusedProgram& program, Space space) {
  const bool by_row = any_load(program, Indexing::row) || any_store(program, Result::row) ||
                      any_row_reduction(program) || !program.randoms.empty();
  const bool by_channel =
      any_load(program, Indexing::channel) || any_store(program, Result::channel_sum);
  if (!by_row && !by_channel) return Space::flat(space.size());
  if (space.blocks == 1) return Space::plain(space.panels * space.rows, space.width);
  return space;
}

/// Turns values into slots and instructions into steps.
class Builder {
 public:
  Builder(FusedProgram program, Space space) : program_(std::move(program)) {
    if (space.width == 1 && space.blocks == 1) simplify_columns(program_);
    plan_.space = simplest_space(program_, space);
    plan_.many_rows = plan_.space.width <= widest_whole_row;
    plan_.randoms = program_.randoms;
  }

  FusedPlan build(int threads) {
    for (std::uint16_t i = 0; i < program_.loads.size(); ++i) add_load(i);
    for (const auto& instruction : program_.instructions) add_instruction(instruction);
    for (const auto& store : program_.stores) add_sink(store);
    join_phrases();
    join_pairs();
    note_definitions();
    std::vector<std::int64_t> registers(plan_.slots.size(), -1);
    const std::int64_t count = allocate(registers);
    choose_tile(count);
    choose_slabs();
    choose_workers(threads);
    lay_out(registers, count);
    note_last_uses();
    plan_.loop = find_loop(program_, plan_.space);
    plan_.stream_results = plan_.loop && result_bytes() > cached_bytes;
    note_streams();
    return std::move(plan_);
  }

 private:
  /// How far a value's numbers repeat.
  enum class Class : std::uint8_t { scalar, channel, row, full };
  struct ValueInfo {
    Class kind;
    std::uint16_t slot;
    std::uint16_t full = none;  ///< the same numbers for every element, once someone asked
  };

  static Class join(Class a, Class b) {
    if (a == b || b == Class::scalar) return a;
    return a == Class::scalar ? b : Class::full;
  }
  static Extent extent_of(Class kind) {
    switch (kind) {
      case Class::scalar: return Extent::one;
      case Class::channel: return Extent::columns;
      case Class::row: return Extent::rows;
      case Class::full: return Extent::elements;
    }
    return Extent::elements;
  }
  std::vector<Step>& steps_of(Class kind) {
    switch (kind) {
      case Class::scalar: return plan_.once;
      case Class::channel: return plan_.per_item;
      default: return plan_.per_tile;
    }
  }

  std::uint16_t add_slot(Slot slot) {
    plan_.slots.push_back(slot);
    return static_cast<std::uint16_t>(plan_.slots.size() - 1);
  }
  std::uint16_t add_buffer(Class kind) {
    const bool one = kind == Class::scalar;
    return add_slot({.extent = extent_of(kind), .mask = one ? 15 : ~std::uintptr_t{0}});
  }

  void add_load(std::uint16_t input) {
    const auto [indexing, element] = program_.loads[input];
    constexpr Class classes[] = {Class::full, Class::channel, Class::row, Class::scalar};
    const Class kind = classes[static_cast<int>(indexing)];
    if (element != Element::float32 || kind == Class::scalar) {
      const std::uint16_t slot = add_buffer(kind);
      constexpr Step::Kind kinds[] = {Step::Kind::load_scalar, Step::Kind::load_int32,
                                      Step::Kind::load_uint8, Step::Kind::load_bfloat16};
      steps_of(kind).push_back({.kind = kinds[static_cast<int>(element)],
                                .indexing = indexing,
                                .out = slot,
                                .a = input});
      values_.push_back({kind, slot});
      return;
    }
    constexpr Place places[] = {Place::full, Place::channel, Place::row};
    const std::uint16_t slot = add_slot(
        {.place = places[static_cast<int>(indexing)], .extent = extent_of(kind), .input = input});
    views_of(kind).push_back(slot);
    values_.push_back({kind, slot});
  }
  std::vector<std::uint16_t>& views_of(Class kind) {
    return kind == Class::channel ? plan_.views_of_item : plan_.views_of_tile;
  }

  void add_instruction(const FusedProgram::Instruction& instruction) {
    if (instruction.opcode == Opcode::random_uniform) {
      const std::uint16_t slot = add_buffer(Class::full);
      plan_.per_tile.push_back({.kind = Step::Kind::random, .out = slot, .a = instruction.random});
      values_.push_back({Class::full, slot});
      return;
    }
    const std::uint16_t operands[] = {instruction.a, instruction.b, instruction.c};
    const int count = info(instruction.opcode).operands;
    Class kind = Class::scalar;
    for (int i = 0; i < count; ++i) kind = join(kind, values_[operands[i]].kind);
    const bool across = reduces_rows(instruction.opcode);
    std::uint16_t slots[3] = {};
    for (int i = 0; i < count; ++i) {
      if (across)
        slots[i] = dense(operands[i]);
      else
        slots[i] = kind == Class::full ? full(operands[i]) : values_[operands[i]].slot;
    }
    if (across) kind = Class::row;
    const std::uint16_t out = add_buffer(kind);
    steps_of(kind).push_back({.opcode = instruction.opcode,
                              .out = out,
                              .a = slots[0],
                              .b = slots[1],
                              .c = slots[2],
                              .immediate = instruction.immediate});
    values_.push_back({kind, out});
  }

  /// A slot that has the value for every element, repeated by a mask if need be.
  std::uint16_t full(std::uint16_t number) {
    ValueInfo& value = values_[number];
    if (value.kind == Class::full || value.kind == Class::scalar) return value.slot;
    if (value.full == none) value.full = widen(value);
    return value.full;
  }
  std::uint16_t widen(const ValueInfo& value) {
    const std::int64_t width = plan_.space.width;
    if (value.kind == Class::row) {
      const Extent extent = plan_.many_rows ? Extent::elements : Extent::one;
      const std::uintptr_t mask = plan_.many_rows ? ~std::uintptr_t{0} : 15;
      const std::uint16_t slot = add_slot({.extent = extent, .mask = mask});
      plan_.per_tile.push_back({.kind = Step::Kind::spread, .out = slot, .a = value.slot});
      return slot;
    }
    const bool power_of_two = (width & (width - 1)) == 0;
    if (!plan_.many_rows || (power_of_two && width >= 16)) {
      const std::uintptr_t mask =
          plan_.many_rows ? static_cast<std::uintptr_t>(width - 1) : ~std::uintptr_t{0};
      const std::uint16_t slot =
          add_slot({.place = Place::window, .input = value.slot, .mask = mask});
      plan_.views_of_tile.push_back(slot);
      return slot;
    }
    const std::uint16_t slot =
        power_of_two ? add_slot({.extent = Extent::one, .mask = 15}) : add_slot({});
    steps_of(value.kind).push_back({.kind = Step::Kind::repeat, .out = slot, .a = value.slot});
    if (!power_of_two) repeated_.push_back(slot);
    return slot;
  }
  /// A slot with a number of its own for every element.
  std::uint16_t dense(std::uint16_t number) {
    if (values_[number].kind == Class::full) return values_[number].slot;
    const std::uint16_t from = full(number);
    const std::uint16_t slot = add_buffer(Class::full);
    plan_.per_tile.push_back({.out = slot, .a = from});
    return slot;
  }

  void add_sink(const FusedProgram::Store& store) {
    Sink sink{.result = store.result, .bfloat16 = store.bfloat16};
    if (store.result == Result::row) {
      assert(values_[store.value].kind == Class::row);
      sink.slot = values_[store.value].slot;
    } else if (store.result == Result::full && !store.bfloat16) {
      sink.slot = own_slot(store.value);
    } else {
      sink.slot = dense(store.value);
    }
    plan_.sinks.push_back(sink);
  }
  void note_definitions() {
    for (Sink& sink : plan_.sinks) {
      for (std::size_t i = 0; i < plan_.per_tile.size(); ++i) {
        if (plan_.per_tile[i].out == sink.slot) sink.defined = static_cast<std::int64_t>(i);
      }
    }
  }
  /// A dense slot made by a step and not written out yet, so that the step may write the result.
  std::uint16_t own_slot(std::uint16_t number) {
    const std::uint16_t slot = dense(number);
    const bool taken = std::ranges::any_of(plan_.sinks, [&](const Sink& sink) {
      return sink.slot == slot && sink.result == Result::full && !sink.bfloat16;
    });
    if (!taken && plan_.slots[slot].place == Place::buffer) return slot;
    const std::uint16_t copy = add_buffer(Class::full);
    plan_.per_tile.push_back({.out = copy, .a = slot});
    return copy;
  }

  /// How many steps and sinks read each slot.
  std::vector<int> count_readers() const {
    std::vector<int> readers(plan_.slots.size(), 0);
    for (const Step& step : plan_.per_tile) {
      visit_operands(step, [&](std::uint16_t slot) { ++readers[slot]; });
    }
    for (const Sink& sink : plan_.sinks) ++readers[sink.slot];
    return readers;
  }

  /// Makes one step of those whose results only the phrase itself reads.
  void join_phrases() {
    for (std::size_t last = 0; last < plan_.per_tile.size(); ++last) {
      const auto found = find_phrase(plan_.per_tile, last, count_readers());
      if (!found) continue;
      plan_.per_tile[last] = found->step;
      for (const std::size_t inner : found->inner) {
        plan_.slots[plan_.per_tile[inner].out].extent = Extent::one;  // nothing is kept there
      }
      for (const std::size_t inner : found->inner) {
        plan_.per_tile.erase(plan_.per_tile.begin() + static_cast<std::ptrdiff_t>(inner));
      }
      last -= found->inner.size();
    }
  }

  /// Makes one step of two where the second alone reads what the first makes.
  void join_pairs() {
    std::vector<Step>& steps = plan_.per_tile;
    const std::vector<int> readers = count_readers();
    for (std::size_t second = 1; second < steps.size(); ++second) {
      for (std::size_t first = second; first-- > 0;) {
        const std::uint16_t between = steps[first].out;
        if (readers[between] != 1 || !reads(steps[second], between)) continue;
        const auto pair = pair_of(steps[first], steps[second]);
        if (!pair) continue;
        plan_.slots[between].extent = Extent::one;  // nothing is kept there
        steps[second] = *pair;
        steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(first));
        --second;
        break;
      }
    }
  }

  bool reads(const Step& step, std::uint16_t slot) const {
    bool found = false;
    visit_operands(step, [&](std::uint16_t operand) { found |= operand == slot; });
    return found;
  }
  template <class Visit>
  void visit_operands(const Step& step, const Visit& visit) const {
    const std::uint16_t operands[] = {step.a, step.b, step.c, step.d, step.e, step.f};
    int count = 0;
    if (step.kind == Step::Kind::compute) count = operand_count(step);
    if (step.kind == Step::Kind::repeat || step.kind == Step::Kind::spread) count = 1;
    for (int i = 0; i < count; ++i) visit(operands[i]);
  }
  /// The last tile step that reads each slot; what a sink reads lives to the end.
  std::vector<std::int64_t> last_reads() const {
    std::vector<std::int64_t> last(plan_.slots.size(), -1);
    const auto end = static_cast<std::int64_t>(plan_.per_tile.size());
    for (std::int64_t i = 0; i < end; ++i) {
      visit_operands(plan_.per_tile[i], [&](std::uint16_t slot) { last[slot] = i; });
    }
    for (const Sink& sink : plan_.sinks) last[sink.slot] = end;
    return last;
  }

  /// Gives the results of tile steps registers, so that a dead one's is used again.
  std::int64_t allocate(std::vector<std::int64_t>& registers) const {
    const std::vector<std::int64_t> last = last_reads();
    std::vector<std::int64_t> unused;
    std::int64_t count = 0;
    const auto in_register = [&](std::uint16_t slot) {
      return plan_.slots[slot].place == Place::buffer &&
             plan_.slots[slot].extent == Extent::elements && !std::ranges::count(repeated_, slot);
    };
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(plan_.per_tile.size()); ++i) {
      const Step& step = plan_.per_tile[i];
      visit_operands(step, [&](std::uint16_t slot) {
        if (in_register(slot) && last[slot] == i && registers[slot] >= 0 &&
            !std::ranges::count(unused, registers[slot])) {
          unused.push_back(registers[slot]);
        }
      });
      if (!in_register(step.out)) continue;
      if (unused.empty()) {
        registers[step.out] = count++;
      } else {
        registers[step.out] = unused.back();
        unused.pop_back();
      }
    }
    return count;
  }

  void choose_tile(std::int64_t registers) {
    const Space& space = plan_.space;
    auto streams = static_cast<std::int64_t>(repeated_.size());
    for (const Slot& slot : plan_.slots) streams += slot.place == Place::full;
    for (const Sink& sink : plan_.sinks) streams += sink.result == Result::full;
    std::int64_t elements = l1_floats / std::max<std::int64_t>(registers + streams, 1) / 16 * 16;
    elements = std::clamp<std::int64_t>(elements, widest_whole_row, 2048);
    if (!plan_.many_rows) {
      plan_.tile_rows = 1;
      const bool whole = any_row_reduction(program_);
      plan_.tile_columns = whole ? space.width : std::min(elements, space.width);
      return;
    }
    plan_.tile_columns = space.width;
    plan_.tile_rows = elements / space.width;
    // Tiles of whole vectors, where rows are short enough for that.
    const std::int64_t step = 16 / std::gcd<std::int64_t>(16, space.width);
    if (plan_.tile_rows >= step) plan_.tile_rows -= plan_.tile_rows % step;
    plan_.tile_rows = std::min(plan_.tile_rows, space.rows);
    plan_.period = step <= plan_.tile_rows ? step * space.width : space.width;
  }

  void choose_slabs() {
    const Space& space = plan_.space;
    const bool sums = any_store(program_, Result::channel_sum);
    plan_.slabs = cut_slabs(space, {.least_rows = sums ? 64 : 1, .row_multiple = plan_.tile_rows});
    plan_.strip = plan_.tile_columns;
    if (!sums && plan_.per_item.empty() && !plan_.many_rows) {
      const std::int64_t tiles =
          std::max<std::int64_t>(slab_elements / plan_.slabs.rows_per_split / plan_.strip, 1);
      plan_.strip *= tiles;
    }
    plan_.strip = std::min(plan_.strip, space.width);
    plan_.strips = (space.width + plan_.strip - 1) / plan_.strip;
    plan_.items = plan_.slabs.count * space.blocks * plan_.strips;
    if (!plan_.many_rows) plan_.period = plan_.strip;
  }

  void choose_workers(int threads) {
    std::int64_t work = 2;
    for (const Step& step : plan_.per_tile) {
      const bool slow = step.kind == Step::Kind::random ||
                        (step.kind == Step::Kind::compute && step.opcode >= Opcode::exp &&
                         step.opcode <= Opcode::erf);
      const bool phrase = step.phrase != Phrase::none;
      work += phrase ? steps_of_a_phrase : slow ? 8 : step.opcode == Opcode::power ? 32 : 1;
    }
    const std::int64_t deserved = plan_.space.size() * work / work_of_a_thread;
    plan_.workers = std::clamp<std::int64_t>(std::min<std::int64_t>(deserved, threads), 1,
                                             std::max<std::int64_t>(plan_.items, 1));
  }

  static std::int64_t padded(std::int64_t floats) { return (floats + 31) / 16 * 16; }

  void lay_out(const std::vector<std::int64_t>& registers, std::int64_t count) {
    std::int64_t end = 0;
    const auto reserve = [&](std::int64_t floats) {
      return std::exchange(end, end + padded(floats));
    };
    plan_.views_offset = reserve(static_cast<std::int64_t>(plan_.slots.size()) * 4);
    const std::int64_t tile = padded(plan_.tile_elements());
    const std::int64_t first_register = reserve(count * tile);
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      Slot& slot = plan_.slots[i];
      if (slot.place != Place::buffer) continue;
      if (registers[i] >= 0) {
        slot.offset = first_register + registers[i] * tile;
      } else if (slot.extent == Extent::one) {
        slot.offset = reserve(16);
      } else if (slot.extent == Extent::columns) {
        slot.offset = reserve(plan_.strip);
      } else {
        slot.offset = reserve(slot.extent == Extent::rows ? plan_.tile_rows : tile);
      }
    }
    for (Sink& sink : plan_.sinks) lay_out_sums(sink, reserve);
    plan_.worker_floats = end;
  }
  template <class Reserve>
  void lay_out_sums(Sink& sink, const Reserve& reserve) {
    if (sink.result == Result::full || sink.result == Result::row) return;
    const bool total = sink.result == Result::total_sum;
    sink.sums = reserve(total ? 16 : plan_.period);
    sink.partials = plan_.partial_floats;
    std::int64_t partials = plan_.items;
    if (sink.result == Result::channel_sum) partials = plan_.slabs.count * plan_.space.channels();
    plan_.partial_floats += padded(partials);
  }

  void note_last_uses() {
    const std::vector<std::int64_t> last = last_reads();
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      const Slot& slot = plan_.slots[i];
      if (slot.place == Place::full) plan_.last_uses.push_back({slot.input, last[i]});
    }
    for (std::size_t i = 0; i < plan_.per_tile.size(); ++i) {
      const Step& step = plan_.per_tile[i];
      const bool converts = step.kind == Step::Kind::load_int32 ||
                            step.kind == Step::Kind::load_uint8 ||
                            step.kind == Step::Kind::load_bfloat16;
      if (converts && step.indexing == Indexing::full) {
        plan_.last_uses.push_back({step.a, static_cast<std::int64_t>(i)});
      }
    }
  }

  std::int64_t result_bytes() const {
    std::int64_t bytes = 0;
    for (const Sink& sink : plan_.sinks) {
      if (sink.result == Result::full) bytes += sink.bfloat16 ? 2 : 4;
    }
    return plan_.space.size() * bytes;
  }

  void note_streams() {
    for (const Slot& slot : plan_.slots) {
      if (slot.place == Place::full) plan_.streams.push_back({slot.input, 4});
    }
    for (const Step& step : plan_.per_tile) {
      if (step.kind == Step::Kind::load_bfloat16) plan_.streams.push_back({step.a, 2});
    }
    std::int64_t bytes = 0;
    for (const Stream& stream : plan_.streams) bytes += stream.bytes;
    std::int64_t steps = 0;
    for (const Step& step : plan_.per_tile) {
      steps += step.phrase == Phrase::none ? 1 : steps_of_a_phrase;
    }
    const bool far = plan_.space.size() * bytes + result_bytes() >= near_bytes;
    const bool few = !plan_.loop && steps < fewest_steps_to_prefetch;
    if (!far || few) plan_.streams.clear();
    if (plan_.loop) return;
    for (Step& step : plan_.per_tile) share_streams(step);
  }
  /// A phrase, which takes its time, fetches what it reads itself.
  void share_streams(Step& step) {
    if (step.phrase == Phrase::none) return;
    std::size_t count = 0;
    visit_operands(step, [&](std::uint16_t number) {
      const Slot& slot = plan_.slots[number];
      const auto stream = std::ranges::find(plan_.streams, slot.input, &Stream::input);
      if (slot.place != Place::full || stream == plan_.streams.end()) return;
      if (count == std::size(step.ahead)) return;
      step.ahead[count++] = slot.input;
      plan_.streams.erase(stream);
    });
  }

  FusedProgram program_;
  FusedPlan plan_;
  std::vector<ValueInfo> values_;
  std::vector<std::uint16_t> repeated_;
};

}  // namespace

FusedPlan plan_fused(FusedProgram program, Space space, int threads) {
  return Builder(std::move(program), space).build(threads);
}

}  // namespace sloy::cpu
