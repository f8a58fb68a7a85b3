// What has been taken in and is not acknowledged yet: from the repeat gate through lanes and store
// to the outcome that Kafka has.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "common/base/clock.h"
#include "worker/claims.h"
#include "worker/commits.h"
#include "worker/dispatcher.h"
#include "worker/held.h"
#include "worker/lane_book.h"
#include "worker/loop_meter.h"
#include "worker/outcome_reporter.h"
#include "worker/partition_book.h"
#include "worker/payload_pool.h"
#include "worker/repeat_gate.h"
#include "worker/settlement.h"
#include "worker/store_pool.h"
#include "worker/worker_plan.h"

namespace headrace::worker {

// Owned by the loop thread; refers to parts that live as long.
class Pipeline {
 public:
  struct Parts {
    PartitionBook& partitions;
    Claims& claims;
    Commits& commits;
    PayloadPool& payloads;
    LoopMeter& meter;
  };
  Pipeline(const WorkerPorts& ports, const WorkerPlan& plan, const Parts& parts);

  // An item of an owned partition, entered in its ledger. Returns how many wait in its lane now; 0
  // while it waits at the gate.
  std::size_t Add(WorkItem&& item);
  // A record that admission refused, likewise: it has an outcome without being tried.
  Status Refuse(const WorkItem& item, const Record& record, ItemError error);

  // One round: takes in results and answers, commits, begins what may be begun. True when anything
  // moved.
  Result<bool> Turn();
  // Brings what has been begun to its end, without beginning anything. An error ends the next Turn.
  void Drain(std::chrono::milliseconds budget);
  // Drops what is not begun: those partitions are another worker's.
  void Forget(const std::set<TopicPartition>& partitions);

  // Nothing has been begun that is not acknowledged.
  bool idle() const { return store_.chunks_in_flight() == 0 && reporter_.idle(); }
  // How long the loop may sleep, unless something wakes it.
  std::chrono::milliseconds IdleTime() const;
  const Held& held() const { return held_; }
  InFlight in_flight() const;
  Standing Stand() const;

 private:
  Result<bool> Settle(bool flush);
  Status SettleChunks();
  Result<bool> PassGate();
  void NoteSurvival(const WorkItem& item);
  void EndCopies();
  void EndUntried(std::span<const WorkItem> items);
  void Drop(std::span<const WorkItem> items);
  void TellPace();

  const WorkerPorts& ports_;
  const WorkerPlan& plan_;
  const Parts parts_;
  Held held_;
  LaneBook lanes_;
  StorePool store_;
  OutcomeReporter reporter_;
  RepeatGate gate_;
  Settlement settlement_;
  Dispatcher dispatcher_;
  Status failed_;  // while draining; a delivery fails only once
  struct Round {
    std::vector<CompletedChunk> completed;  // their room is used again
    std::vector<DoneItem> done;
    std::optional<bool> told_throttled;  // as the observer knows it
  } round_;
};

}  // namespace headrace::worker
