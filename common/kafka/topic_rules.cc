#include "common/kafka/topic_rules.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/base/units.h"
#include "common/kafka/topic_names.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;
using Severity = TopicFinding::Severity;

// Records are fetched at the earliest when they are due, so two days of slack cover a weekend of
// outage at the end of a batch's life.
constexpr std::chrono::hours kSlack{48};
// An item record holds 900 KiB of JSON plus key and headers.
constexpr std::int64_t kMessageBytesMin = 1'000'000;

std::optional<std::int64_t> Number(const TopicDescription& description, const char* name) {
  const auto found = description.config.find(name);
  if (found == description.config.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool Is(const TopicDescription& description, const char* name, const char* value) {
  const auto found = description.config.find(name);
  return found == description.config.end() || found->second == value;
}

// Collects findings with the command that mends them.
class Comparison {
 public:
  Comparison(const TopicRule& rule, const std::string& brokers) : rule_(rule), brokers_(brokers) {}

  void Refuse(const std::string& message, const std::string& setting) {
    findings_.push_back({Severity::kRefused, rule_.name, message, AlterCommand(setting)});
  }
  void Warn(const std::string& message, const std::string& fix) {
    findings_.push_back({Severity::kWarning, rule_.name, message, fix});
  }
  std::string AlterCommand(const std::string& setting) const {
    return "kafka-configs.sh --bootstrap-server " + brokers_ +
           " --alter --entity-type topics --entity-name " + rule_.name + " --add-config " + setting;
  }
  std::vector<TopicFinding> Take() { return std::move(findings_); }

 private:
  const TopicRule& rule_;
  const std::string& brokers_;
  std::vector<TopicFinding> findings_;
};

void CompareRetention(const TopicRule& rule, const TopicDescription& description,
                      Comparison& comparison) {
  const char* policy = rule.compacted ? "compact" : "delete";
  if (!Is(description, "cleanup.policy", policy)) {
    comparison.Refuse(std::string("cleanup.policy is ") + description.config.at("cleanup.policy") +
                          ", so records are removed that are still needed",
                      std::string("cleanup.policy=") + policy);
  }
  if (rule.compacted) return;
  if (const auto kept = Number(description, "retention.ms");
      kept && *kept >= 0 && *kept < rule.retention_min.count()) {
    comparison.Refuse("retention.ms is " + FormatDuration(milliseconds(*kept)) +
                          ": records could be deleted before they are done; at least " +
                          FormatDuration(rule.retention_min) + " is needed",
                      "retention.ms=" + std::to_string(rule.retention_min.count()));
  }
  if (const auto bytes = Number(description, "retention.bytes"); bytes && *bytes >= 0) {
    comparison.Refuse("retention.bytes is set, so a burst deletes records that nobody has read",
                      "retention.bytes=-1");
  }
}

}  // namespace

std::vector<TopicRule> TopicRules(const TopicSettings& settings) {
  const TopicNames names(settings.prefix);
  const auto batch = settings.batch_age + kSlack;
  return {{names.staging, false, settings.draft_age + batch},
          {names.items_batch, false, batch},
          {names.items_realtime, false, batch},
          {names.outcomes, false, settings.outcome_age},
          {names.journal, true, {}},
          {names.dead_letters, false, settings.outcome_age}};
}

std::map<std::string, std::string> CreationConfig(const TopicRule& rule,
                                                  const TopicSettings& settings) {
  std::map<std::string, std::string> config{{"message.timestamp.type", "LogAppendTime"},
                                            {"retention.bytes", "-1"}};
  config["cleanup.policy"] = rule.compacted ? "compact" : "delete";
  if (!rule.compacted) config["retention.ms"] = std::to_string(rule.retention_min.count());
  if (settings.min_insync_replicas > 0) {
    config["min.insync.replicas"] = std::to_string(settings.min_insync_replicas);
  }
  return config;
}

std::vector<TopicFinding> CompareTopic(const TopicRule& rule, const TopicSettings& settings,
                                       const std::string& brokers,
                                       const TopicDescription& description) {
  Comparison comparison(rule, brokers);
  if (description.partitions != settings.partitions) {
    comparison.Warn("has " + std::to_string(description.partitions) +
                        " partitions, the setting says " + std::to_string(settings.partitions),
                    "set topic.partitions=" + std::to_string(description.partitions) +
                        "; adding partitions to a topic in use breaks the order per graph");
  }
  if (description.config.empty()) {
    comparison.Warn("its configuration may not be read, so it could not be checked",
                    "allow DescribeConfigs on the topic");
    return comparison.Take();
  }
  CompareRetention(rule, description, comparison);
  if (!Is(description, "message.timestamp.type", "LogAppendTime")) {
    comparison.Refuse(
        "message.timestamp.type is not LogAppendTime: a record with an old time stamp "
        "would be deleted unread, and lag would be wrong",
        "message.timestamp.type=LogAppendTime");
  }
  if (!Is(description, "unclean.leader.election.enable", "false")) {
    comparison.Refuse("unclean.leader.election.enable lets a replica that misses records take over",
                      "unclean.leader.election.enable=false");
  }
  if (const auto bytes = Number(description, "max.message.bytes");
      bytes && *bytes < kMessageBytesMin) {
    comparison.Refuse(
        "max.message.bytes is " + std::to_string(*bytes) + ": large items would not fit",
        "max.message.bytes=1048588");
  }
  const auto in_sync = Number(description, "min.insync.replicas");
  if (description.replication < 2 || (in_sync && *in_sync < 2)) {
    comparison.Warn("an acknowledged record may be on a single disk (replication factor " +
                        std::to_string(description.replication) + ", min.insync.replicas " +
                        (in_sync ? std::to_string(*in_sync) : "unknown") + ")",
                    "for production: replication factor 3 and min.insync.replicas=2");
  }
  return comparison.Take();
}

TopicFinding MissingTopic(const TopicRule& rule) {
  return {Severity::kRefused, rule.name, "does not exist", "headrace topics create", true};
}

std::vector<TopicFinding> JoinFindings(const std::vector<TopicFinding>& findings) {
  std::vector<TopicFinding> joined;
  for (const TopicFinding& finding : findings) {
    const auto same = std::find_if(joined.begin(), joined.end(), [&](const TopicFinding& other) {
      return other.severity == finding.severity && other.message == finding.message &&
             other.fix == finding.fix;
    });
    if (same == joined.end()) {
      joined.push_back(finding);
    } else {
      same->topic.append(", ").append(finding.topic);
    }
  }
  return joined;
}

}  // namespace headrace::kafka
