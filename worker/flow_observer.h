// What the loop counts for itself and tells now and then, so that an item costs no shared counter.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/ports/graph_store.h"
#include "worker/duration_tally.h"
#include "worker/lag_book.h"
#include "worker/store_answer.h"

namespace headrace::worker {

// Since the observer was told last.
struct Flow {
  std::uint64_t taken_in = 0;
  std::uint64_t commit_failures = 0;
  std::array<std::uint64_t, kApplied> retries{};                   // items, by StoreErrorClass
  std::array<DurationTally, kStoreAnswers.size()> store_requests;  // by the answer
  DurationTally queued;                                            // accepted until first tried
  DurationTally end_to_end;                                        // accepted until final
  std::chrono::microseconds longest_round{0};  // the loop was away from everything else so long
};

// What the loop holds at the moment of telling.
struct Standing {
  std::size_t waiting_retry = 0;  // items, in lanes whose retry waits for its time
  std::size_t slots_busy = 0;     // chunks that the store works on
  std::size_t slots_allowed = 0;  // that it may work on now
  std::size_t slots = 0;          // that it takes
  double saturation = 0;          // of the worker's limits: 1 is full
};

enum class RebalanceKind { kAssigned, kRevoked, kLost };

// The loop thread calls everything.
class FlowObserver {
 public:
  virtual ~FlowObserver() = default;
  virtual void OnFlow(const Flow& flow, const Standing& standing) = 0;
  // Of all partitions that are owned; of others nothing is known any more.
  virtual void OnLags(std::span<const PartitionLag> lags) = 0;
  // `took`: at an assignment that follows a revocation, how long nothing was owned.
  virtual void OnRebalance(RebalanceKind kind, std::optional<std::chrono::microseconds> took) = 0;
};

}  // namespace headrace::worker
