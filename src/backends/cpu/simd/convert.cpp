#include "backends/cpu/simd/convert.h"

#include "backends/cpu/simd/targets.h"
#include "base/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/convert.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

void narrow_run(const float* from, bfloat16* to, std::int64_t count) {
  convert_run(from, to, count);
}
void widen_run(const bfloat16* from, float* to, std::int64_t count) {
  convert_run(from, to, count);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
namespace {

/// Elements that make up for waking another thread.
constexpr std::int64_t elements_of_a_thread = 65536;

}  // namespace

HWY_EXPORT(narrow_run);
HWY_EXPORT(widen_run);

void convert(const float* from, bfloat16* to, std::int64_t count) {
  parallel_for(count, elements_of_a_thread, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(narrow_run)(from + first, to + first, last - first);
  });
}

void convert(const bfloat16* from, float* to, std::int64_t count) {
  parallel_for(count, elements_of_a_thread, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(widen_run)(from + first, to + first, last - first);
  });
}

}  // namespace sloy::cpu
#endif
