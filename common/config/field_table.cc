#include "common/config/field_table.h"

#include <chrono>
#include <utility>

#include "common/config/field_kinds.h"
#include "common/config/field_rules.h"
#include "common/config/kafka_properties.h"
#include "common/graph/make_store.h"
#include "common/redis/redis_url.h"

// Names the member of Settings that a row fills, for reading and for writing.
#define MEMBER(path) [](auto& settings) -> auto& { return settings.path; }

namespace headrace::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Fields = std::vector<Field>;

constexpr std::int64_t kBillion = 1'000'000'000;

Field Row(std::string name, std::string help, unsigned used_by = kBoth) {
  Field field;
  field.name = std::move(name);
  field.help = std::move(help);
  field.used_by = used_by;
  return field;
}

Field Valued(Field field, std::string value_name) {
  field.value_name = std::move(value_name);
  return field;
}

Field WithSecret(Field field) {
  field.secrecy = Secrecy::kUrlPassword;
  return Valued(std::move(field), "URL");
}

// The schemes and parameters are the graph library's, and so is what it says of a wrong one.
Field StoreField() {
  Field field = WithSecret(Row("store", "Graph store that items are written to"));
  field.rule = "a store URL: sqlite:PATH, postgresql://..., ndjson:DIR or null:";
  field.set = [](Settings& settings, std::string_view text) -> std::optional<std::string> {
    const Status checked = graph::CheckStoreUrl(text);
    if (!checked.ok()) return checked.error().message;
    settings.worker.store = text;
    return std::nullopt;
  };
  field.get = [](const Settings& settings) { return settings.worker.store; };
  return field;
}

void AddGeneral(Fields& fields) {
  fields.push_back(
      TextField(Row("project", "Project whose batches are loaded and shown", kHeadraceOnly),
                "1 to 64 lower-case letters, digits or hyphens", IsProjectName, MEMBER(project)));
  fields.push_back(StoreField());
  fields.push_back(ChoiceField<bool>(
      Row("auto_migrate",
          "Bring a database's tables up to date at start, as `headrace store migrate` does; for "
          "development",
          kWorkerOnly),
      {{"no", false}, {"yes", true}}, MEMBER(worker.auto_migrate)));
  fields.push_back(ChoiceField<Channel>(
      Row("channel", "Channel that this worker serves", kWorkerOnly),
      {{"batch", Channel::kBatch}, {"realtime", Channel::kRealtime}}, MEMBER(worker.channel)));
  fields.push_back(
      DurationField(Row("drain_timeout",
                        "Time to finish work in flight after SIGTERM; keep it below the "
                        "orchestrator's grace period",
                        kWorkerOnly),
                    seconds(0), hours(1), MEMBER(worker.drain_timeout)));
}

std::optional<std::string> SetProperty(Settings& settings, const std::string& key,
                                       const std::string& value) {
  if (auto wrong = WrongKafkaProperty(key, value)) return wrong;
  settings.kafka.properties[key] = value;
  return std::nullopt;
}

std::optional<std::string> SetProperties(Settings& settings, std::string_view text) {
  const Result<KafkaProperties> properties = ParseKafkaProperties(text);
  if (!properties.ok()) return properties.error().message;
  std::string wrong;
  for (const auto& [key, value] : *properties) {
    if (const auto refusal = SetProperty(settings, key, value)) {
      wrong += (wrong.empty() ? "" : "; ") + *refusal;
    }
  }
  if (wrong.empty()) return std::nullopt;
  return wrong;
}

Field PropertiesField() {
  Field field = Valued(Row("kafka.properties",
                           "Anything else for librdkafka (SASL, TLS, ...), as kcat's -X; in the "
                           "file a table of its own"),
                       "KEY=VALUE,...");
  field.rule = "key=value pairs, separated by commas or one per line";
  field.secrecy = Secrecy::kProperties;
  field.set = SetProperties;
  field.set_entry = SetProperty;
  field.get = [](const Settings& settings) {
    return FormatKafkaProperties(settings.kafka.properties);
  };
  return field;
}

void AddKafka(Fields& fields) {
  fields.push_back(
      TextField(Valued(Row("kafka.brokers", "Kafka brokers to start from"), "HOST:PORT,..."),
                "host:port, several separated by commas", IsBrokerList, MEMBER(kafka.brokers)));
  fields.push_back(PropertiesField());
  fields.push_back(DurationField(
      Row("kafka.delivery_timeout", "How long a producer goes on while nothing is acknowledged"),
      seconds(1), hours(1), MEMBER(kafka.delivery_timeout)));
  fields.push_back(SizeField(
      Row("kafka.producer_queue_bytes_max", "Memory for records that wait for the brokers"),
      2u << 20, 2u << 30, MEMBER(kafka.producer_queue_bytes_max)));
}

