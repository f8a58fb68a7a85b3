#include "common/config/kafka_properties.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/config/nearest_name.h"
#include "common/kafka/properties.h"

namespace headrace::config {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kDurable = "an accepted item must be on all in-sync replicas";
constexpr std::string_view kOrder = "without it a retried record could pass its successor";
constexpr std::string_view kKeyed =
    "the order of a graph depends on murmur2 over the key, in every producer";
constexpr std::string_view kCommit =
    "Headrace commits an offset only after the outcome is acknowledged";
constexpr std::string_view kBrokers = "use the setting kafka.brokers";
constexpr std::string_view kGroup = "groups are named after topic.prefix; use that setting";
constexpr std::string_view kReset =
    "a start below the topic's beginning is counted as loss, never skipped";
constexpr std::string_view kSize = "a record must hold limits.record_bytes_max; use that setting";
constexpr std::string_view kDelivery = "use the setting kafka.delivery_timeout";
constexpr std::string_view kSession = "use the setting worker.session_timeout";
constexpr std::string_view kQueue = "use the setting kafka.producer_queue_bytes_max";
constexpr std::string_view kAssignor =
    "Headrace picks the assignor that this librdkafka handles without loss";
constexpr std::string_view kAborted = "outcomes of aborted transactions must not be counted";
constexpr std::string_view kCorrupt = "a damaged record must be noticed before it is stored";
constexpr std::string_view kAutoTopics =
    "topics made on the way lack their settings; use `headrace topics create`";
constexpr std::string_view kPrefetch =
    "the worker's memory is bounded by worker.in_flight_bytes_max";
constexpr std::string_view kTransaction = "Headrace's producers are idempotent, not transactional";

constexpr std::array<Pair, 30> kGuarded{{
    {"acks", kDurable},
    {"request.required.acks", kDurable},
    {"enable.idempotence", kOrder},
    {"max.in.flight", kOrder},
    {"max.in.flight.requests.per.connection", kOrder},
    {"retries", kOrder},
    {"message.send.max.retries", kOrder},
    {"partitioner", kKeyed},
    {"enable.auto.commit", kCommit},
    {"auto.commit.enable", kCommit},
    {"enable.auto.offset.store", kCommit},
    {"bootstrap.servers", kBrokers},
    {"metadata.broker.list", kBrokers},
    {"group.id", kGroup},
    {"auto.offset.reset", kReset},
    {"message.max.bytes", kSize},
    {"delivery.timeout.ms", kDelivery},
    {"message.timeout.ms", kDelivery},
    {"session.timeout.ms", kSession},
    {"queue.buffering.max.kbytes", kQueue},
    {"partition.assignment.strategy", kAssignor},
    {"group.protocol", kAssignor},
    {"isolation.level", kAborted},
    {"transactional.id", kTransaction},
    {"offset.store.method", kCommit},
    {"enable.gapless.guarantee", kOrder},
    {"heartbeat.interval.ms", kSession},
    {"check.crcs", kCorrupt},
    {"allow.auto.create.topics", kAutoTopics},
    {"queued.max.messages.kbytes", kPrefetch},
}};

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

bool StartsWithKey(std::string_view text) {
  text = Trim(text);
  std::size_t length = 0;
  while (length < text.size() && IsKeyCharacter(text[length])) ++length;
  return length > 0 && length < text.size() && text[length] == '=';
}

// Cuts the first pair off `rest`. Commas separate only in the one-line form.
std::string_view TakePair(std::string_view& rest, bool by_line) {
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (by_line ? rest[end] == '\n' : rest[end] == ',' && StartsWithKey(rest.substr(end + 1))) {
      break;
    }
  }
  const std::string_view pair = Trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return pair;
}

bool NamesSecret(std::string_view key) {
  static constexpr std::array<std::string_view, 6> kWords{
      "password", "secret", ".pem", "token", "jaas", "oauthbearer.config"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return key.find(word) != key.npos; });
}

}  // namespace

Result<KafkaProperties> ParseKafkaProperties(std::string_view text) {
  KafkaProperties properties;
  const bool by_line = text.find('\n') != std::string_view::npos;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view pair = TakePair(text, by_line);
    if (pair.empty() || (by_line && pair.front() == '#')) continue;
    if (!StartsWithKey(pair)) {
      // The pair itself is not quoted: it may be the tail of a password.
      return Invalid("pair " + std::to_string(number) + " is not of the form key=value");
    }
    const std::size_t equals = pair.find('=');
    properties[std::string(Trim(pair.substr(0, equals)))] = Trim(pair.substr(equals + 1));
  }
  return properties;
}

std::string FormatKafkaProperties(const KafkaProperties& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    if (!text.empty()) text += '\n';
    text += key + "=" + value;
  }
  return text;
}

KafkaProperties MaskKafkaProperties(KafkaProperties properties) {
  for (auto& [key, value] : properties) {
    if (NamesSecret(key)) value = "***";
  }
  return properties;
}

std::optional<std::string> GuardedKafkaProperty(std::string_view key) {
  // A "topic." in front makes the same property the default of all topics.
  if (key.starts_with("topic.")) key.remove_prefix(6);
  for (const auto& [guarded, reason] : kGuarded) {
    if (key == guarded) return std::string(reason);
  }
  return std::nullopt;
}

std::optional<std::string> WrongKafkaProperty(const std::string& key, const std::string& value) {
  if (const std::optional<std::string> reason = GuardedKafkaProperty(key)) {
    return key + " is guarded (" + *reason + "): remove it";
  }
  const Status checked = kafka::CheckProperty(key, value);
  if (checked.ok()) return std::nullopt;
  if (checked.error().code == ErrorCode::kNotFound) {
    return checked.error().message + DidYouMean(key, kafka::PropertyNames());
  }
  if (NamesSecret(key)) return "librdkafka refuses the value of " + key;
  return checked.error().message;
}

}  // namespace headrace::config
