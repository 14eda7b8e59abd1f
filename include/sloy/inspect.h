/// Inspect: what was built, what it runs on, and what memory it takes.
#pragma once

#include <cstddef>
#include <string>

#include <sloy/export.h>
#include <sloy/fields.h>

namespace sloy {

/// The library and the machine it runs on.
struct About {
  std::string version;   ///< "0.1.0"
  std::string commit;    ///< of the source; "…-dirty" with changes on top, "unknown" without git
  std::string compiler;  ///< "GNU 12.2.0"
  std::string onednn;    ///< "2.6.3"
  std::string cpu;       ///< instruction sets in use: "avx512"
  int threads = 1;       ///< that compute

  static void fields(auto&& field) {
    field("version", &About::version);
    field("commit", &About::commit);
    field("compiler", &About::compiler);
    field("onednn", &About::onednn);
    field("cpu", &About::cpu);
    field("threads", &About::threads);
  }
};
SLOY_EXPORT About about();

/// The number of threads that compute, for programs compiled from now on. Throws ConfigError on a
/// number below 1.
SLOY_EXPORT void set_threads(int threads);

/// Float32 arithmetic this machine can do, in 10⁹ operations a second (a multiply-add counts as
/// two), measured now on the threads that compute. Takes about 0.2 seconds.
SLOY_EXPORT double measure_peak_gflops();

/// The memory traffic of this machine in 10⁹ bytes a second, read and written ones together,
/// measured now on the threads that compute: over and over the same `bytes` of memory, which the
/// CPU's caches hold where they are few. Takes about 0.1 seconds. Throws ConfigError on 0 bytes.
SLOY_EXPORT double measure_memory_gigabytes(std::size_t bytes);

/// The memory this process has resident now, in bytes; 0 where the system does not say.
SLOY_EXPORT std::size_t resident_bytes();
/// The most it has had so far.
SLOY_EXPORT std::size_t peak_resident_bytes();

}  // namespace sloy
