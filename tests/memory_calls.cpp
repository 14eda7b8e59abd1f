#include "memory_calls.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

namespace sloy::harness {
namespace {

enum class Owner { program, onednn, others };

/// Where a library's code lies.
struct Region {
  std::uintptr_t first = 0;
  std::uintptr_t last = 0;
  Owner owner = Owner::others;
};

struct Counts {
  std::atomic<std::int64_t> program{0}, onednn{0}, others{0}, largest{0};
};

constexpr int max_callers = 24;

std::atomic<bool> counting{false};
Counts counts;
std::array<Region, 16> regions;
std::size_t num_regions = 0;
/// oneDNN's blocks that live; a null is free.
std::array<std::atomic<void*>, 4096> blocks;
std::atomic<bool> callers_kept{false};
std::array<void*, max_callers> callers;
int num_callers = 0;
char callers_text[8192];

int add_region(dl_phdr_info* info, std::size_t, void*) {
  const std::string_view name = info->dlpi_name;
  const bool is_program = name.empty();
  const bool is_onednn = name.find("libdnnl") != name.npos;
  if (!is_program && !is_onednn) return 0;
  for (int i = 0; i < info->dlpi_phnum && num_regions < regions.size(); ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    const std::uintptr_t first = info->dlpi_addr + part.p_vaddr;
    regions[num_regions++] = {first, first + part.p_memsz,
                              is_program ? Owner::program : Owner::onednn};
  }
  return 0;
}

Owner owner_of(void* const* frames, int count) {
  for (int i = 0; i < count; ++i) {
    const auto address = reinterpret_cast<std::uintptr_t>(frames[i]);
    for (std::size_t r = 0; r < num_regions; ++r) {
      if (regions[r].first <= address && address < regions[r].last) return regions[r].owner;
    }
  }
  return Owner::others;
}

void remember(void* block) {
  for (auto& place : blocks) {
    void* none = nullptr;
    if (place.compare_exchange_strong(none, block)) return;
  }
}

void forget(void* block) {
  for (auto& place : blocks) {
    void* expected = block;
    if (place.compare_exchange_strong(expected, nullptr)) return;
  }
}

void keep_callers(void* const* frames, int count) {
  if (callers_kept.exchange(true)) return;
  num_callers = count;
  std::memcpy(callers.data(), frames, sizeof(void*) * static_cast<std::size_t>(count));
}

/// `caller` is where the call of malloc returns to: what is nearer is this file's.
void note(void* block, std::size_t bytes, void* caller) {
  thread_local bool noting = false;
  if (noting) return;
  noting = true;
  void* frames[max_callers];
  const int count = backtrace(frames, max_callers);
  int first = 0;
  while (first < count && frames[first] != caller) ++first;
  if (first == count) first = 0;
  switch (owner_of(frames + first, count - first)) {
    case Owner::program:
      ++counts.program;
      keep_callers(frames + first, count - first);
      break;
    case Owner::onednn: {
      ++counts.onednn;
      auto size = static_cast<std::int64_t>(bytes);
      std::int64_t largest = counts.largest;
      while (largest < size && !counts.largest.compare_exchange_weak(largest, size)) {
      }
      remember(block);
      break;
    }
    case Owner::others:
      ++counts.others;
      keep_callers(frames + first, count - first);
      break;
  }
  noting = false;
}

const char* text_of_callers() {
  std::size_t used = 0;
  for (int i = 0; i < num_callers; ++i) {
    Dl_info info{};
    dladdr(callers[static_cast<std::size_t>(i)], &info);
    const auto offset = static_cast<const char*>(callers[static_cast<std::size_t>(i)]) -
                        static_cast<const char*>(info.dli_fbase);
    used += static_cast<std::size_t>(
        std::max(0, std::snprintf(callers_text + used, sizeof(callers_text) - used,
                                  "%s +0x%tx %s\n", info.dli_fname ? info.dli_fname : "?", offset,
                                  info.dli_sname ? info.dli_sname : "")));
    if (used + 1 >= sizeof(callers_text)) break;
  }
  return callers_text;
}

}  // namespace

void count_memory_calls() {
  void* frames[1];
  backtrace(frames, 1);  // the first call loads a library
  num_regions = 0;
  dl_iterate_phdr(add_region, nullptr);
  counts.program = counts.onednn = counts.others = counts.largest = 0;
  for (auto& block : blocks) block = nullptr;
  callers_kept = false;
  num_callers = 0;
  callers_text[0] = '\0';
  counting = true;
}

MemoryCalls memory_calls() {
  MemoryCalls calls{.program = counts.program,
                    .onednn = counts.onednn,
                    .others = counts.others,
                    .onednn_largest_bytes = counts.largest};
  for (const auto& block : blocks) calls.onednn_kept += block != nullptr;
  return calls;
}

MemoryCalls stop_counting_memory_calls() {
  counting = false;
  MemoryCalls calls = memory_calls();
  calls.first_callers = text_of_callers();
  return calls;
}

}  // namespace sloy::harness

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

using sloy::harness::counting;

void* noted(void* block, std::size_t bytes, void* caller) {
  if (counting.load(std::memory_order_relaxed)) sloy::harness::note(block, bytes, caller);
  return block;
}

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) {
  return noted(__libc_malloc(bytes), bytes, __builtin_return_address(0));
}
void* calloc(std::size_t count, std::size_t bytes) {
  return noted(__libc_calloc(count, bytes), count * bytes, __builtin_return_address(0));
}
void* realloc(void* block, std::size_t bytes) {
  if (counting.load(std::memory_order_relaxed)) sloy::harness::forget(block);
  return noted(__libc_realloc(block, bytes), bytes, __builtin_return_address(0));
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  return noted(__libc_memalign(alignment, bytes), bytes, __builtin_return_address(0));
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return noted(__libc_memalign(alignment, bytes), bytes, __builtin_return_address(0));
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  *block = noted(__libc_memalign(alignment, bytes), bytes, __builtin_return_address(0));
  return *block ? 0 : ENOMEM;
}
void free(void* block) {
  if (block && counting.load(std::memory_order_relaxed)) sloy::harness::forget(block);
  __libc_free(block);
}
void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  const long result = syscall(SYS_mmap, address, bytes, protection, flags, file, offset);
  return noted(reinterpret_cast<void*>(result), bytes, __builtin_return_address(0));
}

}  // extern "C"

void* operator new(std::size_t bytes) {
  void* block = noted(__libc_malloc(bytes), bytes, __builtin_return_address(0));
  if (!block) throw std::bad_alloc();
  return block;
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  void* block = noted(__libc_memalign(static_cast<std::size_t>(alignment), bytes), bytes,
                      __builtin_return_address(0));
  if (!block) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { free(block); }
void operator delete(void* block, std::size_t) noexcept { free(block); }
void operator delete(void* block, std::align_val_t) noexcept { free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { free(block); }
