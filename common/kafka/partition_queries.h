// Questions about a topic's partitions that consumers and the topic check ask the brokers. Private
// to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/kafka/handles.h"

namespace headrace::kafka {

// kNotFound when the topic does not exist, kTransient when no broker answers.
Result<int> PartitionCount(rd_kafka_t* client, const KafkaSettings& settings,
                           const std::string& topic, std::chrono::milliseconds timeout);

// One past the last record, by partition.
Result<std::vector<std::int64_t>> EndOffsets(rd_kafka_t* client, const KafkaSettings& settings,
                                             const std::string& topic,
                                             std::chrono::milliseconds timeout);

// Replaces the offset of every entry by the partition's first (RD_KAFKA_OFFSET_BEGINNING) or
// one past its last (RD_KAFKA_OFFSET_END). By time stamp, because the watermark query has no
// working timeout before librdkafka 2.3.
Status LookUpOffsets(rd_kafka_t* client, const KafkaSettings& settings, std::int64_t which,
                     std::chrono::milliseconds timeout,
                     rd_kafka_topic_partition_list_t* partitions);

}  // namespace headrace::kafka
