#include "common/kafka/handles.h"

#include <array>
#include <utility>

#include "common/base/log.h"

namespace headrace::kafka {
namespace {

// librdkafka reports the same trouble many times over; what matters reaches us as errors, so its
// own lines are for debugging only.
void OnClientLog(const rd_kafka_t* client, int level, const char* facility, const char* line) {
  log::Debug("kafka_client", {{"client", rd_kafka_name(client)},
                              {"level", level},
                              {"facility", facility},
                              {"text", line}});
}

// kInvalid with librdkafka's own sentence.
Status SetProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) !=
      RD_KAFKA_CONF_OK) {
    return Invalid("kafka property " + name + ": " + reason.data());
  }
  return {};
}

}  // namespace

Result<Conf> MakeConf(const KafkaSettings& settings, const std::string& client_id,
                      const Properties& defaults, const Properties& fixed) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), OnClientLog);
  const Properties common = {
      {"client.id", client_id},
      {"socket.nagle.disable", "true"},
      // The default of 10 s would let a worker sleep long after the broker is back.
      {"reconnect.backoff.max.ms", "1000"},
  };
  const Properties always = {{"bootstrap.servers", settings.brokers},
                             {"allow.auto.create.topics", "false"}};
  const auto set_all = [&](const auto& properties) -> Status {
    for (const auto& [name, value] : properties) {
      if (Status set = SetProperty(conf.get(), name, value); !set.ok()) return set;
    }
    return {};
  };
  Status status = set_all(common);
  if (status.ok()) status = set_all(defaults);
  if (status.ok()) status = set_all(settings.properties);
  if (status.ok()) status = set_all(always);
  if (status.ok()) status = set_all(fixed);
  if (!status.ok()) return std::move(status).error();
  return conf;
}

Result<Client> OpenClient(rd_kafka_type_t type, Conf conf) {
  std::array<char, 512> reason{};
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), reason.data(), reason.size());
  if (client == nullptr) return Invalid(std::string("kafka client: ") + reason.data());
  static_cast<void>(conf.release());  // the client owns it from here on
  return Client(client);
}

std::string UnreachableMessage(const KafkaSettings& settings, std::string_view detail) {
  std::string text = "no Kafka broker answers at " + settings.brokers;
  if (!detail.empty()) text.append(" (").append(detail).append(")");
  return text + "; is it running? Set kafka.brokers / HEADRACE_KAFKA_BROKERS / --kafka-brokers";
}

}  // namespace headrace::kafka
