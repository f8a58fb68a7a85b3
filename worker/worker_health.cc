#include "worker/worker_health.h"

#include "common/base/log.h"

namespace headrace::worker {
namespace {

constexpr std::array<std::string_view, 4> kNames{"kafka", "redis", "store", "consumer_group"};

}  // namespace

WorkerHealth::WorkerHealth(const Clock& clock, std::chrono::milliseconds silence_max)
    : clock_(clock), silence_max_(silence_max), beat_(clock) {}

void WorkerHealth::Set(Part part, bool ok, std::string_view detail) {
  if (!ok && state_[part] == kFailed) return;
  const int state = ok ? kOk : kMissing;
  if (state_[part].exchange(state) == state) return;
  if (ok) {
    log::Info("part_ready", {{"part", kNames[part]}});
  } else {
    log::Warn("part_missing", {{"part", kNames[part]}, {"detail", detail}});
  }
}

void WorkerHealth::SetFailed(Part part, std::string_view detail) {
  if (state_[part].exchange(kFailed) == kFailed) return;
  log::Error("part_failed", {{"part", kNames[part]}, {"detail", detail}});
}

bool WorkerHealth::alive() const { return clock_.Now() - beat_.last_tick() < silence_max_; }

std::string WorkerHealth::NotReady() const {
  std::string missing;
  for (std::size_t part = 0; part < kNames.size(); ++part) {
    if (state_[part] == kOk) continue;
    missing.append(missing.empty() ? "waiting for " : ", ").append(kNames[part]);
  }
  return missing;
}

}  // namespace headrace::worker
