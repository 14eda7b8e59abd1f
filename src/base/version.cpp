#include "base/version.h"

namespace sloy {

const BuildInfo& build_info() {
  static constexpr BuildInfo info = {
#include "build_info.inc"
  };
  return info;
}

}  // namespace sloy
