#include "common/kafka/partition_lists.h"

#include <algorithm>

#include "common/base/check.h"

namespace headrace::kafka {

std::uint16_t TopicNumber(std::span<const std::string> topics, const char* name) {
  if (topics.size() == 1) return 0;
  const auto found = std::ranges::find(topics, name);
  CHECK(found != topics.end());
  return static_cast<std::uint16_t>(found - topics.begin());
}

PartitionList MakeList(std::span<const std::string> topics,
                       std::span<const TopicPartition> partitions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topics[partition.topic].c_str(),
                                      partition.partition);
  }
  return list;
}

std::vector<TopicPartition> FromList(std::span<const std::string> topics,
                                     const rd_kafka_topic_partition_list_t& list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; i < list.cnt; ++i) {
    partitions.push_back({TopicNumber(topics, list.elems[i].topic), list.elems[i].partition});
  }
  return partitions;
}

}  // namespace headrace::kafka
