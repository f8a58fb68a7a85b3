#include "common/kafka/topic_admin.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/kafka/handles.h"
#include "common/kafka/topic_rules.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;

// What librdkafka said last about its connections: its answer to a call is only "timed out".
struct Trouble {
  std::string reason;
  bool login_refused = false;
};

// The client with what its callback writes to, which must outlive it.
struct Admin {
  std::unique_ptr<Trouble> trouble;
  Client client;

  rd_kafka_t* get() const { return client.get(); }
};

void NoteTrouble(rd_kafka_t*, int code, const char* reason, void* opaque) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  auto* trouble = static_cast<Trouble*>(opaque);
  trouble->reason = reason;
  // "(after 0ms in state CONNECT, ...)" tells a user nothing.
  trouble->reason.resize(std::min(trouble->reason.size(), trouble->reason.find(" (after ")));
  trouble->login_refused = code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
}

Result<Admin> OpenAdmin(const KafkaSettings& settings) {
  Result<Conf> conf = MakeConf(settings, "headrace-admin", {}, {});
  if (!conf.ok()) return std::move(conf).error();
  Admin admin;
  admin.trouble = std::make_unique<Trouble>();
  rd_kafka_conf_set_opaque(conf->get(), admin.trouble.get());
  rd_kafka_conf_set_error_cb(conf->get(), NoteTrouble);
  Result<Client> client = OpenClient(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client.ok()) return std::move(client).error();
  admin.client = std::move(*client);
  return admin;
}

// Why a call failed. A refused login is the operator's to mend; the rest may pass.
Error Explain(rd_kafka_t* client, const KafkaSettings& settings, const char* detail) {
  rd_kafka_poll(client, 0);  // runs NoteTrouble
  const auto* trouble = static_cast<const Trouble*>(rd_kafka_opaque(client));
  if (trouble->login_refused) {
    return Invalid("Kafka at " + settings.brokers + " refuses the login (" + trouble->reason +
                   "); set sasl.username and sasl.password in kafka.properties / "
                   "HEADRACE_KAFKA_PROPERTIES_FILE");
  }
  return Transient(
      UnreachableMessage(settings, trouble->reason.empty() ? detail : trouble->reason));
}

using AdminCall = std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;

// Makes an asynchronous admin call and waits for its event.
Result<Event> RunAdmin(rd_kafka_t* client, const KafkaSettings& settings, rd_kafka_admin_op_t op,
                       milliseconds timeout, const AdminCall& call) {
  const AdminOptions options(rd_kafka_AdminOptions_new(client, op));
  std::array<char, 256> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()),
                                            reason.data(), reason.size());
  const Queue queue(rd_kafka_queue_new(client));
  call(options.get(), queue.get());
  Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(timeout.count()) + 500));
  if (event == nullptr) return Explain(client, settings, "no answer in time");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Explain(client, settings, rd_kafka_event_error_string(event.get()));
  }
  return event;
}

Result<NewTopic> MakeNewTopic(const TopicRule& rule, const TopicSettings& topics) {
  std::array<char, 256> reason{};
  NewTopic topic(rd_kafka_NewTopic_new(rule.name.c_str(), topics.partitions, topics.replication,
                                       reason.data(), reason.size()));
  if (topic == nullptr) return Invalid("topic " + rule.name + ": " + reason.data());
  for (const auto& [name, value] : CreationConfig(rule, topics)) {
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  }
  return topic;
}

Result<Metadata> AllTopics(rd_kafka_t* client, const KafkaSettings& settings,
                           milliseconds timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(client, /*all_topics=*/1, nullptr, &raw, static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Explain(client, settings, rd_kafka_err2str(code));
  }
  return Metadata(raw);
}

std::optional<TopicDescription> FindTopic(const rd_kafka_metadata_t& metadata,
                                          const std::string& name) {
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata.topics[i];
    if (name != topic.topic || topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    TopicDescription description;
    description.partitions = topic.partition_cnt;
    if (topic.partition_cnt > 0) description.replication = topic.partitions[0].replica_cnt;
    return description;
  }
  return std::nullopt;
}

