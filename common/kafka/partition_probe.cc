#include "common/kafka/partition_probe.h"

#include <utility>

#include "common/kafka/handles.h"
#include "common/kafka/partition_queries.h"

namespace headrace::kafka {

using std::chrono::milliseconds;

struct PartitionProbe::Impl {
  KafkaSettings settings;
  std::string topic;
  Client client;
};

PartitionProbe::PartitionProbe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PartitionProbe::~PartitionProbe() { rd_kafka_consumer_close(impl_->client.get()); }

Result<std::unique_ptr<PartitionProbe>> PartitionProbe::Open(const KafkaSettings& settings,
                                                             const std::string& topic) {
  const Properties defaults = {{"fetch.wait.max.ms", "100"}};
  const Properties fixed = {
      // librdkafka wants a group id even of a consumer that never joins or commits.
      {"group.id", "headrace-lag-reader"},
      {"enable.auto.commit", "false"},
      {"auto.offset.reset", "earliest"},
      {"enable.partition.eof", "true"},
      // One record is wanted; a broker answers with at least one however large it is.
      {"max.partition.fetch.bytes", "1024"},
      {"queued.min.messages", "1"},
  };
  Result<Conf> conf = MakeConf(settings, "headrace-lag", defaults, fixed);
  if (!conf.ok()) return std::move(conf).error();
  Result<Client> client = OpenClient(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!client.ok()) return std::move(client).error();
  auto impl = std::make_unique<Impl>(Impl{settings, topic, std::move(*client)});
  rd_kafka_poll_set_consumer(impl->client.get());
  return std::unique_ptr<PartitionProbe>(new PartitionProbe(std::move(impl)));
}

Result<std::vector<std::int64_t>> PartitionProbe::EndOffsets(milliseconds timeout) {
  // The client's errors wait in its queue, which must not grow for ever; the call below says them.
  while (Message(rd_kafka_consumer_poll(impl_->client.get(), 0)) != nullptr) {
  }
  return kafka::EndOffsets(impl_->client.get(), impl_->settings, impl_->topic, timeout);
}

Result<NextRecord> PartitionProbe::FirstFrom(std::int32_t partition, std::int64_t offset,
                                             milliseconds timeout) {
  rd_kafka_t* client = impl_->client.get();
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), impl_->topic.c_str(), partition)->offset = offset;
  rd_kafka_assign(client, list.get());
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Result<NextRecord> found = Transient(UnreachableMessage(impl_->settings, "no record in time"));
  while (!found.ok() && std::chrono::steady_clock::now() < deadline) {
    const Message message(rd_kafka_consumer_poll(client, 100));
    if (message == nullptr || message->partition != partition) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      found = NextRecord{message->offset, std::nullopt};
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_timestamp_type_t type;
      found = NextRecord{message->offset,
                         Timestamp(milliseconds(rd_kafka_message_timestamp(message.get(), &type)))};
    }
  }
  rd_kafka_assign(client, nullptr);
  return found;
}

}  // namespace headrace::kafka
