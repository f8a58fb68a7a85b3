// Time as a port: production code asks a Clock, tests move a ManualClock (tests/fakes).
#pragma once

#include <chrono>

namespace headrace {

using SteadyTime = std::chrono::steady_clock::time_point;
// UTC, microseconds since 1970-01-01: the precision that every graph store keeps.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// Called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime Now() const = 0;     // for waiting and measuring
  virtual Timestamp WallNow() const = 0;  // for what people and other systems read
};

class SystemClock final : public Clock {
 public:
  SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
  Timestamp WallNow() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
};

}  // namespace headrace
