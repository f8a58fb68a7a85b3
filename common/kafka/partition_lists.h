// Partitions in our words and in librdkafka's: ours number the topics that a consumer was opened
// with. Private to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/kafka/handles.h"
#include "common/ports/event_log.h"

namespace headrace::kafka {

// The place of a name that is among them.
std::uint16_t TopicNumber(std::span<const std::string> topics, const char* name);

PartitionList MakeList(std::span<const std::string> topics,
                       std::span<const TopicPartition> partitions);
std::vector<TopicPartition> FromList(std::span<const std::string> topics,
                                     const rd_kafka_topic_partition_list_t& list);

}  // namespace headrace::kafka
