/// What was built, from what, by what: printed by `sloy --version` and kept in every run's record.
#pragma once

#include <string_view>

namespace sloy {

struct BuildInfo {
  std::string_view version;  // "0.1.0"
  std::string_view commit;  // "1f0c2d3e4a5b", "…-dirty" with changes on top, "unknown" without git
  std::string_view compiler;  // "GNU 12.2.0"
};

const BuildInfo& build_info();

}  // namespace sloy
