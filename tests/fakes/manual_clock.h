// A clock that moves only when a test says so.
#pragma once

#include <atomic>
#include <chrono>

#include "common/base/clock.h"

namespace headrace::fakes {

// Both times move together. Called from any thread.
class ManualClock final : public Clock {
 public:
  SteadyTime Now() const override {
    return SteadyTime(std::chrono::microseconds(since_start_.load()));
  }
  Timestamp WallNow() const override {
    return Timestamp(kWallStart + std::chrono::microseconds(since_start_.load()));
  }
  void Advance(std::chrono::microseconds by) { since_start_ += by.count(); }

 private:
  // 2026-01-01T00:00:00Z.
  static constexpr std::chrono::seconds kWallStart{1'767'225'600};
  // One hour: code that subtracts a duration from Now() never meets a negative time.
  std::atomic<std::int64_t> since_start_{3'600'000'000};
};

}  // namespace headrace::fakes
