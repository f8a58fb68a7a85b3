// The worker's loop: one thread owns consumer, lanes, ledgers and reporter, so none of them needs a
// lock. Store threads meet it at the pool's queue, everybody wakes it through one descriptor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "worker/admission.h"
#include "worker/claims.h"
#include "worker/commits.h"
#include "worker/intake.h"
#include "worker/kafka_watch.h"
#include "worker/loop_meter.h"
#include "worker/partition_book.h"
#include "worker/pipeline.h"
#include "worker/worker_plan.h"

namespace headrace::worker {

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
  void FindSuspects(std::span<const PartitionPosition> positions);
  void CommitLeaving(const std::set<TopicPartition>& partitions, SteadyTime deadline);
  void Disown(RebalanceKind kind, std::span<const TopicPartition> partitions);
  void Leave();

  const WorkerPorts ports_;
  const WorkerPlan plan_;
  PartitionBook partitions_;
  Claims claims_;
  LoopMeter meter_;
  KafkaWatch kafka_;
  Commits commits_;
  Admission admission_;
  Pipeline pipeline_;
  std::unique_ptr<EventConsumer> consumer_;
  std::optional<Intake> intake_;
};

}  // namespace headrace::worker
