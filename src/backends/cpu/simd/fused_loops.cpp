#include "backends/cpu/simd/fused_loops.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/fused_loops.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr auto vector_elements = static_cast<std::int64_t>(lanes);
/// Vectors of a round, which is a row of a block of channels.
constexpr std::int64_t parts = loop_channels / vector_elements;

/// body(0) … body(parts - 1), the number a constant where a vector is a register.
template <class Body>
HWY_INLINE void for_each_part(const Body& body) {
  if constexpr (lanes > 1) {
    unrolled<parts>(body);
  } else {
    for (std::int64_t part = 0; part < parts; ++part) body(part);
  }
}

/// One form's loop. Every array's index is a constant, so that all of them are registers.
template <std::size_t form, class T>
class Loop {
 public:
  HWY_INLINE explicit Loop(const LoopRun& run)
      : count_(run.count), ahead_(run.ahead), stream_(run.stream) {
    unrolled<code.loads>([&](auto k) HWY_ATTR {
      if constexpr (code.indexing[k] == Indexing::full) {
        from_[k] = static_cast<const T*>(run.operands[k]);
      } else {
        const float* numbers = static_cast<const float*>(run.operands[k]);
        for_each_part([&](auto part) HWY_ATTR {
          const bool is_one = code.indexing[k] == Indexing::scalar;
          fixed_[k][part] =
              is_one ? hn::Set(D(), *numbers) : hn::LoadU(D(), numbers + part * vector_elements);
        });
      }
    });
    unrolled<code.stores>([&](auto k) HWY_ATTR {
      if constexpr (code.store[k].is_sum) {
        const float* sums = static_cast<const float*>(run.results[k]);
        for_each_part([&](auto part) HWY_ATTR {
          sums_[k][part] = hn::LoadU(D(), sums + part * vector_elements);
        });
      } else {
        to_[k] = static_cast<T*>(run.results[k]);
      }
    });
  }

  HWY_INLINE void go() {
    std::int64_t i = 0;
    for (; i + loop_channels <= count_; i += loop_channels) {
      fetch(i + ahead_);
      for_each_part([&](auto part)
                        HWY_ATTR { step(i + part * vector_elements, part, WholeVector()); });
    }
    if constexpr (!code.has_channels()) {
      for (; i < count_; i += vector_elements) {
        const std::int64_t rest = std::min(vector_elements, count_ - i);
        step(i, first_part, FirstLanes{static_cast<std::size_t>(rest)});
      }
    }
  }

  HWY_INLINE void leave_sums(const LoopRun& run) const {
    unrolled<code.stores>([&](auto k) HWY_ATTR {
      if constexpr (code.store[k].is_sum) {
        float* sums = static_cast<float*>(run.results[k]);
        for_each_part([&](auto part) HWY_ATTR {
          hn::StoreU(sums_[k][part], D(), sums + part * vector_elements);
        });
      }
    });
  }

 private:
  static constexpr LoopCode code = read_loop(loop_forms[form]);
  using Values = V[code.loads + code.instructions];
  /// Without channels, every part is alike.
  static constexpr std::integral_constant<std::int64_t, 0> first_part = {};

  HWY_INLINE void fetch(std::int64_t i) const {
    unrolled<code.loads>([&](auto k) HWY_ATTR {
      if constexpr (code.indexing[k] == Indexing::full) hwy::Prefetch(from_[k] + i);
    });
  }

  template <class Part, class Access>
  HWY_INLINE void step(std::int64_t i, Part part, Access access) {
    Values values;
    unrolled<code.loads>([&](auto k) HWY_ATTR {
      if constexpr (code.indexing[k] == Indexing::full) {
        values[k] = access.load(from_[k] + i);
      } else {
        values[k] = fixed_[k][part];
      }
    });
    unrolled<code.instructions>([&](auto k)
                                    HWY_ATTR { values[code.loads + k] = compute<k>(values); });
    unrolled<code.stores>([&](auto k) HWY_ATTR {
      const V value = values[code.store[k].value];
      if constexpr (code.store[k].is_sum) {
        sums_[k][part] = hn::Add(sums_[k][part], value);
      } else if (std::is_same_v<Access, WholeVector> && stream_) {
        stream_all(value, to_[k] + i);
      } else {
        access.store(value, to_[k] + i);
      }
    });
  }

  /// Instruction k, with the bits that instructions-inl.h has.
  template <std::int64_t k>
  static HWY_INLINE V compute(const Values& values) {
    constexpr LoopCode::Instruction instruction = code.instruction[k];
    constexpr int first = instruction.operands[0];
    const V a = values[first], b = values[instruction.operands[1]];
    if constexpr (instruction.opcode == Opcode::add) return hn::Add(a, b);
    if constexpr (instruction.opcode == Opcode::subtract) return hn::Sub(a, b);
    if constexpr (instruction.opcode == Opcode::multiply) return hn::Mul(a, b);
    if constexpr (instruction.opcode == Opcode::negative) return hn::Neg(a);
    if constexpr (instruction.opcode == Opcode::rectify) {
      return rectify(a);
    }
    if constexpr (instruction.opcode == Opcode::greater) {
      return hn::IfThenElseZero(hn::Gt(a, b), hn::Set(D(), 1.0f));
    }
    if constexpr (instruction.opcode == Opcode::where) {
      constexpr LoopCode::Instruction condition = code.instruction[first - code.loads];
      static_assert(condition.opcode == Opcode::greater);
      const V left = values[condition.operands[0]], right = values[condition.operands[1]];
      return hn::IfThenElse(hn::Gt(left, right), b, values[instruction.operands[2]]);
    }
  }

  std::int64_t count_;
  std::int64_t ahead_;
  bool stream_;
  const T* from_[code.loads];
  T* to_[code.stores];
  V fixed_[code.loads][parts];
  V sums_[code.stores][parts];
};

template <std::size_t form, class T>
void run_form(const LoopRun& run) {
  Loop<form, T> loop(run);
  loop.go();
  loop.leave_sums(run);
}

using RunForm = void (*)(const LoopRun&);

template <class T, std::size_t... form>
RunForm find_form(std::size_t number, std::index_sequence<form...>) {
  static constexpr RunForm forms[] = {run_form<form, T>...};
  return forms[number];
}

void run_chosen_loop(const LoopChoice& choice, const LoopRun& run) {
  const std::make_index_sequence<std::size(loop_forms)> all;
  const auto number = static_cast<std::size_t>(choice.form);
  (choice.bfloat16 ? find_form<bfloat16>(number, all) : find_form<float>(number, all))(run);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(run_chosen_loop);

void run_loop(const LoopChoice& choice, const LoopRun& run) {
  HWY_DYNAMIC_DISPATCH(run_chosen_loop)(choice, run);
}

}  // namespace sloy::cpu
#endif
