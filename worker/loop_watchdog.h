// Notices that the loop has not come round, says once where it hangs, and in the end ends the
// process.
//
// Nobody else would: every poll of any queue of librdkafka 2.0.2 counts as a sign of life, and a
// loop that hangs in the store or in a drain is only put out of the group after
// max.poll.interval.ms, after which its partitions are lost but the process stands. Ending it loses
// nothing, because commits follow outcomes; the supervisor's restart repeats what was under way.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <thread>

#include "common/base/clock.h"
#include "common/base/service.h"
#include "worker/loop_beat.h"

namespace headrace::worker {

struct LoopPatience {
  std::chrono::milliseconds silence_max{60'000};  // then it is said, and the probe fails
  std::chrono::milliseconds end_after{300'000};   // so much later the process ends; 0: never
};

// Pure.
class LoopJudge {
 public:
  enum class Verdict { kNothingNew, kSilent, kBack, kEnd };

  explicit LoopJudge(LoopPatience patience) : patience_(patience) {}
  Verdict Judge(SteadyTime now, SteadyTime last_tick);

 private:
  const LoopPatience patience_;
  bool silent_ = false;
};

// At once and without destructors, which may hang as well: exit code 1, as docs/cli.md promises.
[[noreturn]] void EndWedgedProcess();

// A thread that judges every fraction of the patience. `end` must not return; it is called on that
// thread. `beat` and `clock` must outlive the watchdog.
class LoopWatchdog final : public Service {
 public:
  LoopWatchdog(const LoopBeat& beat, const Clock& clock, LoopPatience patience,
               std::function<void()> end);
  ~LoopWatchdog() override;

  Status Start() override;
  void Stop() override;

  // One look; what the thread does over and over.
  void Look();

 private:
  const LoopBeat& beat_;
  const Clock& clock_;
  const LoopPatience patience_;
  const std::function<void()> end_;
  LoopJudge judge_;
  std::jthread thread_;
};

}  // namespace headrace::worker
