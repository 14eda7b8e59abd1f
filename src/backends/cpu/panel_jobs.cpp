#include "backends/cpu/panel_jobs.h"

#include <algorithm>
#include <numeric>

#include "backends/cpu/simd/panel_product.h"

namespace sloy::cpu {

PanelJobs::PanelJobs(std::int64_t rows, std::int64_t columns, int threads)
    : rows_(rows),
      panels_((columns + panel_columns - 1) / panel_columns),
      groups_((rows + row_group - 1) / row_group),
      bands_(std::min(threads / std::gcd(panels_, std::int64_t{threads}), groups_)) {}

std::int64_t PanelJobs::start(std::int64_t band) const {
  return std::min(groups_ * band / bands_ * row_group, rows_);
}

}  // namespace sloy::cpu
