#include "tests/fakes/memory_event_log.h"

#include "common/base/check.h"
#include "tests/fakes/memory_broker.h"

namespace headrace::fakes {
namespace {

std::uint32_t Murmur2(std::string_view key) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i]));
  };
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t word = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    hash = (hash * kMultiplier) ^ (word * kMultiplier);
  }
  if (i < key.size()) {
    for (std::size_t tail = key.size(); tail > i; --tail) {
      hash ^= byte(tail - 1) << (8 * (tail - 1 - i));
    }
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

}  // namespace

class MemoryEventLog::Producer final : public EventProducer {
 public:
  explicit Producer(Broker& broker) : broker_(broker) {}

  Status Produce(const OutgoingRecord& record) override {
    const std::pair<std::string, std::string> lane(record.topic, record.key);
    if (poisoned_.contains(lane)) {
      return Permanent("an earlier record of key " + lane.second + " was not delivered");
    }
    StoredRecord stored;
    stored.key = record.key;
    stored.value = record.value;
    for (const Header& header : record.headers) {
      stored.headers.emplace_back(header.name, header.value);
    }
    waiting_.push_back({lane.first, std::move(stored), record.token});
    return {};
  }

  void PollDeliveries(std::chrono::milliseconds, std::vector<Delivery>& out) override {
    Send();
    for (Delivery& delivery : deliveries_) out.push_back(std::move(delivery));
    deliveries_.clear();
  }

  Status Flush(std::chrono::milliseconds) override {
    Send();
    if (!waiting_.empty()) return Transient("the brokers cannot be reached");
    return {};
  }

 private:
  struct Waiting {
    std::string topic;
    StoredRecord record;
    std::uint64_t token;
  };

  void Send() {
    MutexLock lock(broker_.mutex);
    while (!waiting_.empty() && broker_.reachable && !broker_.holds_deliveries) {
      SendOne(waiting_.front());
      waiting_.pop_front();
    }
  }

  void SendOne(Waiting& waiting) REQUIRES(broker_.mutex) {
    const std::pair<std::string, std::string> lane(waiting.topic, waiting.record.key);
    auto failure = broker_.failures.find(waiting.topic);
    if (failure != broker_.failures.end() && failure->second.first > 0) {
      --failure->second.first;
      poisoned_.insert(lane);
      deliveries_.push_back({waiting.token, failure->second.second});
      return;
    }
    if (poisoned_.contains(lane)) {
      deliveries_.push_back({waiting.token, Permanent("an earlier record of the key failed")});
      return;
    }
    auto topic = broker_.topics.find(waiting.topic);
    if (topic == broker_.topics.end()) {
      deliveries_.push_back({waiting.token, Permanent("unknown topic " + waiting.topic)});
      return;
    }
    waiting.record.partition =
        PartitionOf(waiting.record.key, static_cast<int>(topic->second.size()));
    broker_.AppendLocked(waiting.topic, std::move(waiting.record));
    if (waiting.token != 0) deliveries_.push_back({waiting.token, {}});
  }

  Broker& broker_;
  std::deque<Waiting> waiting_;
  std::set<std::pair<std::string, std::string>> poisoned_;  // topic and key
  std::vector<Delivery> deliveries_;
};

std::int64_t MemoryEventLog::Broker::AppendLocked(const std::string& topic, StoredRecord record) {
  auto found = topics.find(topic);
  CHECK(found != topics.end());
  CHECK(record.partition >= 0 && static_cast<std::size_t>(record.partition) < found->second.size());
  MemoryPartition& partition = found->second[static_cast<std::size_t>(record.partition)];
  record.offset = partition.end_offset++;
  record.append_time = clock.WallNow();
  const std::int64_t offset = record.offset;
  partition.records.emplace(offset, std::make_shared<const StoredRecord>(std::move(record)));
  changed.notify_all();
  return offset;
}

MemoryEventLog::MemoryEventLog(const Clock& clock) : broker_(std::make_unique<Broker>(clock)) {}
MemoryEventLog::~MemoryEventLog() = default;

