#include "common/kafka/cluster.h"

#include <utility>

#include "common/kafka/handles.h"

namespace headrace::kafka {

Result<std::string> ClusterId(const KafkaSettings& settings, std::chrono::milliseconds timeout) {
  Result<Conf> conf = MakeConf(settings, "headrace-cluster-id", {}, {});
  if (!conf.ok()) return std::move(conf).error();
  Result<Client> client = OpenClient(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client.ok()) return std::move(client).error();
  char* id = rd_kafka_clusterid(client->get(), static_cast<int>(timeout.count()));
  if (id == nullptr) return Transient(UnreachableMessage(settings, "no cluster id"));
  std::string text(id);
  rd_kafka_mem_free(client->get(), id);
  return text;
}

std::string ClientVersion() { return std::string("librdkafka ") + rd_kafka_version_str(); }

}  // namespace headrace::kafka
