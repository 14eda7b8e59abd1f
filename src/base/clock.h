/// Time as the library sees it, so that tests of rates and of time left need not wait.
#pragma once

namespace sloy {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since some moment in the past; never goes back.
  virtual double seconds() const = 0;
  /// Seconds since 1970, as the machine's calendar has it.
  virtual double calendar_seconds() const = 0;
};

/// The machine's own.
const Clock& real_clock();

/// Stands still until it is moved.
class ManualClock final : public Clock {
 public:
  double seconds() const override { return seconds_; }
  double calendar_seconds() const override { return seconds_; }
  void advance(double seconds) { seconds_ += seconds; }

 private:
  double seconds_ = 0;
};

}  // namespace sloy
