// From the consumer into the pipeline: polls records, judges them and enters them in the ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "worker/admission.h"
#include "worker/hot_partitions.h"
#include "worker/loop_meter.h"
#include "worker/parked_records.h"
#include "worker/partition_book.h"
#include "worker/pipeline.h"
#include "worker/worker_observer.h"

namespace headrace::worker {

struct IntakeLimits {
  std::size_t items_max = 10'000;  // to work on; as many more may wait for acknowledgement
  std::size_t bytes_max = 128u << 20;
};

// Owned by the loop thread.
class Intake {
 public:
  struct Parts {
    EventConsumer& consumer;
    Admission& admission;
    PartitionBook& partitions;
    Pipeline& pipeline;
    WorkerObserver& observer;
    LoopMeter& meter;
    const Clock& clock;
  };
  Intake(Parts parts, const IntakeLimits& limits);

  // Takes in what fits into the limits, without waiting. True when something was taken in. An
  // unreachable broker is kTransient.
  Result<bool> Fetch();

  // A new assignment is read from its commit on, and not paused. The items topic may have got more
  // partitions; they are counted again before the next record.
  void OnAssigned(std::span<const PartitionPosition> positions);

  // There has been no room for so long that the partitions are paused.
  bool paused() const { return !held_back_.empty(); }
  // Partitions that are paused because of a hot graph.
  std::size_t hot_partitions() const { return hot_.count(); }

 private:
  bool HasRoom() const;
  Result<bool> FetchMore();
  Status KeepMembership();
  Result<bool> TakeIn();
  bool Take(const Record& record, Timestamp now, Status& status);
  bool HasWaited();
  bool IsHot(std::size_t in_lane) const;
  void SetAside(const Record& record);
  Result<bool> Unpark();
  bool KnowsPartitionCount();
  Status Enter(const Record& record, Verdict&& verdict);
  void Stop(const Record& record);

  const Parts parts_;
  const IntakeLimits limits_;
  std::int32_t partition_count_ = 0;  // needed to tell misrouted records; 0: not known
  std::vector<Record> records_;
  std::size_t next_record_ = 0;  // of records_, not judged yet
  SteadyTime full_since_{};      // zero while there is room
  SteadyTime waiting_since_{};   // zero while every record could be taken in
  ParkedRecords parked_;         // of partitions that are paused because of the first of them
  SteadyTime next_unpark_{};
  HotPartitions hot_;
  std::set<TopicPartition> held_back_;  // paused because we are full
  std::set<TopicPartition> stopped_;    // paused because of a record that this build cannot read
};

}  // namespace headrace::worker