// Fills in the configurations of `descriptions`; a topic that may not be described keeps none.
Status ReadConfigs(rd_kafka_t* client, const KafkaSettings& settings, milliseconds timeout,
                   std::map<std::string, TopicDescription>& descriptions) {
  std::vector<ConfigResource> resources;
  std::vector<rd_kafka_ConfigResource_t*> raw;
  for (const auto& [name, description] : descriptions) {
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    raw.push_back(resources.back().get());
  }
  if (raw.empty()) return {};
  Result<Event> event =
      RunAdmin(client, settings, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout,
               [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                 rd_kafka_DescribeConfigs(client, raw.data(), raw.size(), options, queue);
               });
  if (!event.ok()) return std::move(event).error();
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_ConfigResource_error(answers[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** list = rd_kafka_ConfigResource_configs(answers[i], &entries);
    auto& config = descriptions[rd_kafka_ConfigResource_name(answers[i])].config;
    for (std::size_t k = 0; k < entries; ++k) {
      const char* value = rd_kafka_ConfigEntry_value(list[k]);
      if (value != nullptr) config[rd_kafka_ConfigEntry_name(list[k])] = value;
    }
  }
  return {};
}

Result<std::vector<std::string>> CreatedNames(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      names.emplace_back(rd_kafka_topic_result_name(results[i]));
    } else if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return Invalid(std::string("topic ") + rd_kafka_topic_result_name(results[i]) + ": " +
                     (detail != nullptr ? detail : rd_kafka_err2str(code)));
    }
  }
  return names;
}

// The controller answers before the brokers know the topics: whoever goes on at once would be told
// that they are missing. Not an error when it takes too long, for they are made.
void AwaitVisible(rd_kafka_t* client, const KafkaSettings& kafka, const TopicSettings& topics,
                  milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const std::vector<TopicRule> rules = TopicRules(topics);
  while (std::chrono::steady_clock::now() < deadline) {
    const Result<Metadata> metadata = AllTopics(client, kafka, timeout);
    if (!metadata.ok()) return;
    if (std::all_of(rules.begin(), rules.end(), [&](const TopicRule& rule) {
          return FindTopic(**metadata, rule.name).has_value();
        })) {
      return;
    }
    std::this_thread::sleep_for(milliseconds(50));
  }
}

}  // namespace

Result<std::vector<std::string>> CreateTopics(const KafkaSettings& kafka,
                                              const TopicSettings& topics, milliseconds timeout) {
  Result<Admin> client = OpenAdmin(kafka);
  if (!client.ok()) return std::move(client).error();
  std::vector<NewTopic> wanted;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const TopicRule& rule : TopicRules(topics)) {
    Result<NewTopic> topic = MakeNewTopic(rule, topics);
    if (!topic.ok()) return std::move(topic).error();
    wanted.push_back(std::move(*topic));
    raw.push_back(wanted.back().get());
  }
  Result<Event> event =
      RunAdmin(client->get(), kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout,
               [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                 rd_kafka_CreateTopics(client->get(), raw.data(), raw.size(), options, queue);
               });
  if (!event.ok()) return std::move(event).error();
  Result<std::vector<std::string>> names = CreatedNames(event->get());
  if (names.ok() && !names->empty()) AwaitVisible(client->get(), kafka, topics, timeout);
  return names;
}

Result<std::vector<TopicFinding>> CheckTopics(const KafkaSettings& kafka,
                                              const TopicSettings& topics, milliseconds timeout) {
  Result<Admin> client = OpenAdmin(kafka);
  if (!client.ok()) return std::move(client).error();
  const Result<Metadata> metadata = AllTopics(client->get(), kafka, timeout);
  if (!metadata.ok()) return metadata.error();
  std::map<std::string, TopicDescription> descriptions;
  for (const TopicRule& rule : TopicRules(topics)) {
    if (auto found = FindTopic(**metadata, rule.name)) descriptions[rule.name] = *found;
  }
  if (Status read = ReadConfigs(client->get(), kafka, timeout, descriptions); !read.ok()) {
    return std::move(read).error();
  }
  std::vector<TopicFinding> findings;
  for (const TopicRule& rule : TopicRules(topics)) {
    const auto found = descriptions.find(rule.name);
    if (found == descriptions.end()) {
      findings.push_back(MissingTopic(rule));
      continue;
    }
    for (TopicFinding& finding : CompareTopic(rule, topics, kafka.brokers, found->second)) {
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

}  // namespace headrace::kafka
