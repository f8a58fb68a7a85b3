// What all consumers and producers of a MemoryEventLog share. Used by memory_event_log.cc and
// memory_consumer.cc only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::fakes {

using PartitionName = std::pair<std::string, std::int32_t>;

struct MemoryPartition {
  // Shared with the consumers that have polled a record, whose views must survive Erase.
  std::map<std::int64_t, std::shared_ptr<const StoredRecord>> records;
  std::int64_t end_offset = 0;
};

struct MemoryGroup {
  std::vector<const EventConsumer*> members;  // in the order of joining
  std::map<PartitionName, const EventConsumer*> owners;
  std::map<PartitionName, PartitionPosition> committed;
  std::set<const EventConsumer*> expired;
};

class MemoryEventLog::Broker {
 public:
  explicit Broker(const Clock& wall_clock) : clock(wall_clock) {}

  std::int64_t AppendLocked(const std::string& topic, StoredRecord record) REQUIRES(mutex);

  const Clock& clock;
  mutable Mutex mutex;
  CondVar changed;
  std::map<std::string, std::vector<MemoryPartition>> topics GUARDED_BY(mutex);
  std::map<std::string, MemoryGroup> groups GUARDED_BY(mutex);
  std::map<std::string, std::pair<int, Error>> failures GUARDED_BY(mutex);
  bool reachable GUARDED_BY(mutex) = true;
  std::set<std::string> hidden GUARDED_BY(mutex);  // topics
  bool refuses_commits GUARDED_BY(mutex) = false;
  int commits_to_refuse GUARDED_BY(mutex) = 0;
  bool holds_deliveries GUARDED_BY(mutex) = false;
};

class MemoryEventLog::Consumer final : public EventConsumer {
 public:
  Consumer(Broker& broker, std::vector<std::string> topics, std::string group,
           AssignmentListener* listener);
  ~Consumer() override;

  Status Poll(std::chrono::milliseconds timeout, std::size_t count_max,
              std::vector<Record>& records) override;
  Status Commit(std::span<const PartitionPosition> positions) override;
  void Pause(TopicPartition partition) override { paused_.insert(partition); }
  void Resume(TopicPartition partition) override { paused_.erase(partition); }
  Status Seek(const PartitionPosition& position) override;
  Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t topic) override;

 private:
  struct Held {
    std::shared_ptr<const StoredRecord> record;
    std::vector<Header> headers;
  };

  bool Reaches() const REQUIRES(broker_.mutex);
  void Rebalance();
  std::vector<TopicPartition> Wanted() const REQUIRES(broker_.mutex);
  void GiveUp(const std::vector<TopicPartition>& partitions) REQUIRES(broker_.mutex);
  std::vector<PartitionPosition> TakeOver(const std::vector<TopicPartition>& wanted)
      REQUIRES(broker_.mutex);
  std::size_t Fetch(std::size_t count_max, std::vector<Record>& records) REQUIRES(broker_.mutex);
  PartitionName NameOf(TopicPartition partition) const;

  Broker& broker_;
  const std::vector<std::string> topics_;
  const std::string group_;
  AssignmentListener* const listener_;
  std::map<TopicPartition, std::int64_t> positions_;  // what is assigned
  std::set<TopicPartition> paused_;
  std::deque<Held> held_;  // behind the views of the last Poll
  std::size_t turn_ = 0;   // which partition is served first, so that none starves
};

}  // namespace headrace::fakes
