#include "common/kafka/partition_queries.h"

namespace headrace::kafka {

using std::chrono::milliseconds;

Result<int> PartitionCount(rd_kafka_t* client, const KafkaSettings& settings,
                           const std::string& topic, milliseconds timeout) {
  const std::unique_ptr<rd_kafka_topic_t, HandleDeleter<rd_kafka_topic_destroy>> handle(
      rd_kafka_topic_new(client, topic.c_str(), nullptr));
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
    // Given as a time stamp, "end" asks for the latest offset.
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  const rd_kafka_resp_err_t code =
      rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Transient(UnreachableMessage(settings, rd_kafka_err2str(code)));
  }
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Transient("end offset of " + topic + ": " + rd_kafka_err2str(entry.err));
    }
    offsets.push_back(entry.offset);
  }
  return offsets;
}

}  // namespace headrace::kafka
