// Takes the loop's measures and tells the observer, often enough for people and seldom enough to
// cost nothing.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/event_log.h"
#include "worker/backlog.h"
#include "worker/flow_observer.h"
#include "worker/lag_book.h"
#include "worker/partition_book.h"

namespace headrace::worker {

// Owned by the loop thread. Without an observer it only counts; without a backlog only what was
// read is known to wait.
class LoopMeter {
 public:
  struct Ports {
    FlowObserver* observer = nullptr;
    BacklogSource* backlog = nullptr;
    const Clock& clock;
  };
  LoopMeter(Ports ports, PartitionBook& partitions, std::chrono::milliseconds stalled_after);

  // What the loop's parts count into.
  Flow& flow() { return flow_; }
  LagBook& lags() { return lags_; }

  void OnAssigned(std::span<const PartitionPosition> positions);
  // After the partitions were forgotten.
  void OnGone(RebalanceKind kind, std::span<const TopicPartition> partitions);

  void BeginRound() { round_began_ = ports_.clock.Now(); }
  // True when Tell is due.
  bool EndRound();
  void Tell(const Standing& standing);

 private:
  void TellLags();

  const Ports ports_;
  PartitionBook& partitions_;
  Flow flow_;
  LagBook lags_;
  SteadyTime round_began_{};
  SteadyTime next_flow_{};
  SteadyTime next_lags_{};
  std::optional<SteadyTime> gone_since_;  // a revocation; until the assignment that follows
};

}  // namespace headrace::worker
