/// Whole programs as one loop: the chains that training spends most of its time in go through
/// registers instead of tiles, from their loads to their stores and sums.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/cpu/simd/fused.h"

namespace sloy::cpu {

/// The programs that have a loop, as texts: how each load is indexed (F full, C by channel, S
/// scalar), the instructions, and the stores. A letter names a value: loads from a on, then what
/// each instruction makes. An instruction is its symbol and its operands. A stored letter is a full
/// result, its capital the sum over rows of every channel.
inline constexpr std::string_view loop_forms[] = {
    // Batch normalisation, (x − μ)·s + β: alone, rectified, with a residual (that is normalised
    // itself) added.
    "FCCC -ab *ec +fd g",
    "FCCC -ab *ec +fd ^g h",
    "FCCCF -ab *fc +gd +he ^i j",
    "FCCCFCCC -ab *ic +jd -ef *lg +mh +kn ^o p",
    // Its gradient's sums: of dy, dy·(x − μ) and −dy·s. Where a ReLU followed, dy is masked first,
    // by what it rectified, which is computed again from x, or by its result; where the value had
    // two readers, dy is a sum.
    "FFCC -bc *ae *ad ~g AFH",
    "FCCCSF -ab *gc +hd >ie ?jfe *kg *kc ~m KLN",
    "FFFCCCS +ab -cd *ie +jf >kg ?lhg *mi *me ~o mMNP",
    "FSFFCC >ab ?gcb -de *hi *hf ~k hHJL",
    "FFFSFCC +ab >cd ?ihd -ef *jk *jg ~m jJLN",
    "FFFSFCCFCC +ab >cd ?lkd -ef *mn -hi *mp *mg ~r *mj ~t mMOSQU",
    // And the gradient itself, dy·s + ((x − μ)·p + q).
    "FCFCCC *ab -cd *he +if +gj k",
    "FCCCSFCCC -ab *jc +kd >le ?mfe *nc -ag *ph +qi +or s",
    "FCFCCCCFCCC *ab -cd *me +nf +lo *ag -hi *rj +sk +qt pu",
    // ReLU and its gradient: a loop of their own where they are bfloat16.
    "F ^a b",
    "FSF >ab ?dcb e",
    // Descent with momentum, without and with decay of the weights.
    "SFSFF *ab *cd -fg +eh hi",
    "FSSFSFS *cd *bh +ai *ef *gj -kl +dm mn",
};

/// The symbols of instructions and how many operands follow.
struct LoopSymbol {
  char symbol;
  Opcode opcode;
};
inline constexpr LoopSymbol loop_symbols[] = {
    {'+', Opcode::add},     {'-', Opcode::subtract}, {'*', Opcode::multiply},
    {'^', Opcode::rectify}, {'~', Opcode::negative}, {'>', Opcode::greater},
    {'?', Opcode::where},
};

/// Channels of a block, where a loop tells channels apart; and elements that it does in a round.
inline constexpr std::int64_t loop_channels = 16;

inline constexpr int most_loop_loads = 11;
inline constexpr int most_loop_instructions = 11;
inline constexpr int most_loop_stores = 6;

/// A form read.
struct LoopCode {
  struct Instruction {
    Opcode opcode = Opcode::move;
    std::array<std::uint16_t, 3> operands = {};
  };
  struct Store {
    bool is_sum = false;
    std::uint16_t value = 0;
  };
  int loads = 0;
  int instructions = 0;
  int stores = 0;
  std::array<Indexing, most_loop_loads> indexing = {};
  std::array<Instruction, most_loop_instructions> instruction = {};
  std::array<Store, most_loop_stores> store = {};

  /// Whether it tells channels apart.
  constexpr bool has_channels() const {
    bool any = false;
    for (const Indexing one : indexing) any |= one == Indexing::channel;
    for (const Store& one : store) any |= one.is_sum;
    return any;
  }
};

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr LoopCode read_loop(std::string_view form) {
  LoopCode code;
  std::size_t at = 0;
  for (; form[at] != ' '; ++at) {
    code.indexing[static_cast<std::size_t>(code.loads++)] = form[at] == 'F'   ? Indexing::full
                                                            : form[at] == 'C' ? Indexing::channel
                                                                              : Indexing::scalar;
  }
  for (++at; !is_letter(form[at]); ++at) {
    LoopCode::Instruction& instruction =
        code.instruction[static_cast<std::size_t>(code.instructions++)];
    for (const LoopSymbol& entry : loop_symbols) {
      if (entry.symbol == form[at]) instruction.opcode = entry.opcode;
    }
    std::size_t operand = 0;
    for (++at; form[at] != ' '; ++at)
      instruction.operands[operand++] = static_cast<std::uint16_t>(form[at] - 'a');
  }
  for (; at < form.size(); ++at) {
    const bool is_sum = form[at] < 'a';
    code.store[static_cast<std::size_t>(code.stores++)] = {
        is_sum, static_cast<std::uint16_t>(form[at] - (is_sum ? 'A' : 'a'))};
  }
  return code;
}

/// The program a form stands for, full operands and results float32 or all bfloat16.
FusedProgram program_of(const LoopCode& code, bool bfloat16);

/// A program's loop.
struct LoopChoice {
  int form = 0;           ///< of loop_forms
  bool bfloat16 = false;  ///< what all full operands and results are, else float32
  LoopCode code = {};     ///< the form read
};

/// The loop of just this program over the space, which is the simplest it has; nothing where there
/// is none. Where there are channels, they come in blocks of loop_channels.
std::optional<LoopChoice> find_loop(const FusedProgram& program, const Space& space);

/// Neighbours that a loop goes over.
struct LoopRun {
  /// Of load i: the first element where full, the block's 16 numbers where by channel, or the one.
  std::array<const void*, most_loop_loads> operands = {};
  /// Of store i: where the first element goes, or the block's 16 sums, to which is added.
  std::array<void*, most_loop_stores> results = {};
  std::int64_t count = 0;  ///< of elements: a multiple of 16 where there are channels or sums
  std::int64_t ahead = 0;  ///< the elements that many further on are fetched meanwhile
  bool stream = false;     ///< full results go past the caches; they are aligned to 16 elements
};
void run_loop(const LoopChoice& choice, const LoopRun& run);

}  // namespace sloy::cpu
