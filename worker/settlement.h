// What follows from a chunk's result: outcomes for what is final, a retry for what is not.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "worker/failed_items.h"
#include "worker/flow_observer.h"
#include "worker/held.h"
#include "worker/lane_book.h"
#include "worker/outcome_reporter.h"
#include "worker/payload_pool.h"
#include "worker/retry_rule.h"
#include "worker/store_pool.h"
#include "worker/store_watch.h"
#include "worker/worker_observer.h"

namespace headrace::worker {

// Owned by the loop thread; refers to parts that live as long.
class Settlement {
 public:
  struct Parts {
    Held& held;
    LaneBook& lanes;
    OutcomeReporter& reporter;
    PayloadPool& payloads;
    WorkerObserver& observer;
    Flow& flow;
    const Clock& clock;
  };
  Settlement(Parts parts, RetryRule retry_rule, std::string items_topic);

  // Takes what it needs of the chunk.
  Status Settle(CompletedChunk& chunk);
  // A record that admission refused: dead letter and outcome, without ever being in a lane.
  Status Refuse(const WorkItem& item, const Record& record, ItemError error);
  // An item that is not tried again, because it ended its process each time (see Suspects).
  Status GiveUp(WorkItem& item);
  // To be told which outcomes are acknowledged.
  FailedItems& failed() { return failed_; }

 private:
  Status Finish(CompletedChunk& chunk);
  RetryDecision Judge(CompletedChunk& chunk);
  void CountOutcomes();
  void MoveToReported(const WorkItem& item);
  Status Fail(const WorkItem& item, std::string_view key, std::string_view payload,
              ItemError error);

  const Parts parts_;
  RetryRule retry_rule_;
  FailedItems failed_;
  StoreWatch store_watch_;
  const std::string items_topic_;
  std::vector<const ItemFailure*> failures_;  // of the chunk at hand, by position
  std::array<std::size_t, 5> outcomes_{};     // by ItemState, not told to the observer yet
};

}  // namespace headrace::worker
