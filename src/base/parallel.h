/// Loops over the threads of OpenMP, the one compute runtime.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace sloy {

/// Splits [0, count) into runs of neighbours, each of `grain` or more, and calls work(first, last)
/// for each, on as many threads as there are runs. Runs on the calling thread alone where there is
/// just one run, inside a parallel region, and without OpenMP. The first exception is rethrown
/// once all runs have ended.
template <class Work>
void parallel_for(std::int64_t count, [[maybe_unused]] std::int64_t grain, const Work& work) {
  std::int64_t runs = 1;
#ifdef _OPENMP
  if (!omp_in_parallel()) {
    runs = std::clamp<std::int64_t>(count / std::max<std::int64_t>(grain, 1), 1,
                                    omp_get_max_threads());
  }
#endif
  if (runs == 1) {
    if (count > 0) work(std::int64_t{0}, count);
    return;
  }
#ifdef _OPENMP
  std::exception_ptr error;
  // Always the whole team, though some have no run: libgomp makes a team of another size anew.
#pragma omp parallel for schedule(static, 1)
  for (std::int64_t run = 0; run < runs; ++run) {
    try {
      const auto start = [&](std::int64_t r) {
        return count / runs * r + std::min(r, count % runs);
      };
      work(start(run), start(run + 1));
    } catch (...) {
#pragma omp critical(sloy_parallel_for)
      if (!error) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
#endif
}

}  // namespace sloy
