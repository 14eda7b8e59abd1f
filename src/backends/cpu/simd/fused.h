/// Fused programs: chains of element-wise arithmetic, and the sums along rows and over rows that go
/// with them, as one pass over memory. Numbers pass from instruction to instruction in tiles that
/// stay in the L1 cache.
///
/// Results have the same bits whatever the vector width, the number of threads, and what is fused
/// with what; except that the baseline instruction set rounds transcendentals differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "backends/cpu/simd/opcodes.h"
#include "backends/cpu/simd/space.h"

namespace sloy::cpu {

/// Where an operand's number for an element lies.
enum class Indexing : std::uint8_t {
  full,     ///< (panel · rows + row) · width + column
  channel,  ///< panel % blocks · width + column
  row,      ///< panel / blocks · rows + row
  scalar,   ///< 0
};

/// What an operand lies in memory as. bfloat16 are full operands alone.
enum class Element : std::uint8_t { float32, int32, uint8, bfloat16 };

/// What becomes of a value. Sums over rows are added slab by slab (see Slabs).
enum class Result : std::uint8_t {
  full,         ///< written at the element's place; may take the place of a full operand
  row,          ///< one number a row: of operands by row, row sums and what is computed of them
  channel_sum,  ///< summed over examples and rows
  total_sum,    ///< summed over everything, one number
};

struct FusedProgram {
  struct Load {
    Indexing indexing = Indexing::full;
    Element element = Element::float32;
    bool operator==(const Load&) const = default;
  };
  /// Operands a, b, c are numbers of values: first come the loads, then the instructions' results,
  /// in order.
  struct Instruction {
    Opcode opcode;
    std::uint16_t a = 0;
    std::uint16_t b = 0;
    std::uint16_t c = 0;
    float immediate = 0;       ///< of `constant`
    std::uint16_t random = 0;  ///< of `random_uniform`: which of `randoms`
    bool operator==(const Instruction&) const = default;
  };
  struct Store {
    Result result;
    std::uint16_t value;
    bool bfloat16 = false;  ///< a full result that is rounded to that
    bool operator==(const Store&) const = default;
  };
  /// Numbers of tensor/random.h: the seed is two int32 at run time, the step one int32. An
  /// element's example is its row / rows_per_example.
  struct Random {
    std::uint16_t seed_input;
    std::uint16_t step_input;
    std::uint32_t purpose;
    std::uint64_t stream;
    std::int64_t rows_per_example;
    bool operator==(const Random&) const = default;
  };

  std::vector<Load> loads = {};  ///< input i of a run is the operand of load i; further inputs of a
                                 ///< run are the seeds and steps of `randoms`
  std::vector<Instruction> instructions = {};
  std::vector<Store> stores = {};  ///< output i of a run is the result of store i
  std::vector<Random> randoms = {};

  bool operator==(const FusedProgram&) const = default;
};

struct FusedPlan;

/// A program made ready for a space. Everything is decided here; run() allocates nothing.
class FusedKernel {
 public:
  /// At most `threads` threads will work on it; 0 means OpenMP's number.
  FusedKernel(const FusedProgram& program, const Space& space, int threads = 0);
  ~FusedKernel();

  std::size_t scratch_bytes() const;
  /// Whether it goes through registers from loads to stores, else from tile to tile.
  bool is_one_loop() const;
  /// `scratch` is aligned to 64 bytes. An output of Result::full may be the same memory as a full
  /// input whose elements are as wide; otherwise outputs overlap nothing.
  void run(const void* const* inputs, void* const* outputs, void* scratch) const;

 private:
  std::unique_ptr<const FusedPlan> plan_;
};

}  // namespace sloy::cpu
