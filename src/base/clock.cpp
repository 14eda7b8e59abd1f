#include "base/clock.h"

#include <chrono>

namespace sloy {
namespace {

template <class Source>
double seconds_of() {
  return std::chrono::duration<double>(Source::now().time_since_epoch()).count();
}

class RealClock final : public Clock {
 public:
  double seconds() const override { return seconds_of<std::chrono::steady_clock>(); }
  double calendar_seconds() const override { return seconds_of<std::chrono::system_clock>(); }
};

}  // namespace

const Clock& real_clock() {
  static const RealClock clock;
  return clock;
}

}  // namespace sloy
