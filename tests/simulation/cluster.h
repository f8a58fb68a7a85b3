// Kafka, as far as the simulation needs it: topics, and groups whose partitions change hands.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/event_log.h"
#include "tests/simulation/random.h"

namespace headrace::simulation {

inline const std::string kItemsTopic = "items", kOutcomesTopic = "outcomes",
                         kJournalTopic = "journal", kLettersTopic = "letters",
                         kWorkerGroup = "workers", kAccountingGroup = "accounting",
                         kClusterId = "cluster";

struct StoredRecord {
  Timestamp at{};
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

class Member;

// The broker's view. A member that was expelled does not know it before its next poll.
struct Group {
  std::vector<std::string> topics;
  std::vector<Member*> members;              // that the broker knows
  std::map<TopicPartition, Member*> target;  // who shall have it
  std::map<TopicPartition, Member*> owners;  // who has it, and may commit
  std::map<TopicPartition, PartitionPosition> committed;
};

class Cluster {
 public:
  Cluster(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  void CreateTopic(const std::string& topic, int partitions);
  // Kafka leaves offsets out (compaction, markers).
  void Skip(const std::string& topic, std::int32_t partition) {
    Log(topic, partition).emplace_back();
  }
  std::int64_t Append(const std::string& topic, std::int32_t partition, StoredRecord record);
  std::int64_t End(const std::string& topic, std::int32_t partition) const;
  int Partitions(const std::string& topic) const;
  std::int32_t PartitionOfKey(const std::string& topic, const std::string& key) const;
  // Null for an offset that was left out.
  const StoredRecord* Read(const std::string& topic, std::int32_t partition,
                           std::int64_t offset) const;

  Group& GroupNamed(const std::string& name) { return groups_[name]; }
  void Join(Group& group, Member& member);
  void Leave(Group& group, Member& member);
  // Gives every partition a new member to go to; `keep` is how many of a thousand stay.
  void Rebalance(Group& group, int keep_per_thousand);
  // The session of a member timed out: others may have its partitions at once.
  void Expel(Group& group, Member& member);

  bool reachable = true;

 private:
  using Partition = std::vector<std::optional<StoredRecord>>;
  Partition& Log(const std::string& topic, std::int32_t partition);
  const Partition& Log(const std::string& topic, std::int32_t partition) const;

  const Clock& clock_;
  Random& random_;
  std::map<std::string, std::vector<Partition>> topics_;
  std::map<std::string, Group> groups_;
};

}  // namespace headrace::simulation
