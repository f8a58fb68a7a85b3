#include <algorithm>

#include "common/base/check.h"
#include "tests/fakes/memory_broker.h"

namespace headrace::fakes {
namespace {

const char* const kUnreachable = "the brokers cannot be reached";

}  // namespace

MemoryEventLog::Consumer::Consumer(Broker& broker, std::vector<std::string> topics,
                                   std::string group, AssignmentListener* listener)
    : broker_(broker), topics_(std::move(topics)), group_(std::move(group)), listener_(listener) {
  MutexLock lock(broker_.mutex);
  if (group_.empty()) {
    for (const TopicPartition& partition : Wanted()) positions_[partition] = 0;
    return;
  }
  CHECK(listener_ != nullptr);
  broker_.groups[group_].members.push_back(this);
}

MemoryEventLog::Consumer::~Consumer() {
  if (group_.empty()) return;
  std::vector<TopicPartition> owned;
  for (const auto& [partition, position] : positions_) owned.push_back(partition);
  bool lost = false;
  {
    MutexLock lock(broker_.mutex);
    lost = broker_.groups[group_].expired.contains(this);
  }
  if (!owned.empty()) lost ? listener_->OnLost(owned) : listener_->OnRevoked(owned);
  MutexLock lock(broker_.mutex);
  MemoryGroup& group = broker_.groups[group_];
  GiveUp(owned);
  std::erase(group.members, this);
  group.expired.erase(this);
}

Status MemoryEventLog::Consumer::Poll(std::chrono::milliseconds timeout, std::size_t count_max,
                                      std::vector<Record>& records) {
  records.clear();
  held_.clear();
  if (!group_.empty()) Rebalance();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(broker_.mutex);
  while (true) {
    if (!Reaches()) return Transient(kUnreachable);
    if (Fetch(count_max, records) > 0 || timeout.count() == 0) return {};
    if (broker_.changed.wait_until(broker_.mutex, deadline) == std::cv_status::timeout) return {};
  }
}

Status MemoryEventLog::Consumer::Commit(std::span<const PartitionPosition> positions) {
  MutexLock lock(broker_.mutex);
  if (!broker_.reachable) return Transient(kUnreachable);
  if (broker_.refuses_commits || broker_.commits_to_refuse > 0) {
    if (broker_.commits_to_refuse > 0) --broker_.commits_to_refuse;
    return Transient("commits are refused");
  }
  MemoryGroup& group = broker_.groups[group_];
  for (const PartitionPosition& position : positions) {
    const auto owner = group.owners.find(NameOf(position.partition));
    if (owner == group.owners.end() || owner->second != this) {
      return Permanent("the partition belongs to another member");
    }
  }
  for (const PartitionPosition& position : positions) {
    group.committed[NameOf(position.partition)] = position;
  }
  return {};
}

Status MemoryEventLog::Consumer::Seek(const PartitionPosition& position) {
  const auto found = positions_.find(position.partition);
  if (found == positions_.end()) return Invalid("the partition is not assigned");
  found->second = position.offset;
  return {};
}

Result<std::vector<std::int64_t>> MemoryEventLog::Consumer::EndOffsets(std::uint16_t topic) {
  MutexLock lock(broker_.mutex);
  if (!Reaches()) return Transient(kUnreachable);
  std::vector<std::int64_t> ends;
  for (const MemoryPartition& partition : broker_.topics.at(topics_.at(topic))) {
    ends.push_back(partition.end_offset);
  }
  return ends;
}

bool MemoryEventLog::Consumer::Reaches() const {
  return broker_.reachable && std::ranges::none_of(topics_, [&](const std::string& topic) {
           return broker_.hidden.contains(topic);
         });
}

PartitionName MemoryEventLog::Consumer::NameOf(TopicPartition partition) const {
  return {topics_.at(partition.topic), partition.partition};
}

// The members take turns over all partitions in order; a private reader wants everything.
std::vector<TopicPartition> MemoryEventLog::Consumer::Wanted() const {
  std::size_t member = 0;
  std::size_t member_count = 1;
  if (!group_.empty()) {
    const auto& members = broker_.groups[group_].members;
    member_count = members.size();
    member = static_cast<std::size_t>(std::ranges::find(members, this) - members.begin());
  }
  std::vector<TopicPartition> wanted;
  std::size_t turn = 0;
  for (std::uint16_t topic = 0; topic < topics_.size(); ++topic) {
    const std::size_t count = broker_.topics.at(topics_[topic]).size();
    for (std::size_t partition = 0; partition < count; ++partition) {
      if (turn++ % member_count == member) {
        wanted.push_back({topic, static_cast<std::int32_t>(partition)});
      }
    }
  }
  return wanted;
}

void MemoryEventLog::Consumer::GiveUp(const std::vector<TopicPartition>& partitions) {
  MemoryGroup& group = broker_.groups[group_];
  for (const TopicPartition& partition : partitions) {
    positions_.erase(partition);
    paused_.erase(partition);
    const auto owner = group.owners.find(NameOf(partition));
    if (owner != group.owners.end() && owner->second == this) group.owners.erase(owner);
  }
}

std::vector<PartitionPosition> MemoryEventLog::Consumer::TakeOver(
    const std::vector<TopicPartition>& wanted) {
  MemoryGroup& group = broker_.groups[group_];
  std::vector<PartitionPosition> taken;
  for (const TopicPartition& partition : wanted) {
    if (positions_.contains(partition) || group.owners.contains(NameOf(partition))) continue;
    group.owners[NameOf(partition)] = this;
    const auto committed = group.committed.find(NameOf(partition));
    PartitionPosition position{partition, PartitionPosition::kFromStart, ""};
    if (committed != group.committed.end()) {
      position.offset = committed->second.offset;
      position.metadata = committed->second.metadata;
    }
    taken.push_back(std::move(position));
  }
  return taken;
}

// The listener is called without the lock, because it may call the consumer.
void MemoryEventLog::Consumer::Rebalance() {
  std::vector<TopicPartition> lost;
  std::vector<TopicPartition> revoked;
  {
    MutexLock lock(broker_.mutex);
    const bool expired = broker_.groups[group_].expired.erase(this) > 0;
    const std::vector<TopicPartition> wanted = Wanted();
    for (const auto& [partition, position] : positions_) {
      if (expired) {
        lost.push_back(partition);
      } else if (std::ranges::find(wanted, partition) == wanted.end()) {
        revoked.push_back(partition);
      }
    }
  }
  if (!lost.empty()) listener_->OnLost(lost);
  if (!revoked.empty()) listener_->OnRevoked(revoked);
  std::vector<PartitionPosition> taken;
  {
    MutexLock lock(broker_.mutex);
    GiveUp(lost);
    GiveUp(revoked);
    taken = TakeOver(Wanted());
  }
  if (taken.empty()) return;
  listener_->OnAssigned(taken);
  for (const PartitionPosition& position : taken) {
    positions_[position.partition] = position.offset;
  }
}

std::size_t MemoryEventLog::Consumer::Fetch(std::size_t count_max, std::vector<Record>& records) {
  std::vector<TopicPartition> order;
  for (const auto& [partition, position] : positions_) order.push_back(partition);
  if (order.empty()) return 0;
  std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(turn_++ % order.size()));
  for (const TopicPartition& partition : order) {
    if (paused_.contains(partition)) continue;
    std::int64_t& position = positions_[partition];
    const auto& stored = broker_.topics.at(topics_[partition.topic])
                             .at(static_cast<std::size_t>(partition.partition))
                             .records;
    for (auto next = stored.lower_bound(position);
         next != stored.end() && records.size() < count_max; ++next) {
      position = next->first + 1;
      Held& held = held_.emplace_back(Held{next->second, {}});
      for (const auto& [name, value] : held.record->headers) {
        if (name.starts_with("headrace-")) held.headers.push_back({name, value});
      }
      records.push_back({partition, held.record->offset, held.record->append_time, held.record->key,
                         held.record->value, held.headers});
    }
  }
  return records.size();
}

}  // namespace headrace::fakes
