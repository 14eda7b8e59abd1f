#include "base/huge_pages.h"

#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace sloy {
namespace {

constexpr std::size_t huge_page = 2 << 20;
/// Smaller blocks fit the caches' translations, and their edges would be most of them.
constexpr std::size_t least_bytes = 2 * huge_page;

}  // namespace

bool prefer_huge_pages([[maybe_unused]] void* block, std::size_t bytes) {
  if (bytes < least_bytes) return false;
#ifdef MADV_HUGEPAGE
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (begin + huge_page - 1) / huge_page * huge_page;
  const std::uintptr_t last = (begin + bytes) / huge_page * huge_page;
  return first < last && madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE) == 0;
#else
  return false;
#endif
}

}  // namespace sloy
