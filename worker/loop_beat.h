// The loop's pulse, for those who watch it from other threads.
#pragma once

#include <atomic>
#include <string_view>

#include "common/base/clock.h"

namespace headrace::worker {

enum class LoopPhase { kStarting, kFetching, kSettling, kDispatching, kCommitting, kRevoking };
std::string_view LoopPhaseName(LoopPhase phase);

// The loop thread writes, anybody reads.
class LoopBeat {
 public:
  explicit LoopBeat(const Clock& clock) : clock_(clock), last_tick_(clock.Now()) {}

  void BeginRound() {
    Tick();
    Enter(LoopPhase::kFetching);
  }
  // A sign of life.
  void Tick() { last_tick_.store(clock_.Now(), std::memory_order_relaxed); }
  void Enter(LoopPhase phase) { phase_.store(phase, std::memory_order_relaxed); }

  SteadyTime last_tick() const { return last_tick_.load(std::memory_order_relaxed); }
  LoopPhase phase() const { return phase_.load(std::memory_order_relaxed); }

 private:
  const Clock& clock_;
  std::atomic<SteadyTime> last_tick_;
  std::atomic<LoopPhase> phase_{LoopPhase::kStarting};
};

// Nobody may be watching.
inline void EnterPhase(LoopBeat* beat, LoopPhase phase) {
  if (beat != nullptr) beat->Enter(phase);
}

}  // namespace headrace::worker
