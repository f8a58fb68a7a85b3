// The event log (Kafka) in our own words. The real one is common/kafka, the fake tests/fakes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace headrace {

// `topic` indexes the list of topics that the consumer was opened with.
struct TopicPartition {
  std::uint16_t topic = 0;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct Header {
  std::string_view name;
  std::string_view value;
};

// A consumed record. Views stay valid until the next Poll of the same consumer; whoever keeps a
// record longer copies it.
struct Record {
  TopicPartition source;
  std::int64_t offset = 0;
  Timestamp append_time{};
  std::string_view key;
  std::string_view value;
  std::span<const Header> headers;  // only Headrace's own (headrace-...), in record order

  std::optional<std::string_view> FindHeader(std::string_view name) const {
    for (const Header& header : headers) {
      if (header.name == name) return header.value;
    }
    return std::nullopt;
  }
};

// The next offset to read of a partition, with the text that its last commit carried.
struct PartitionPosition {
  TopicPartition partition;
  std::int64_t offset = 0;
  std::string metadata;  // at most 4,096 bytes

  static constexpr std::int64_t kFromStart = -2;  // the earliest record that is there
};

// Told about the assignment from within Poll or Close, on the polling thread. No call may throw.
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // `positions` holds what is committed; the listener may move each before reading starts. A
  // partition whose commit cannot be read yet is not assigned before.
  virtual void OnAssigned(std::vector<PartitionPosition>& positions) = 0;
  // Still owned until the call returns: the last moment to commit.
  virtual void OnRevoked(std::span<const TopicPartition> partitions) = 0;
  // Owned by somebody else already: committing is forbidden.
  virtual void OnLost(std::span<const TopicPartition> partitions) = 0;
};

// A reader of topics: a member of a consumer group, or (opened without a group) a private reader
// of all partitions from the start. One thread calls everything.
class EventConsumer {
 public:
  virtual ~EventConsumer() = default;

  // Replaces `records` by up to `count_max` new ones, waiting at most `timeout` for the first.
  // kTransient while the brokers cannot be reached; reading resumes by itself.
  virtual Status Poll(std::chrono::milliseconds timeout, std::size_t count_max,
                      std::vector<Record>& records) = 0;
  virtual Status Commit(std::span<const PartitionPosition> positions) = 0;  // waits for the broker
  // Stops and resumes delivery; idempotent. Records already polled are the caller's.
  virtual void Pause(TopicPartition partition) = 0;
  virtual void Resume(TopicPartition partition) = 0;
  // Continues reading at `position.offset`.
  virtual Status Seek(const PartitionPosition& position) = 0;
  // End offsets (one past the last record) of all partitions of topic number `topic`.
  virtual Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t topic) = 0;
};

struct OutgoingRecord {
  std::string_view topic;
  std::string_view key;
  std::string_view value;
  std::span<const Header> headers;
  std::uint64_t token = 0;  // comes back in the Delivery; 0 = no delivery is reported on success
};

struct Delivery {
  std::uint64_t token = 0;
  Status status;
};

// An idempotent writer (acks=all, murmur2 partitioner). One thread calls everything.
class EventProducer {
 public:
  virtual ~EventProducer() = default;

  // Takes a copy. Waits while the local queue is full; kTransient when nothing has been delivered
  // for the delivery timeout. kInvalid for a record that no broker would take; it is not sent, and
  // nothing else changes. Once a record could not be delivered, every later one is refused
  // (kPermanent), so that nothing overtakes it: open a new producer and send again.
  virtual Status Produce(const OutgoingRecord& record) = 0;
  // Appends the deliveries known by now; waits up to `timeout` for the first.
  virtual void PollDeliveries(std::chrono::milliseconds timeout, std::vector<Delivery>& out) = 0;
  // Waits until everything is delivered or has failed. kTransient when `timeout` passed before.
  virtual Status Flush(std::chrono::milliseconds timeout) = 0;
};

}  // namespace headrace