void AddTopics(Fields& fields) {
  fields.push_back(
      TextField(Row("topic.prefix", "What the names of all topics and consumer groups start with"),
                "at most 200 letters, digits, dots, underscores or hyphens", IsTopicPrefix,
                MEMBER(topics.prefix)));
  fields.push_back(NumberField(
      Row("topic.partitions", "Partitions that `topics create` gives each topic", kHeadraceOnly), 1,
      10'000, MEMBER(topics.partitions)));
  fields.push_back(
      NumberField(Row("topic.replication", "Replicas that `topics create` asks for", kHeadraceOnly),
                  1, 100, MEMBER(topics.replication), "broker"));
  fields.push_back(NumberField(Row("topic.min_insync_replicas",
                                   "min.insync.replicas that `topics create` sets", kHeadraceOnly),
                               1, 100, MEMBER(topics.min_insync_replicas), "broker"));
  fields.push_back(DurationField(
      Row("topic.batch_age", "How long a batch may run; items are kept two days longer"), hours(1),
      hours(24 * 365), MEMBER(topics.batch_age)));
  fields.push_back(
      DurationField(Row("topic.draft_age", "How long a batch may be filled before it is processed"),
                    hours(1), hours(24 * 365), MEMBER(topics.draft_age)));
  fields.push_back(
      DurationField(Row("topic.outcome_age", "How long outcomes and dead letters stay"), hours(24),
                    hours(24 * 3650), MEMBER(topics.outcome_age)));
}

// What it is made of is the client's to say.
Field RedisUrlField() {
  Field field = WithSecret(Row("redis.url", "Redis or Valkey that holds states and counters"));
  field.short_flag = "--redis";
  field.rule = "redis://[user:password@]host[:port][/database], rediss:// for TLS";
  field.set = [](Settings& settings, std::string_view text) -> std::optional<std::string> {
    const auto parsed = redis::ParseRedisUrl(text);
    if (!parsed.ok()) return parsed.error().message;
    settings.redis.url = text;
    return std::nullopt;
  };
  field.get = [](const Settings& settings) { return settings.redis.url; };
  return field;
}

void AddRedis(Fields& fields) {
  fields.push_back(RedisUrlField());
  fields.push_back(TextField(Row("redis.prefix", "What the names of all keys start with"),
                             "at most 64 printable characters without spaces and braces",
                             IsKeyPrefix, MEMBER(redis.prefix)));
  fields.push_back(DurationField(Row("redis.connect_timeout", "Time to reach Redis"),
                                 milliseconds(10), minutes(1), MEMBER(redis.connect_timeout)));
  fields.push_back(DurationField(Row("redis.command_timeout", "Time for one answer of Redis"),
                                 milliseconds(10), minutes(5), MEMBER(redis.command_timeout)));
  fields.push_back(
      DurationField(Row("redis.batch_ttl", "How long a batch's keys stay after it ended"), hours(1),
                    hours(24 * 3650), MEMBER(redis.batch_ttl)));
  fields.push_back(NumberField(Row("redis.errors_per_batch_max",
                                   "Failed items of a batch that are kept whole; all are counted"),
                               0, 1'000'000, MEMBER(redis.errors_per_batch_max)));
}

void AddWatchdogs(Fields& fields) {
  fields.push_back(DurationField(Row("worker.stall_alert_after",
                                     "Time after which a partition that is behind and whose first "
                                     "unfinished record stays the same counts as stalled in the "
                                     "metrics",
                                     kWorkerOnly),
                                 seconds(1), hours(24), MEMBER(worker.stall_alert_after)));
  fields.push_back(DurationField(Row("worker.loop_silence_max",
                                     "Time after which a loop that does not come round fails the "
                                     "liveness probe",
                                     kWorkerOnly),
                                 seconds(1), hours(1), MEMBER(worker.loop_silence_max)));
  fields.push_back(DurationField(Row("worker.loop_end_after",
                                     "Time after that at which the process ends, so that it is "
                                     "started again; 0ms: never",
                                     kWorkerOnly),
                                 milliseconds(0), hours(24), MEMBER(worker.loop_end_after)));
}

void AddWorker(Fields& fields) {
  fields.push_back(NumberField(Row("worker.in_flight_items_max",
                                   "Items that a worker holds at once to work on; as many "
                                   "more may wait for their outcome to be acknowledged",
                                   kWorkerOnly),
                               1, 10'000'000, MEMBER(worker.in_flight_items_max)));
  fields.push_back(SizeField(
      Row("worker.in_flight_bytes_max",
          "Payload bytes that a worker holds at once, half of them fetched ahead", kWorkerOnly),
      1u << 20, 64ull << 30, MEMBER(worker.in_flight_bytes_max)));
  fields.push_back(NumberField(Row("worker.lane_chunk_items_max",
                                   "Items of one graph that the store gets at once", kWorkerOnly),
                               1, 10'000, MEMBER(worker.lane_chunk_items_max)));
  fields.push_back(DurationField(
      Row("worker.commit_interval", "Pause between two commits of offsets", kWorkerOnly),
      milliseconds(10), minutes(1), MEMBER(worker.commit_interval)));
  fields.push_back(
      DurationField(Row("worker.session_timeout",
                        "Silence after which the group takes a worker's partitions", kWorkerOnly),
                    seconds(6), minutes(5), MEMBER(worker.session_timeout)));
  fields.push_back(DurationField(
      Row("worker.retry_backoff", "Pause before the second try; doubled with each", kWorkerOnly),
      milliseconds(1), minutes(10), MEMBER(worker.retry_backoff)));
  fields.push_back(
      DurationField(Row("worker.retry_backoff_max", "Longest pause between two tries", kWorkerOnly),
                    milliseconds(1), hours(1), MEMBER(worker.retry_backoff_max)));
  fields.push_back(
      NumberField(Row("worker.retry_attempts_max",
                      "Tries of an item that fails while the store works for others", kWorkerOnly),
                  1, 1'000'000, MEMBER(worker.retry_attempts_max)));
  fields.push_back(DurationField(
      Row("worker.retry_age_max", "Time after which such an item fails for good", kWorkerOnly),
      milliseconds(1), hours(24 * 30), MEMBER(worker.retry_age_max)));
  AddWatchdogs(fields);
}

void AddLimits(Fields& fields) {
  const auto characters = [&](std::string name, std::string what, auto access) {
    fields.push_back(NumberField(Row("limits." + name, "Longest " + what + ", in characters"), 1,
                                 kBillion, access));
  };
  fields.push_back(SizeField(Row("limits.record_bytes_max", "Largest item, as its JSON is sent"),
                             1'024, 900 * 1'024, MEMBER(limits.record_bytes_max)));
  characters("data_chars_max", "data of a graph episode", MEMBER(limits.data_chars_max));
  characters("content_chars_max", "content of a message", MEMBER(limits.content_chars_max));
  characters("source_description_chars_max", "source_description",
             MEMBER(limits.source_description_chars_max));
  characters("document_id_chars_max", "document_id", MEMBER(limits.document_id_chars_max));
  characters("name_chars_max", "name of a message's author", MEMBER(limits.name_chars_max));
  characters("id_chars_max", "graph_id, user_id or thread_id", MEMBER(limits.id_chars_max));
  fields.push_back(NumberField(Row("limits.metadata_keys_max", "Most keys in an item's metadata"),
                               0, 10'000, MEMBER(limits.metadata_keys_max)));
  fields.push_back(NumberField(Row("limits.depth_max", "Deepest nesting of an item's JSON"), 4,
                               1'000, MEMBER(limits.depth_max)));
}

void AddOperations(Fields& fields) {
  fields.push_back(TextField(
      Valued(
          Row("metrics.listen",
              "Address of metrics and health; busy, it is fatal only when it was set", kWorkerOnly),
          "HOST:PORT"),
      "host:port with a port from 0 to 65535 (0: any free one)", IsListenAddress,
      MEMBER(worker.metrics_listen)));
  fields.push_back(ChoiceField<log::Level>(
      Row("log.level", "Least level that is logged; commands of headrace start at warn"),
      {{"debug", log::Level::kDebug},
       {"info", log::Level::kInfo},
       {"warn", log::Level::kWarn},
       {"error", log::Level::kError}},
      MEMBER(log.level)));
  fields.push_back(ChoiceField<log::Format>(
      Row("log.format", "Form of a log line"),
      {{"text", log::Format::kText}, {"json", log::Format::kJson}}, MEMBER(log.format)));
}

Fields MakeTable() {
  Fields fields;
  AddGeneral(fields);
  AddKafka(fields);
  AddTopics(fields);
  AddRedis(fields);
  AddWorker(fields);
  AddLimits(fields);
  AddOperations(fields);
  return fields;
}

}  // namespace

const std::vector<Field>& FieldTable() {
  static const Fields table = MakeTable();
  return table;
}

const Field* FindField(std::string_view name) {
  for (const Field& field : FieldTable()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

std::vector<std::string> FieldNames() {
  std::vector<std::string> names;
  for (const Field& field : FieldTable()) names.push_back(field.name);
  return names;
}

std::string TableHelp(std::string_view table) {
  if (table.empty()) return "General";
  if (table == "kafka") return "Kafka, the record of everything";
  if (table == "topic") return "Topics, as `headrace topics` makes and checks them";
  if (table == "redis") return "Redis, the view of batches";
  if (table == "worker") return "Worker";
  if (table == "limits") return "Limits of an item (defaults: Zep's)";
  if (table == "metrics") return "Metrics and health";
  return "Log";
}

}  // namespace headrace::config
