#include "report.h"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>

namespace sloy::cli {

namespace {

/// Letters, not bytes: what continues a letter of UTF-8 takes no place.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string logs_text(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    text += fmt::format("{}{} {:.4f}", text.empty() ? "" : "   ", name, value);
  }
  return text;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  auto is_number = [](const std::string& cell) {
    return !cell.empty() && (std::isdigit(static_cast<unsigned char>(cell[0])) || cell[0] == '-');
  };
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      bool right = c > 0 && (is_number(row[c]) || (&row == &rows[0] && rows.size() > 1 &&
                                                   c < rows[1].size() && is_number(rows[1][c])));
      line += c > 0 ? "  " : "";
      line += right ? fmt::format("{:>{}}", row[c], widths[c])
                    : fmt::format("{:<{}}", row[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string confusion_text(const Tensor& matrix, const data::Spec& spec) {
  std::int64_t classes = matrix.shape().size(0);
  auto values = matrix.values<double>();
  std::vector<std::vector<std::string>> rows{{"true \\ predicted"}};
  for (std::int64_t c = 0; c < classes; ++c) rows[0].push_back(spec.class_name(c));
  rows[0].push_back("found");
  for (std::int64_t r = 0; r < classes; ++r) {
    std::vector<std::string> row{spec.class_name(r)};
    double all = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
      double count = values[static_cast<std::size_t>(r * classes + c)];
      all += count;
      row.push_back(fmt::format("{:.0f}", count));
    }
    double found = values[static_cast<std::size_t>(r * classes + r)];
    row.push_back(all > 0 ? fmt::format("{:.1f} %", 100 * found / all) : "-");
    rows.push_back(std::move(row));
  }
  return table_text(rows);
}

}  // namespace sloy::cli
