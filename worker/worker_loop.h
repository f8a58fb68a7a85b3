// The worker's loop: one thread owns consumer, lanes, ledgers and reporter, so none of them needs a
// lock. Store threads meet it at the pool's queue, everybody wakes it through one descriptor.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/accounting/batch_directory.h"
#include "common/base/clock.h"
#include "common/base/wakeup.h"
#include "common/config/worker_settings.h"
#include "common/model/item_parser.h"
#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "worker/alone_turn.h"
#include "worker/claims.h"
#include "worker/intake.h"
#include "worker/loop_beat.h"
#include "worker/loop_meter.h"
#include "worker/outcome_reporter.h"
#include "worker/settlement.h"
#include "worker/store_pool.h"
#include "worker/worker_observer.h"

namespace headrace::worker {

struct WorkerPorts {
  // Makes the member of the worker group; the loop is its listener.
  std::function<Result<std::unique_ptr<EventConsumer>>(AssignmentListener&)> open_consumer;
  EventProducer& producer;
  OutcomeSource& outcomes;
  GraphStore& store;
  accounting::BatchDirectory& directory;
  WorkerObserver& observer;
  const Clock& clock;
  const Wakeup& wakeup;
  // What only metrics need; a loop without them works as well.
  FlowObserver* flow = nullptr;
  BacklogSource* backlog = nullptr;
  LoopBeat* beat = nullptr;
};

struct WorkerPlan {
  WorkerSettings settings;
  AdmissionSettings admission;  // names the items topic
  std::string outcomes_topic;
  std::string dead_letters_topic;
  std::uint64_t seed = 1;  // of the retry jitter
};

// What is durable before what is acknowledged: an offset is committed only when the outcome of its
// item, and of every item before it in the partition, is acknowledged by the outcomes topic; an
// outcome is produced only when the store has applied the item durably (or its dead letter is
// acknowledged). So a crash at any point repeats work, which the store absorbs by the episode's
// uuid and the accounting by the item's state, and never loses any.
class WorkerLoop final : public AssignmentListener {
 public:
  WorkerLoop(WorkerPorts ports, WorkerPlan plan);

  // Joins the group and works until `should_stop` says so, then drains, commits and leaves.
  // kPermanent: a delivery failed for good; ending the process and starting again is safe.
  Status Run(const std::function<bool()>& should_stop);

  // What Run is made of, for whoever gives the loop its turns; nothing of it waits but for the
  // drain of a revoked partition, and Finish.
  Status Join();
  // One round; true when anything moved. After an error the loop has left the group, and ends.
  Result<bool> Step();
  void Finish();

  void OnAssigned(std::vector<PartitionPosition>& positions) override;
  void OnRevoked(std::span<const TopicPartition> partitions) override;
  void OnLost(std::span<const TopicPartition> partitions) override;

 private:
  Result<bool> Tick();
  Result<bool> SettleCompleted(bool flush);
  void NoteSurvival(const WorkItem& item);
  Result<bool> PassGate();
  bool Dispatch();
  std::size_t RoomForSuspects() const;
  bool NoteTries(const std::vector<WorkItem>& chunk);
  void CommitIfDue();
  bool CommitNow(const std::set<TopicPartition>& left);
  void CommitLeaving(const std::set<TopicPartition>& partitions);
  void Quiesce(std::chrono::milliseconds budget);
  void ForgetWaiting(const std::set<TopicPartition>& partitions);
  void LogSuspects(const PartitionPosition& position);
  void Forget(std::span<const WorkItem> items);
  void Leave();
  Status Watch(const Status& status);
  void TellPace();
  Standing Stand() const;
  void Enter(LoopPhase phase);
  std::optional<SteadyTime> NextDispatch() const;
  void Sleep();

  const WorkerPorts ports_;
  const WorkerPlan plan_;
  Held held_;
  LaneBook lanes_;
  PartitionBook partitions_;
  LoopMeter meter_;
  StorePool store_pool_;
  OutcomeReporter reporter_;
  Claims claims_;
  RepeatGate gate_;
  AloneTurn alone_turn_;
  Admission admission_;
  Settlement settlement_;
  std::unique_ptr<EventConsumer> consumer_;
  std::optional<Intake> intake_;
  Status failed_;  // while draining
  struct Pulse {
    SteadyTime next_commit{};
    SteadyTime next_mark{};  // not before it, when items wait for a commit
    bool kafka_ok = true;
    bool store_has_room = true;  // as of the last dispatch
    bool throttled = false;      // as the observer knows it
  } pulse_;
  // Their room is used again, tick by tick; their content is not.
  struct Scratch {
    std::vector<CompletedChunk> completed;
    std::vector<DoneItem> done;
    std::vector<WorkItem> chunk;
  } scratch_;
};

}  // namespace headrace::worker
