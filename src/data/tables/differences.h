/// What rows say otherwise than those that a model learned from.
#pragma once

#include <sloy/notice.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/tables/encode.h"

namespace sloy::data {

class Differences {
 public:
  explicit Differences(const TableForm& form);

  void add_missing(std::size_t column, std::int64_t line) { missing_[column].add(line, {}); }
  /// Looks at a row that was written to `numbers`.
  void look_at(const TableReader& table, const RowEncoder& encoder, std::span<const float> numbers);
  /// Adds a notice for each column with missing values, or with texts that are no categories.
  void tell(const std::string& path, std::vector<Notice>& notices) const;

 private:
  /// Cells of a column that are alike.
  struct Cells {
    std::int64_t count = 0;
    std::int64_t line = 0;  ///< of the first
    std::string text;       ///< of the first

    void add(std::int64_t at, std::string_view cell) {
      if (count++ > 0) return;
      line = at;
      text = cell;
    }
    Note place(const std::string& path) const;
  };

  Notice notice_of_unseen(std::size_t column, const std::string& path) const;
  Notice notice_of_missing(std::size_t column, const std::string& path) const;

  const TableForm& form_;
  std::vector<std::size_t> places_;
  std::vector<Cells> missing_;  ///< of each column
  std::vector<Cells> unseen_;   ///< texts that no row to learn from had
};

}  // namespace sloy::data
