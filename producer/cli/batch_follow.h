// Following a batch until nothing changes any more: `load --wait` and `batch watch`.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/redis/batch_view.h"
#include "producer/cli/progress_bar.h"
#include "producer/intake/load_scan.h"

namespace headrace::cli {

struct FollowOptions {
  std::string project;
  std::string id;
  std::optional<std::chrono::milliseconds> timeout;
  bool may_appear_later = false;  // just loaded: the projector may not have come to it yet
  std::chrono::milliseconds interval{200};
  // For Redis to answer the first time, and to hold the batch if it is incomplete. A missing Redis
  // must be reported within 10 s of the start.
  std::chrono::milliseconds patience{8'000};
  // Without any item finishing: then it is asked why, and again after as long.
  std::chrono::milliseconds stall_hint_after{15'000};
};

enum class FollowEnd { kFinal, kTimeout, kInterrupted, kUnreachable, kNotFound, kIncomplete };

struct FollowResult {
  FollowEnd end = FollowEnd::kFinal;
  std::optional<redis::BatchSummary> batch;  // as last seen
  std::string problem;                       // for all but kFinal
};

// What the follower needs of the outside; tests bring their own.
struct FollowWorld {
  redis::BatchView& view;
  const Clock& clock;
  ProgressBar& bar;
  intake::StopRequested stop;
  std::function<void(std::chrono::milliseconds)> pause;
  std::function<std::string()> why_stalled;  // a clause; see StallReason
};

FollowResult FollowBatch(const FollowWorld& world, const FollowOptions& options);

}  // namespace headrace::cli
