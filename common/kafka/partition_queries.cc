#include "common/kafka/partition_queries.h"

#include "common/base/log.h"
#include "common/kafka/partition_lists.h"

namespace headrace::kafka {

using std::chrono::milliseconds;

Result<int> PartitionCount(rd_kafka_t* client, const KafkaSettings& settings,
                           const std::string& topic, milliseconds timeout) {
  const Topic handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (handle == nullptr) return Invalid("topic name " + topic);
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(client, 0, handle.get(), &raw, static_cast<int>(timeout.count()));
  const Metadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Transient(UnreachableMessage(settings, rd_kafka_err2str(code)));
  }
  const int count = metadata->topic_cnt > 0 ? metadata->topics[0].partition_cnt : 0;
  if (count == 0) return NotFound("topic " + topic + " does not exist; headrace topics create");
  return count;
}

Result<std::vector<std::int64_t>> EndOffsets(rd_kafka_t* client, const KafkaSettings& settings,
                                             const std::string& topic, milliseconds timeout) {
  const Result<int> count = PartitionCount(client, settings, topic, timeout);
  if (!count.ok()) return count.error();
  const PartitionList list(rd_kafka_topic_partition_list_new(*count));
  for (int partition = 0; partition < *count; ++partition) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  }
  if (Status found = LookUpOffsets(client, settings, RD_KAFKA_OFFSET_END, timeout, list.get());
      !found.ok()) {
    return std::move(found).error();
  }
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) offsets.push_back(list->elems[i].offset);
  return offsets;
}

Status LookUpOffsets(rd_kafka_t* client, const KafkaSettings& settings, std::int64_t which,
                     milliseconds timeout, rd_kafka_topic_partition_list_t* partitions) {
  for (int i = 0; i < partitions->cnt; ++i) partitions->elems[i].offset = which;
  const rd_kafka_resp_err_t code =
      rd_kafka_offsets_for_times(client, partitions, static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Transient(UnreachableMessage(settings, rd_kafka_err2str(code)));
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = partitions->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Transient(std::string("offsets of ") + entry.topic + ": " +
                       rd_kafka_err2str(entry.err));
    }
  }
  return {};
}

Result<std::vector<PartitionPosition>> CommittedPositions(
    rd_kafka_t* client, const KafkaSettings& settings, std::span<const std::string> topics,
    const rd_kafka_topic_partition_list_t& partitions, milliseconds timeout) {
  const PartitionList committed(rd_kafka_topic_partition_list_copy(&partitions));
  const rd_kafka_resp_err_t code =
      rd_kafka_committed(client, committed.get(), static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Transient(std::string("committed: ") + rd_kafka_err2str(code));
  }
  std::vector<PartitionPosition> positions;
  for (int i = 0; i < committed->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = committed->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Transient(std::string("committed: ") + rd_kafka_err2str(entry.err));
    }
    PartitionPosition& position = positions.emplace_back();
    position.partition = {TopicNumber(topics, entry.topic), entry.partition};
    position.offset = entry.offset >= 0 ? entry.offset : PartitionPosition::kFromStart;
    if (entry.metadata_size == 0) continue;
    position.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
  }
  MendLostPositions(client, settings, partitions, timeout, positions);
  return positions;
}

void MendLostPositions(rd_kafka_t* client, const KafkaSettings& settings,
                       const rd_kafka_topic_partition_list_t& partitions, milliseconds timeout,
                       std::vector<PartitionPosition>& positions) {
  const PartitionList first(rd_kafka_topic_partition_list_copy(&partitions));
  const PartitionList end(rd_kafka_topic_partition_list_copy(&partitions));
  const bool known =
      LookUpOffsets(client, settings, RD_KAFKA_OFFSET_BEGINNING, timeout, first.get()).ok() &&
      LookUpOffsets(client, settings, RD_KAFKA_OFFSET_END, timeout, end.get()).ok();
  if (!known) return;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    std::int64_t& offset = positions[i].offset;
    const std::int64_t low = first->elems[i].offset;
    const std::int64_t high = end->elems[i].offset;
    if (offset < 0 || (offset >= low && offset <= high)) continue;
    log::Error("records_lost", {{"topic", partitions.elems[i].topic},
                                {"partition", partitions.elems[i].partition},
                                {"committed_offset", offset},
                                {"first_offset", low},
                                {"end_offset", high},
                                {"detail", offset < low ? "retention deleted records unread"
                                                        : "the log is shorter than the commit"}});
    offset = low;
  }
}

void WakeFetchers(rd_kafka_t* client, milliseconds timeout) {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  if (rd_kafka_assignment(client, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const PartitionList assigned(raw);
  for (int i = 0; i < assigned->cnt; ++i) assigned->elems[i].offset = RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(client, assigned.get(), static_cast<int>(timeout.count()));
}

rd_kafka_resp_err_t CommitWithin(rd_kafka_t* client, const rd_kafka_topic_partition_list_t& list,
                                 std::chrono::milliseconds timeout) {
  const Queue answers(rd_kafka_queue_new(client));
  const rd_kafka_resp_err_t asked =
      rd_kafka_commit_queue(client, &list, answers.get(), nullptr, nullptr);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
  const Event answer(rd_kafka_queue_poll(answers.get(), static_cast<int>(timeout.count())));
  return answer == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(answer.get());
}

}  // namespace headrace::kafka
