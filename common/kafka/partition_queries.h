// Questions about a topic's partitions that consumers and the topic check ask the brokers. Private
// to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/kafka/handles.h"
#include "common/ports/event_log.h"

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

// Where the group stands in each partition, with what its last commit carried; partitions that have
// none from their start on. Their topics by number.
Result<std::vector<PartitionPosition>> CommittedPositions(
    rd_kafka_t* client, const KafkaSettings& settings, std::span<const std::string> topics,
    const rd_kafka_topic_partition_list_t& partitions, std::chrono::milliseconds timeout);

// A commit outside its topic means that records were deleted before anybody read them, or that the
// log was cut. librdkafka would skip to the start without a word; we say what is missing.
void MendLostPositions(rd_kafka_t* client, const KafkaSettings& settings,
                       const rd_kafka_topic_partition_list_t& partitions,
                       std::chrono::milliseconds timeout,
                       std::vector<PartitionPosition>& positions);

// Makes the threads that fetch for the consumer's assignment look at its queue again: a question
// to the partitions' leaders passes through them. See prefetch_watch.h.
void WakeFetchers(rd_kafka_t* client, std::chrono::milliseconds timeout);

// Commits and waits for the answer, but no longer than `timeout`. librdkafka's own synchronous
// commit waits for ever where the broker dies just then: the lost session calls for a rebalance,
// which waits for the caller's polling.
rd_kafka_resp_err_t CommitWithin(rd_kafka_t* client, const rd_kafka_topic_partition_list_t& list,
                                 std::chrono::milliseconds timeout);

}  // namespace headrace::kafka
