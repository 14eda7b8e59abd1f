#include <sloy/error.h>
#include <sloy/inspect.h>

#include <cstdio>
#include <string_view>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/prepared.h"
#include "backends/cpu/peak.h"
#include "base/version.h"

namespace sloy {
namespace {

/// A line of /proc/self/status, which counts in KiB.
std::size_t status_bytes(std::string_view name) {
  std::FILE* status = std::fopen("/proc/self/status", "r");
  if (!status) return 0;
  char line[256];
  std::size_t kibibytes = 0;
  while (std::fgets(line, sizeof line, status)) {
    if (std::string_view(line).starts_with(name)) {
      std::sscanf(line + name.size(), "%zu", &kibibytes);
    }
  }
  std::fclose(status);
  return kibibytes * 1024;
}

}  // namespace

About about() {
  const BuildInfo& build = build_info();
  cpu::Machine machine = cpu::this_machine();
  About about;
  about.version = build.version;
  about.commit = build.commit;
  about.compiler = build.compiler;
  about.onednn = onednn::version();
  about.cpu = cpu::name_of(machine.instructions);
  about.threads = machine.threads;
  return about;
}

void set_threads(int threads) {
  if (threads < 1) {
    throw ConfigError("the number of threads must be 1 or more, not " + std::to_string(threads), {},
                      "leave it out for as many as there are cores");
  }
#ifdef _OPENMP
  omp_set_num_threads(threads);
#endif
}

double measure_peak_gflops() { return cpu::measure_peak_gflops(cpu::this_machine().threads); }

double measure_memory_gigabytes(std::size_t bytes) {
  if (bytes == 0) throw ConfigError("the speed of no memory cannot be measured: 0 bytes are given");
  return cpu::measure_memory_gigabytes(cpu::this_machine().threads, bytes);
}

std::size_t resident_bytes() { return status_bytes("VmRSS:"); }

std::size_t peak_resident_bytes() { return status_bytes("VmHWM:"); }

}  // namespace sloy
