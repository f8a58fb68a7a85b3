#include "worker/loop_watchdog.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

std::int64_t Seconds(SteadyTime::duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

void EndWedgedProcess() {
  constexpr int kStartMeAgain = 1;
  std::_Exit(kStartMeAgain);
}

LoopJudge::Verdict LoopJudge::Judge(SteadyTime now, SteadyTime last_tick) {
  const auto silence = now - last_tick;
  if (silence < patience_.silence_max) {
    return std::exchange(silent_, false) ? Verdict::kBack : Verdict::kNothingNew;
  }
  const bool ends = patience_.end_after > milliseconds(0) &&
                    silence >= patience_.silence_max + patience_.end_after;
  if (ends) return Verdict::kEnd;
  return std::exchange(silent_, true) ? Verdict::kNothingNew : Verdict::kSilent;
}

LoopWatchdog::LoopWatchdog(const LoopBeat& beat, const Clock& clock, LoopPatience patience,
                           std::function<void()> end)
    : beat_(beat), clock_(clock), patience_(patience), end_(std::move(end)), judge_(patience) {}

LoopWatchdog::~LoopWatchdog() { Stop(); }

Status LoopWatchdog::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    Mutex mutex;
    CondVar wake;
    const std::stop_callback on_stop(stop, [&] {
      const MutexLock lock(mutex);
      wake.notify_all();
    });
    const milliseconds pause = std::min(milliseconds(1'000), patience_.silence_max / 5);
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, pause, [&] { return stop.stop_requested(); })) Look();
  });
  return {};
}

void LoopWatchdog::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void LoopWatchdog::Look() {
  const SteadyTime last_tick = beat_.last_tick();
  const SteadyTime now = std::max(clock_.Now(), last_tick);
  const std::string_view phase = LoopPhaseName(beat_.phase());
  switch (judge_.Judge(now, last_tick)) {
    case LoopJudge::Verdict::kNothingNew:
      break;
    case LoopJudge::Verdict::kSilent:
      log::Error("loop_silent",
                 {{"phase", phase},
                  {"silent_s", Seconds(now - last_tick)},
                  {"detail", "the worker's loop hangs there; /healthz fails from now on"}});
      break;
    case LoopJudge::Verdict::kBack:
      log::Info("loop_back");
      break;
    case LoopJudge::Verdict::kEnd:
      log::Error("loop_wedged",
                 {{"phase", phase},
                  {"silent_s", Seconds(now - last_tick)},
                  {"detail",
                   "this process ends, so that it is started again; nothing is lost, "
                   "what was under way is repeated"}});
      end_();
      break;
  }
}

}  // namespace headrace::worker
