// The event log in memory: topics, consumer groups with their rebalances, an idempotent producer.
// It fails on demand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/event_log.h"

namespace headrace::fakes {

struct StoredRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp append_time{};
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Called from any thread; the consumers and producers it makes belong to one thread each and must
// be destroyed before it. A partition changes hands in two steps, as with Kafka's cooperative
// protocol: its owner gives it up in its next Poll, the new owner receives it in a Poll after that.
// Destroying a consumer revokes what it holds and leaves the group.
class MemoryEventLog {
 public:
  // Records get their append time from `clock`, which must outlive the log.
  explicit MemoryEventLog(const Clock& clock);
  ~MemoryEventLog();

  void CreateTopic(const std::string& topic, int partition_count);
  // Writes as a foreign program would: any bytes, any partition. Returns the offset.
  std::int64_t Append(const std::string& topic, std::int32_t partition, std::string key,
                      std::string value,
                      std::vector<std::pair<std::string, std::string>> headers = {});
  // An empty group makes a private reader of all partitions, from the start; `listener` may then be
  // null.
  std::unique_ptr<EventConsumer> OpenConsumer(std::vector<std::string> topics, std::string group,
                                              AssignmentListener* listener);
  std::unique_ptr<EventProducer> OpenProducer();

  // By partition, then offset.
  std::vector<StoredRecord> Records(const std::string& topic) const;
  std::optional<PartitionPosition> Committed(const std::string& group, const std::string& topic,
                                             std::int32_t partition) const;

  // While unreachable every call that needs a broker answers kTransient; produced records wait.
  void SetReachable(bool reachable);
  // The same for consumers of one topic.
  void HideTopic(const std::string& topic, bool hide);
  // Meanwhile produced records wait, and everything else works.
  void HoldDeliveries(bool hold);
  // While commits are refused everything else works.
  void RefuseCommits(bool refuse);
  void RefuseNextCommits(int count);
  // The next `count` records to `topic` are not stored; their deliveries carry `error`.
  void FailDeliveries(const std::string& topic, int count, Error error);
  // Removes offsets [first, last], as compaction (a gap) or retention (from the start) does.
  void Erase(const std::string& topic, std::int32_t partition, std::int64_t first,
             std::int64_t last);
  // The group thinks that all its present members died: each is told OnLost in its next Poll and
  // joins again.
  void ExpireMembers(const std::string& group);

  // Kafka's default placement of a key: murmur2, positive part, modulo the partition count.
  static std::int32_t PartitionOf(std::string_view key, int partition_count);

 private:
  class Broker;
  class Consumer;
  class Producer;
  std::unique_ptr<Broker> broker_;
};

}  // namespace headrace::fakes
