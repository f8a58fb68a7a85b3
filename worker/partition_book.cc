#include "worker/partition_book.h"

#include <string>

namespace headrace::worker {

void PartitionBook::Own(std::span<const PartitionPosition> positions) {
  for (const PartitionPosition& position : positions) {
    // Logical positions (from the start, from the commit) are negative; the ledger takes its place
    // from the first record then.
    const std::int64_t start = position.offset >= 0 ? position.offset : 0;
    partitions_.erase(position.partition);
    partitions_.emplace(position.partition, Owned{OffsetLedger(start, ledger_span_max_), start});
  }
}

void PartitionBook::Forget(std::span<const TopicPartition> partitions) {
  for (const TopicPartition& partition : partitions) partitions_.erase(partition);
}

std::set<TopicPartition> PartitionBook::owned() const {
  std::set<TopicPartition> owned;
  for (const auto& [partition, entry] : partitions_) owned.insert(partition);
  return owned;
}

OffsetLedger* PartitionBook::Find(TopicPartition partition) {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : &found->second.ledger;
}

void PartitionBook::Complete(TopicPartition partition, std::int64_t offset) {
  if (OffsetLedger* ledger = Find(partition)) ledger->Complete(offset);
}

std::vector<PartitionPosition> PartitionBook::Uncommitted() const {
  std::vector<PartitionPosition> positions;
  for (const auto& [partition, entry] : partitions_) {
    if (entry.ledger.frontier() <= entry.committed) continue;
    positions.push_back(
        {partition, entry.ledger.frontier(), "hw=" + std::to_string(entry.ledger.high_water())});
  }
  return positions;
}

void PartitionBook::MarkCommitted(std::span<const PartitionPosition> positions) {
  for (const PartitionPosition& position : positions) {
    const auto found = partitions_.find(position.partition);
    if (found != partitions_.end()) found->second.committed = position.offset;
  }
}

std::size_t PartitionBook::pending() const {
  std::size_t pending = 0;
  for (const auto& [partition, entry] : partitions_) pending += entry.ledger.pending();
  return pending;
}

}  // namespace headrace::worker
