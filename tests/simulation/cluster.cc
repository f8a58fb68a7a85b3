#include "tests/simulation/cluster.h"

#include <algorithm>

#include "common/model/murmur2.h"
#include "tests/simulation/member.h"

namespace headrace::simulation {

void Cluster::CreateTopic(const std::string& topic, int partitions) {
  topics_[topic].resize(static_cast<std::size_t>(partitions));
}

std::int64_t Cluster::Append(const std::string& topic, std::int32_t partition,
                             StoredRecord record) {
  Partition& log = Log(topic, partition);
  record.at = clock_.WallNow();
  log.emplace_back(std::move(record));
  return static_cast<std::int64_t>(log.size()) - 1;
}

std::int64_t Cluster::End(const std::string& topic, std::int32_t partition) const {
  return static_cast<std::int64_t>(Log(topic, partition).size());
}

int Cluster::Partitions(const std::string& topic) const {
  return static_cast<int>(topics_.at(topic).size());
}

std::int32_t Cluster::PartitionOfKey(const std::string& topic, const std::string& key) const {
  return PartitionOf(key, Partitions(topic));
}

const StoredRecord* Cluster::Read(const std::string& topic, std::int32_t partition,
                                  std::int64_t offset) const {
  const auto& record = Log(topic, partition).at(static_cast<std::size_t>(offset));
  return record ? &*record : nullptr;
}

void Cluster::Join(Group& group, Member& member) {
  group.members.push_back(&member);
  Rebalance(group, 500);
}

void Cluster::Leave(Group& group, Member& member) {
  if (std::erase(group.members, &member) == 0) return;
  std::erase_if(group.owners, [&](const auto& entry) { return entry.second == &member; });
  Rebalance(group, 1'000);
}

void Cluster::Rebalance(Group& group, int keep_per_thousand) {
  if (group.members.empty()) return group.target.clear();
  for (std::uint16_t topic = 0; topic < group.topics.size(); ++topic) {
    for (int partition = 0; partition < Partitions(group.topics[topic]); ++partition) {
      Member*& target = group.target[{topic, partition}];
      const bool is_member = std::ranges::find(group.members, target) != group.members.end();
      if (is_member && random_.Chance(keep_per_thousand)) continue;
      target = group.members[random_.Below(group.members.size())];
    }
  }
}

void Cluster::Expel(Group& group, Member& member) {
  member.expelled = true;
  Leave(group, member);
}

Cluster::Partition& Cluster::Log(const std::string& topic, std::int32_t partition) {
  return topics_.at(topic).at(static_cast<std::size_t>(partition));
}

const Cluster::Partition& Cluster::Log(const std::string& topic, std::int32_t partition) const {
  return topics_.at(topic).at(static_cast<std::size_t>(partition));
}

}  // namespace headrace::simulation