void MemoryEventLog::CreateTopic(const std::string& topic, int partition_count) {
  MutexLock lock(broker_->mutex);
  broker_->topics[topic].resize(static_cast<std::size_t>(partition_count));
}

std::int64_t MemoryEventLog::Append(const std::string& topic, std::int32_t partition,
                                    std::string key, std::string value,
                                    std::vector<std::pair<std::string, std::string>> headers) {
  StoredRecord record;
  record.partition = partition;
  record.key = std::move(key);
  record.value = std::move(value);
  record.headers = std::move(headers);
  MutexLock lock(broker_->mutex);
  return broker_->AppendLocked(topic, std::move(record));
}

std::unique_ptr<EventConsumer> MemoryEventLog::OpenConsumer(std::vector<std::string> topics,
                                                            std::string group,
                                                            AssignmentListener* listener) {
  return std::make_unique<Consumer>(*broker_, std::move(topics), std::move(group), listener);
}

std::unique_ptr<EventProducer> MemoryEventLog::OpenProducer() {
  return std::make_unique<Producer>(*broker_);
}

std::vector<StoredRecord> MemoryEventLog::Records(const std::string& topic) const {
  MutexLock lock(broker_->mutex);
  std::vector<StoredRecord> records;
  const auto found = broker_->topics.find(topic);
  CHECK(found != broker_->topics.end());
  for (const MemoryPartition& partition : found->second) {
    for (const auto& [offset, record] : partition.records) records.push_back(*record);
  }
  return records;
}

std::optional<PartitionPosition> MemoryEventLog::Committed(const std::string& group,
                                                           const std::string& topic,
                                                           std::int32_t partition) const {
  MutexLock lock(broker_->mutex);
  const auto& committed = broker_->groups[group].committed;
  const auto found = committed.find({topic, partition});
  if (found == committed.end()) return std::nullopt;
  return found->second;
}

void MemoryEventLog::SetReachable(bool reachable) {
  MutexLock lock(broker_->mutex);
  broker_->reachable = reachable;
  broker_->changed.notify_all();
}

void MemoryEventLog::HideTopic(const std::string& topic, bool hide) {
  MutexLock lock(broker_->mutex);
  if (hide) {
    broker_->hidden.insert(topic);
  } else {
    broker_->hidden.erase(topic);
  }
}

void MemoryEventLog::HoldDeliveries(bool hold) {
  MutexLock lock(broker_->mutex);
  broker_->holds_deliveries = hold;
}

void MemoryEventLog::RefuseCommits(bool refuse) {
  MutexLock lock(broker_->mutex);
  broker_->refuses_commits = refuse;
}

void MemoryEventLog::RefuseNextCommits(int count) {
  MutexLock lock(broker_->mutex);
  broker_->commits_to_refuse = count;
}

void MemoryEventLog::FailDeliveries(const std::string& topic, int count, Error error) {
  MutexLock lock(broker_->mutex);
  broker_->failures.insert_or_assign(topic, std::pair(count, std::move(error)));
}

void MemoryEventLog::Erase(const std::string& topic, std::int32_t partition, std::int64_t first,
                           std::int64_t last) {
  MutexLock lock(broker_->mutex);
  auto& records = broker_->topics.at(topic).at(static_cast<std::size_t>(partition)).records;
  records.erase(records.lower_bound(first), records.upper_bound(last));
}

void MemoryEventLog::ExpireMembers(const std::string& group) {
  MutexLock lock(broker_->mutex);
  MemoryGroup& found = broker_->groups[group];
  found.expired.insert(found.members.begin(), found.members.end());
  found.owners.clear();
}

std::int32_t MemoryEventLog::PartitionOf(std::string_view key, int partition_count) {
  return static_cast<std::int32_t>((Murmur2(key) & 0x7fffffffU) %
                                   static_cast<std::uint32_t>(partition_count));
}

}  // namespace headrace::fakes
