/// How threads share out a product whose columns come in panels of 64.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// Some rows of one panel of columns.
struct PanelJob {
  std::int64_t panel;
  std::int64_t row;
  std::int64_t rows;
};

/// Panels, or bands of their rows where whole panels can't be shared out evenly. Neighbours go to
/// one thread, so that the same thread has the same panels in all products of these columns.
class PanelJobs {
 public:
  /// REQUIRES: all three 1 or more.
  PanelJobs(std::int64_t rows, std::int64_t columns, int threads);

  std::int64_t count() const { return panels_ * bands_; }
  PanelJob operator[](std::int64_t i) const {
    const std::int64_t first = start(i % bands_);
    return {i / bands_, first, start(i % bands_ + 1) - first};
  }

 private:
  /// Bands begin at whole groups of rows.
  std::int64_t start(std::int64_t band) const;

  std::int64_t rows_;
  std::int64_t panels_;
  std::int64_t groups_;
  std::int64_t bands_;
};

}  // namespace sloy::cpu
