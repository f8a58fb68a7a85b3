#include "worker/partition_book.h"

#include <charconv>
#include <limits>
#include <string>
#include <string_view>

namespace headrace::worker {

namespace {

constexpr std::string_view kHighWater = "hw=";

// The former owner's high water, from its last commit. A commit without one was made by another
// tool (a group that was reset): then everything may be a repeat.
std::int64_t RepeatsEnd(const PartitionPosition& position) {
  if (position.offset < 0 && position.offset != PartitionPosition::kFromCommit) return 0;
  const std::string_view text = position.metadata;
  std::int64_t high_water = 0;
  if (text.starts_with(kHighWater)) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + kHighWater.size(), end, high_water);
    if (parsed.ec == std::errc()) return high_water;
  }
  return std::numeric_limits<std::int64_t>::max();
}

}  // namespace

void PartitionBook::Own(std::span<const PartitionPosition> positions) {
  last_ledger_ = nullptr;
  for (const PartitionPosition& position : positions) {
    // Logical positions (from the start, from the commit) are negative; the ledger takes its place
    // from the first record then.
    const std::int64_t start = position.offset >= 0 ? position.offset : 0;
    partitions_.erase(position.partition);
    partitions_.emplace(position.partition,
                        Owned{OffsetLedger(start, ledger_span_max_), start, RepeatsEnd(position)});
  }
}

void PartitionBook::Forget(std::span<const TopicPartition> partitions) {
  last_ledger_ = nullptr;
  for (const TopicPartition& partition : partitions) partitions_.erase(partition);
}

std::set<TopicPartition> PartitionBook::owned() const {
  std::set<TopicPartition> owned;
  for (const auto& [partition, entry] : partitions_) owned.insert(partition);
  return owned;
}

OffsetLedger* PartitionBook::Find(TopicPartition partition) {
  if (last_ledger_ != nullptr && last_ == partition) return last_ledger_;
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return nullptr;
  last_ = partition;
  last_ledger_ = &found->second.ledger;
  return last_ledger_;
}

void PartitionBook::Complete(TopicPartition partition, std::int64_t offset) {
  if (OffsetLedger* ledger = Find(partition)) ledger->Complete(offset);
}

std::int64_t PartitionBook::repeats_end(TopicPartition partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? 0 : found->second.repeats_end;
}

std::vector<PartitionPosition> PartitionBook::Uncommitted() const {
  std::vector<PartitionPosition> positions;
  for (const auto& [partition, entry] : partitions_) {
    if (entry.ledger.frontier() <= entry.committed) continue;
    positions.push_back({partition, entry.ledger.frontier(),
                         std::string(kHighWater) + std::to_string(entry.ledger.high_water())});
  }
  return positions;
}

void PartitionBook::MarkCommitted(std::span<const PartitionPosition> positions) {
  for (const PartitionPosition& position : positions) {
    const auto found = partitions_.find(position.partition);
    if (found != partitions_.end()) found->second.committed = position.offset;
  }
}

}  // namespace headrace::worker
