#include "data/tables/lines.h"

#include <fmt/format.h>

#include <cassert>

namespace sloy::data {
namespace {

struct WithLines {
  Dataset base;
  std::string path;
  std::vector<std::int64_t> lines;

  std::int64_t size() const { return base.size(); }
  const Spec& spec() const { return base.spec(); }
  bool is_in_memory() const { return base.is_in_memory(); }
  void read(std::int64_t index, const Slot& slot) const { base.read(index, slot); }
  std::int32_t label(std::int64_t index) const { return base.label(index); }
  std::string name(std::int64_t index) const {
    return line_name(path, lines[static_cast<std::size_t>(index)]);
  }
};

}  // namespace

Dataset with_lines(const Dataset& rows, const std::string& path, std::vector<std::int64_t> lines) {
  assert(static_cast<std::int64_t>(lines.size()) == rows.size());
  return WithLines{rows, path, std::move(lines)};
}

std::string line_name(const std::string& path, std::int64_t line) {
  return fmt::format("{}, line {}", path, line);
}

}  // namespace sloy::data
