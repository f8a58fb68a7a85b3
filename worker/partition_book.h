// The partitions that this worker owns: their ledgers, and what is due to be committed.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "common/ports/event_log.h"
#include "worker/offset_ledger.h"

namespace headrace::worker {

// Owned by the loop thread. A partition that was taken away is forgotten at once, so that a late
// completion cannot move an offset that another worker owns.
class PartitionBook {
 public:
  explicit PartitionBook(std::size_t ledger_span_max) : ledger_span_max_(ledger_span_max) {}

  void Own(std::span<const PartitionPosition> positions);
  void Forget(std::span<const TopicPartition> partitions);
  bool owns(TopicPartition partition) { return Find(partition) != nullptr; }
  std::set<TopicPartition> owned() const;

  // Null for a partition that is not owned. Valid until Own or Forget.
  OffsetLedger* Find(TopicPartition partition);
  void Complete(TopicPartition partition, std::int64_t offset);

  // Records of the partition below this offset may be repeats: its former owner had read them.
  std::int64_t repeats_end(TopicPartition partition) const;

  // Frontiers that moved since they were last committed; the metadata carries the high water, below
  // which the next owner may meet repeats.
  std::vector<PartitionPosition> Uncommitted() const;
  void MarkCommitted(std::span<const PartitionPosition> positions);

 private:
  struct Owned {
    OffsetLedger ledger;
    std::int64_t committed;
    std::int64_t repeats_end;
  };

  const std::size_t ledger_span_max_;
  std::map<TopicPartition, Owned> partitions_;
  // What was found last: records and outcomes of one partition come together.
  TopicPartition last_;
  OffsetLedger* last_ledger_ = nullptr;
};

}  // namespace headrace::worker
