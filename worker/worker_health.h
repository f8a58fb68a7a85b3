// How the worker is: what the probes ask for, and one log line whenever it changes.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "worker/loop_beat.h"

namespace headrace::worker {

// Called from any thread.
class WorkerHealth {
 public:
  enum Part : std::size_t { kKafka, kRedis, kStore, kGroup };

  // `silence_max` of the loop, after which the process is not alive.
  explicit WorkerHealth(const Clock& clock,
                        std::chrono::milliseconds silence_max = std::chrono::minutes(1));

  // `detail` says why not; it is logged on a change only.
  void Set(Part part, bool ok, std::string_view detail);
  // The part is missing until a person acts. Logged as an error, also when it was missing before.
  void SetFailed(Part part, std::string_view detail);
  // The same without a log line, for parts that log their changes themselves.
  void Note(Part part, bool ok) { state_[part] = ok ? kOk : kMissing; }
  // While there is no loop yet.
  void Tick() { beat_.Tick(); }
  LoopBeat& beat() { return beat_; }

  // False when the loop has not come round for `silence_max`.
  bool alive() const;
  // Names the parts that are missing; empty when ready.
  std::string NotReady() const;
  bool ok(Part part) const { return state_[part] == kOk; }

 private:
  enum State : int { kUnknown, kOk, kMissing, kFailed };

  const Clock& clock_;
  std::array<std::atomic<int>, 4> state_{};
  const std::chrono::milliseconds silence_max_;
  LoopBeat beat_;
};

}  // namespace headrace::worker
