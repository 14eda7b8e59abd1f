/// Loops over the threads of OpenMP, the one compute runtime.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace sloy {

/// Of the errors that pieces of a job throw, which end in any order, that of the piece which stands
/// first: the same error is reported whichever thread is faster. Not for several threads at once.
class FirstError {
 public:
  void keep(std::int64_t place, std::exception_ptr error) {
    if (error_ && place >= place_) return;
    error_ = std::move(error);
    place_ = place;
  }
  explicit operator bool() const { return error_ != nullptr; }
  /// REQUIRES: there is one.
  [[noreturn]] void rethrow() const { std::rethrow_exception(error_); }

 private:
  std::exception_ptr error_;
  std::int64_t place_ = 0;
};

/// Splits [0, count) into runs of neighbours, each of `grain` or more, and calls work(first, last)
/// for each, on as many threads as there are runs. Runs on the calling thread alone where there is
/// just one run, inside a parallel region, and without OpenMP. The exception of the first run that
/// throws is rethrown once all have ended.
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
  FirstError error;
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
      error.keep(run, std::current_exception());
    }
  }
  if (error) error.rethrow();
#endif
}

}  // namespace sloy
