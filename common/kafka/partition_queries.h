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

}  // namespace headrace::kafka
